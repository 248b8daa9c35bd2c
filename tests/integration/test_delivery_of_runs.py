"""What becomes of a run's events at its end, and what the terminal says about it."""

from __future__ import annotations

import re
import shlex
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.intake_server import Fault, IntakeServer

if TYPE_CHECKING:
    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    def test_pass(): pass
    def test_fail(): assert 1 == 2
"""
PASSING = "def test_pass(): pass"
NOBODY = "http://127.0.0.1:9"


def only_journal(outcome: Outcome) -> str:
    [path] = outcome.journals
    return path.name


def test_a_delivered_run_is_history(project: Project, server: IntakeServer) -> None:
    project.write(test_a=SUITE)
    outcome = project.run(server=server)
    outcome.check()
    assert only_journal(outcome).endswith(".delivered.jsonl")
    sent = [each for each in server.resources if each["status"] != "running"]
    assert sent == outcome.resources
    count = len(outcome.resources)
    assert re.fullmatch(
        rf"delivered: {count} of {count} in 1 request, [\d.]+ kB, \d+\.\d\d s",
        outcome.said("delivered"),
    )
    assert outcome.said("journal: ") == f"journal: .ddci/{only_journal(outcome)}"
    assert not [line for line in outcome.summary if line.startswith(("kept", "send"))]


def test_the_summary_comes_after_pytests_own(project: Project, server: IntakeServer) -> None:
    project.write(test_a=SUITE)
    outcome = project.run("--ddci-pipeline-name=nightly", server=server)
    before, _, after = outcome.stdout.partition("ddci: pipeline nightly: error")
    assert "1 failed, 1 passed" in before
    assert all(line.startswith("ddci: ") for line in after.splitlines()[1:])
    assert outcome.said("link: ").startswith("link: https://")
    assert outcome.said("events: ") == "events: 1 pipeline, 1 stage, 2 jobs, 6 steps"


def test_without_a_key_everything_stays_and_the_line_that_sends_it_works(
    project: Project, server: IntakeServer
) -> None:
    project.write(test_a=SUITE)
    outcome = project.run()
    outcome.check()
    name = only_journal(outcome)
    assert outcome.said("kept") == f"kept: 10 in .ddci/{name} (DD_API_KEY is not set)"
    command = outcome.said("send them with: ").removeprefix("send them with: ").split()
    assert command == ["ddci", "send", f".ddci/{name}"]
    done = project.ddci(*command[1:], server=server)
    assert done.returncode == 0
    assert server.resources == outcome.resources


@pytest.mark.parametrize("directory", [".ddci", "my journals", "$HOME;'quoted'"])
def test_the_line_that_sends_it_works_where_pytest_was_started(
    directory: str, plain: Project, server: IntakeServer
) -> None:
    plain.write(deeper__test_a=SUITE)
    start_here = plain.directory / "deeper"
    outcome = plain.run(f"--ddci-dir={directory}", cwd=start_here)
    assert outcome.exit_status == 1
    command = outcome.said("send them with: ").removeprefix("send them with: ")
    line = f"{shlex.quote(sys.executable)} -m pytest_ddci.cli {command.removeprefix('ddci ')}"
    done = plain.shell(line, server=server, cwd=start_here)
    assert done.returncode == 0, done.stderr
    assert len(server.accepted) == 10


def test_a_dry_run_sends_nothing_although_there_is_a_key(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=SUITE)
    outcome = plain.run("--ddci-dry-run", "--ddci-on-failure=fail", server=server)
    outcome.check()
    assert server.seen == []
    assert outcome.said("kept").endswith("(dry run)")


@pytest.mark.parametrize(("status", "word"), [(401, "401"), (403, "403")])
def test_a_refused_key_is_one_clear_line(status: int, word: str, plain: Project) -> None:
    plain.write(test_a=PASSING)
    with IntakeServer([Fault(status=status)] * 9) as server:
        outcome = plain.run("--no-ddci-running", server=server)
        assert len(server.seen) == 1
    assert outcome.exit_status == 0
    [line] = [line for line in outcome.summary if "DD_API_KEY" in line]
    assert line.startswith("problem: ")
    assert word in line
    assert outcome.said("kept: 6 in .ddci/run-")


def test_a_rate_limit_is_waited_for(plain: Project) -> None:
    plain.write(test_a=PASSING)
    faults = [Fault(status=429, headers={"Retry-After": "1"})]
    with IntakeServer(faults) as server:
        outcome = plain.run("--no-ddci-running", server=server)
        assert [seen.status for seen in server.seen] == [429, 202]
    outcome.check()
    assert "6 of 6 in 2 requests" in outcome.said("delivered")


def test_an_event_the_api_refuses_is_kept_aside_and_the_others_delivered(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_event(event):
                return event.replace(tags=["poison:yes"]) if event.name == "call" else None
        """,
    )
    with IntakeServer() as server:
        check = server.check

        def checked(path: str, headers: object, body: bytes) -> list[dict[str, object]]:
            from tests.intake_server import RefusalError  # noqa: PLC0415 - next to its use

            if b"poison" in body:
                raise RefusalError(400, "poisonous")
            return check(path, headers, body)  # type: ignore[arg-type] # passed on

        server.check = checked  # type: ignore[method-assign] # a stricter server
        outcome = plain.run(server=server)
        assert len([each for each in server.resources if each["status"] != "running"]) == 8
    outcome.check()
    assert outcome.exit_status == 1
    assert outcome.said("rejected: 2, kept aside in .ddci/run-").endswith(".rejected.jsonl")
    assert "poisonous" in outcome.said("problem: ")
    [aside] = plain.directory.glob(".ddci/*.rejected.jsonl")
    assert aside.read_text().count('"detail":"poisonous"') == 2


