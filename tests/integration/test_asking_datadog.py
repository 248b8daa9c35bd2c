"""`ddci list`, `search` and `aggregate` with keys: questions over HTTP, answers for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.read_api import API_KEY, APP_KEY
from tests.read_server import EVENTS, Fault, ReadServer
from tests.teletype import on_a_terminal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from tests.project import Project


def keys(server: ReadServer, **more: str) -> dict[str, str]:
    return {
        "DD_API_KEY": API_KEY,
        "DD_APP_KEY": APP_KEY,
        "DDCI_URL": server.url,
        "NO_PROXY": "127.0.0.1",
        **more,
    }


def ddci(
    project: Project, environ: Mapping[str, str], *args: str
) -> subprocess.CompletedProcess[str]:
    return project.ddci(*args, env=environ)


def test_events_come_page_by_page_up_to_the_limit(plain: Project) -> None:
    with ReadServer(2_500) as server:
        done = ddci(plain, keys(server), "search", "a:b", "--limit", "2200", "--sort", "oldest")
        bodies = [json.loads(seen.body) for seen in server.seen]
    assert (done.returncode, done.stderr) == (0, "ddci: there are more than 2200: --limit N\n")
    found = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert found == [str(number) for number in range(2_200)]
    assert [body["page"]["limit"] for body in bodies] == [1_000] * 3
    assert {body["filter"]["query"] for body in bodies} == {"a:b"}
    assert {body["sort"] for body in bodies} == {"timestamp"}
    # Times that move would skip events between pages.
    assert len({body["filter"]["from"] for body in bodies}) == 1
    assert all(body["filter"]["from"].endswith("Z") for body in bodies)


def test_pipelines_of_the_last_week_are_listed(plain: Project) -> None:
    with ReadServer(1) as server:
        done = ddci(plain, keys(server), "list")
        ddci(plain, keys(server), "list", "@git.branch:main OR @x:y", "--from", "1", "--to", "2")
        bodies = [json.loads(seen.body) for seen in server.seen]
    assert done.returncode == 0
    first, last = bodies[0], bodies[-1]
    assert first["filter"]["query"] == "ci_level:pipeline"
    assert last["filter"] == {
        "query": "(@git.branch:main OR @x:y) ci_level:pipeline",
        "from": "1970-01-01T00:00:00.001Z",
        "to": "1970-01-01T00:00:00.002Z",
    }
    assert (first["page"]["limit"], first["sort"]) == (21, "-timestamp")


def test_aggregates_ask_for_groups_by_the_first_compute(plain: Project) -> None:
    with ReadServer(7) as server:
        command = ("aggregate", "a:b", "--group-by", "@x,@y", "--compute", "pc95(@duration)")
        done = ddci(plain, keys(server), *command, "--compute=count", "--limit=3")
        [seen] = server.seen
    assert json.loads(done.stdout) == {
        "by": {"@x": "all", "@y": "all"},
        "computes": {"c0": 7.0, "c1": 7.0},
    }
    body = json.loads(seen.body)
    sort = {
        "type": "measure",
        "aggregation": "pc95",
        "metric": "@duration",
        "order": "desc",
    }
    assert body["compute"] == [
        {"aggregation": "pc95", "metric": "@duration"},
        {"aggregation": "count"},
    ]
    assert body["group_by"] == [
        {"facet": facet, "limit": 3, "sort": sort} for facet in ("@x", "@y")
    ]


def test_nothing_is_told_with_where_and_since_when(plain: Project) -> None:
    with ReadServer() as server:
        for command in (["list"], ["search", "a"], ["aggregate"]):
            done = ddci(plain, keys(server), *command, "--from", "2026-11-22")
            assert done.returncode == 1
            assert done.stderr == (
                f"ddci: nothing found in Datadog ({server.url}) since 2026-11-22T00:00:00.000Z\n"
            )


def test_on_a_terminal_there_is_a_table(plain: Project) -> None:
    with ReadServer(3) as server:
        seen = on_a_terminal(plain, "search", "*", env=keys(server, NO_COLOR="1"))
    # Such an event has no name, only an id: there is nothing else to show.
    assert (seen.status, seen.stderr) == (0, "")
    assert len(seen.lines) >= 3


def test_keys_or_not_the_journals_can_be_asked(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass\n")
    plain.run().check()
    with ReadServer(3) as server:
        done = ddci(plain, keys(server), "list", "--local")
        assert server.seen == []
    assert json.loads(done.stdout)["attributes"]["ci_level"] == "pipeline"


@pytest.mark.parametrize(
    ("present", "missing"), [("DD_API_KEY", "DD_APP_KEY"), ("DD_APP_KEY", "DD_API_KEY")]
)
def test_half_of_the_keys_is_told(present: str, missing: str, plain: Project) -> None:
    plain.write(test_a="def test_a(): pass\n")
    plain.run().check()
    done = plain.ddci("list", env={present: API_KEY})
    assert done.returncode == 0
    assert done.stderr == f"ddci: {missing} is not set: asking the journals\n"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=403, body=b'{"errors":["Forbidden"]}'), "the keys were refused (HTTP 403"),
        (Fault(status=400, body=b'{"errors":["bad query"]}'), "bad query"),
        (Fault(status=429, headers={"Retry-After": "99"}), "429"),
    ],
    ids=["keys", "query", "rate"],
)
def test_a_refusal_is_one_clear_line(fault: Fault, words: str, plain: Project) -> None:
    with ReadServer(1, [fault]) as server:
        done = ddci(plain, keys(server), "search", "a", "--timeout", "5")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"ddci: {server.url.removeprefix('http://')}{EVENTS}/search: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert API_KEY not in done.stderr


def test_warnings_stand_beside_the_answer(plain: Project) -> None:
    meta = {"status": "timeout", "warnings": [{"title": "late", "detail": "shard 3"}]}
    body = json.dumps({"data": [{"id": "1"}], "meta": meta}).encode()
    with ReadServer(1, [Fault(status=200, body=body)]) as server:
        done = ddci(plain, keys(server), "search", "a")
    assert json.loads(done.stdout) == {"id": "1"}
    assert done.stderr.splitlines() == [
        "ddci: warning: late: shard 3",
        "ddci: warning: Datadog ran out of time; there may be more",
    ]


def test_datadog_can_be_asked_without_the_extra(plain: Project) -> None:
    code = (
        "import sys; sys.modules |= dict.fromkeys(('rich', 'duckdb', 'starlette'))\n"
        "from pytest_ddci.cli import main; sys.exit(main(environ=ENVIRON))"
    )
    with ReadServer(2) as server:
        environ = repr({**keys(server), "COLUMNS": "90"})
        done = plain.python("-c", code.replace("ENVIRON", environ), "aggregate", "--no-json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["count", "    2"]
