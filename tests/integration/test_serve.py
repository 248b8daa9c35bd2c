"""`ddci serve` as a command: where it listens, what it keeps, how it ends."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from pytest_ddci.endpoints import AGGREGATE, LIST
from tests.served import Served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project

KEY = "0123456789abcdef0123456789abcdef"
COUNT = {"compute": [{"aggregation": "count"}]}


def levels(served: Served, **headers: str) -> dict[str, int]:
    """How many events of each level it knows."""
    body = {**COUNT, "group_by": [{"facet": "ci_level"}]}
    buckets = served.ask(AGGREGATE, body, **headers)["data"]["buckets"]
    return {each["by"]["ci_level"]: each["computes"]["c0"] for each in buckets}


def run_against(served: Served, project: Project, *args: str) -> None:
    """A run that reports to the server, with its own journal elsewhere."""
    project.write(test_a="def test_one(): pass")
    outcome = project.run("--ddci-dir=own", *args, env=served.environ())
    assert "delivered: 6 of 6" in outcome.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_well(tmp_path: Path, number: int) -> None:
    with Served(tmp_path) as served:
        assert served.said == [
            f"ddci: listening on {served.url}, journals in {tmp_path / '.ddci'}\n"
        ]
        assert served.url.startswith("http://127.0.0.1:")
        assert served.ask(LIST)["data"] == []
        assert served.stop(number) == (0, "ddci: stopped\n", "")


def test_a_run_reports_to_it_and_is_found(plain: Project) -> None:
    with Served(plain.directory) as served:
        run_against(served, plain)
        assert levels(served) == {"job": 1, "pipeline": 1, "stage": 1, "step": 3}


def test_what_it_has_received_outlives_it_however_it_ends(plain: Project) -> None:
    with Served(plain.directory) as served:
        run_against(served, plain)
        served.stop(signal.SIGKILL)
    with Served(plain.directory) as served:
        assert levels(served)["job"] == 1


def test_it_knows_the_runs_of_the_project_too(plain: Project) -> None:
    plain.write(test_a="def test_one(): pass")
    plain.run().check()
    with Served(plain.directory) as served:
        assert levels(served)["job"] == 1
        plain.run()
        assert levels(served)["job"] == 2


def test_what_it_has_received_is_not_sent_on(plain: Project) -> None:
    with Served(plain.directory) as served:
        run_against(served, plain)
        done = plain.ddci("send", env=served.environ())
        assert (done.returncode, done.stdout) == (0, "ddci: nothing to send\n")


def test_the_directory_can_be_named(plain: Project) -> None:
    with Served(plain.directory, "--dir", "kept") as served:
        run_against(served, plain)
    assert len(list(plain.directory.glob("kept/run-*.delivered.jsonl"))) == 1


@pytest.mark.parametrize("how", ["flag", "environment"])
def test_with_a_key_no_other_is_good_and_it_is_never_shown(plain: Project, how: str) -> None:
    args = ["--api-key", KEY] if how == "flag" else []
    env = {} if how == "flag" else {"DDCI_SERVE_API_KEY": KEY}
    with Served(plain.directory, *args, env=env) as served:
        for key, status in (("", 401), ("other", 403)):
            with pytest.raises(HTTPError) as caught:
                served.ask(LIST, **{"DD-API-KEY": key, "DD-APPLICATION-KEY": "any"})
            assert caught.value.code == status
            caught.value.close()
        good = {"DD-API-KEY": KEY, "DD-APPLICATION-KEY": "any"}
        assert served.ask(LIST, **good)["data"] == []
        assert KEY not in f"{served.said}{served.stop()}"


def test_faults_are_what_a_client_meets_and_overcomes(plain: Project) -> None:
    plain.write(test_a="def test_one(): pass")
    faults = (
        "--fault",
        "429,X-RateLimit-Reset=0",
        "--fault",
        "500,on=send",
        "--fault",
        "ok,delay=0.1",
    )
    with Served(plain.directory, *faults) as served:
        outcome = plain.run("--no-ddci-running", "--ddci-dir=own", env=served.environ())
        assert "delivered: 6 of 6 in 3 requests" in outcome.stdout


def test_a_busy_port_is_one_clear_line(plain: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = plain.ddci("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"ddci: cannot listen on 127.0.0.1 port {port}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--port", "http"), "--port http: expected a number from 0 to 65535"),
        (("--port", "65536"), "--port 65536: expected a number from 0 to 65535"),
        (("--fault", "slow"), "--fault 'slow' is no fault: expected STATUS or ok"),
        (("--api-key", "two words"), "a key is one word of printable ASCII"),
        (("--api-key", ""), "a key is one word of printable ASCII characters: look at --api-key"),
        (("--host", "256.0.0.1"), "cannot listen on 256.0.0.1 port 8321: "),
    ],
)
def test_what_cannot_be_served_is_one_clear_line(
    plain: Project, args: tuple[str, ...], said: str
) -> None:
    done = plain.ddci("serve", *args)
    assert done.returncode == 2
    assert done.stderr.startswith(f"ddci: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("missing", ["duckdb", "starlette", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(plain: Project, missing: str) -> None:
    done = plain.python(
        "-c",
        f"import sys; sys.modules[{missing!r}] = None; from pytest_ddci.cli import main; "
        "sys.exit(main(['serve'], {}))",
    )
    assert done.returncode == 2
    assert done.stderr == (f"ddci: ddci serve needs {missing}: pip install 'pytest-ddci[local]'\n")


def test_where_others_can_reach_it_without_a_key_it_warns(tmp_path: Path) -> None:
    with Served(tmp_path, "--host", "0.0.0.0") as served:  # noqa: S104 - that is the case
        assert served.said[0].startswith("ddci: warning: whoever reaches 0.0.0.0 may send and read")
    with Served(tmp_path, "--host", "0.0.0.0", "--api-key", KEY) as served:  # noqa: S104 - as above
        assert len(served.said) == 1


def test_it_can_be_asked_by_a_name_that_it_was_told(tmp_path: Path) -> None:
    with Served(tmp_path, "--allow-host", "ddci.example") as served:
        assert served.ask(LIST, Host="ddci.example:8321")["data"] == []
        with pytest.raises(HTTPError) as caught:
            served.ask(LIST, Host="other.example")
        assert caught.value.code == 421
        caught.value.close()