def test_a_refused_connection_keeps_everything_and_changes_nothing(project: Project) -> None:
    project.write(test_a=SUITE)
    begun = time.monotonic()
    env = {"DD_API_KEY": "k" * 32, "DDCI_URL": NOBODY, "NO_PROXY": "127.0.0.1"}
    outcome = project.run("--ddci-timeout=2", env=env)
    outcome.check()
    assert time.monotonic() - begun < 30
    assert outcome.exit_status == 1
    assert "127.0.0.1:9" in outcome.said("problem: ")
    assert outcome.said("kept: 10 in .ddci/run-")
    assert outcome.said("send them with: ddci send .ddci/run-")


@pytest.mark.parametrize(
    ("policy", "suite", "status"),
    [
        ("ignore", PASSING, 0),
        ("warn", PASSING, 0),
        ("fail", PASSING, 1),
        ("fail", SUITE, 1),
        ("fail", "", 5),
    ],
    ids=["ignore", "warn", "fail", "fail-failed", "fail-empty"],
)
def test_only_the_policy_fail_changes_the_exit_status_and_only_of_a_success(
    policy: str, suite: str, status: int, plain: Project
) -> None:
    plain.write(test_a=suite)
    with IntakeServer([Fault(status=403)] * 2) as server:
        outcome = plain.run(f"--ddci-on-failure={policy}", server=server)
    assert outcome.exit_status == status
    told = [line for line in outcome.summary if line.startswith("problem: ")]
    assert len(told) == (0 if policy == "ignore" else 1)


def test_the_policy_fail_leaves_a_delivered_run_alone(
    project: Project, server: IntakeServer
) -> None:
    project.write(test_a=PASSING)
    outcome = project.run("--ddci-on-failure=fail", server=server)
    outcome.check()
    assert outcome.exit_status == 0


@pytest.mark.parametrize("action", ["hang", "drip"])
def test_the_timeout_bounds_the_whole_flush(action: str, plain: Project) -> None:
    plain.write(test_a=PASSING)
    with IntakeServer([Fault(action)] * 50) as server:  # type: ignore[arg-type] # one of its words
        begun = time.monotonic()
        outcome = plain.run("--no-ddci-running", "--ddci-timeout=1", server=server)
        took = time.monotonic() - begun
    outcome.check()
    assert outcome.exit_status == 0
    assert took < 10  # the process starts, runs and ends in this, too
    assert outcome.said("kept: 6 in")


def test_two_runs_at_once_in_one_directory_do_not_meet(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a="import time\ndef test_slow(): time.sleep(0.5)")
    runs = [plain.start(server=server), plain.start(server=server)]
    for run in runs:
        out, _ = run.communicate(timeout=60)
        assert run.returncode == 0, out
    ids = {each["unique_id"] for each in server.of_level("pipeline")}
    assert len(ids) == len(server.of_level("pipeline")) == 2
    assert len(list(plain.directory.glob(".ddci/run-*.delivered.jsonl"))) == 2
    assert len(server.of_level("job")) == 2


@pytest.mark.parametrize("fault", [None, Fault(status=403)], ids=["delivered", "kept"])
def test_nothing_is_printed_with_qq(fault: Fault | None, project: Project) -> None:
    project.write(test_a=PASSING)
    with IntakeServer([fault] * 4) as server:
        outcome = project.run("-qq", server=server)
        assert server.seen
    assert outcome.exit_status == 0
    assert "ddci" not in outcome.stdout + outcome.stderr


def test_q_prints_the_summary(plain: Project, server: IntakeServer) -> None:
    plain.write(test_a=PASSING)
    outcome = plain.run("-q", server=server)
    outcome.check()
    assert outcome.said("delivered")


def test_a_large_run_is_delivered_in_batches_with_the_pipeline_last(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a="""
            import pytest
            @pytest.mark.parametrize("n", range(300))
            def test_many(n): pass
        """
    )
    outcome = plain.run(server=server)
    outcome.check()
    assert max(len(seen.events) for seen in server.seen) <= 1_000
    assert [each["level"] for each in server.seen[-1].resources][-1] == "pipeline"
    assert f"{len(outcome.resources)} of {len(outcome.resources)}" in outcome.said("delivered")
