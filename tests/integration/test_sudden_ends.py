"""Processes that end in the middle of something, by their own hand or not: nothing is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.journal import read_journal
from pytest_ddci.lines import EventLine
from tests.intake_server import Fault, IntakeServer
from tests.outcome import metrics
from tests.project import Project
from tests.wire import events_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.not_about_xdist

SEED = 20261122
SUITE = """
    import pytest
    @pytest.mark.parametrize("n", range(300))
    def test(n): pass
"""
# One request takes a thousand events: this suite's 1,202 are two.
EVENTS = 1_202
UNHEARD: dict[str, list[Fault | None]] = {
    "nothing is accepted": [Fault("hang")] * 9,
    "all is accepted": [Fault("hang", status=202)] * 9,
    "the first part is accepted and answered": [None, *[Fault("hang")] * 9],
    "the answer comes byte by byte": [Fault("drip", status=202)] * 9,
}
ENDS = {
    "os._exit": (3, "os._exit(3)"),
    "os._exit as if all were well": (0, "os._exit(0)"),
    "pytest-timeout": (1, "time.sleep(60)"),
    "segfault": (-signal.SIGSEGV, "ctypes.string_at(0)"),
}


def wait_for_request(process: subprocess.Popen[bytes], server: IntakeServer, number: int) -> None:
    limit = time.monotonic() + 60
    while len(server.seen) < number:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.005)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def accepted(*servers: IntakeServer) -> list[bytes]:
    bodies = [seen.body for server in servers for seen in server.seen if seen.status == 202]
    return [event for body in bodies for event in events_of(body)]


def events_in_journal(project: Project) -> list[bytes]:
    """Those of the one journal, which is history by now."""
    (journal,) = project.directory.glob(".ddci/run-*.delivered.jsonl")
    return [line.data for line in read_journal(journal) if isinstance(line, EventLine)]


@pytest.mark.parametrize("faults", UNHEARD.values(), ids=UNHEARD)
def test_a_run_killed_while_it_delivers_loses_nothing(
    plain: Project, faults: list[Fault | None]
) -> None:
    plain.write(test_a=SUITE)
    with IntakeServer(faults) as bad, IntakeServer() as good:
        process = plain.start("--no-ddci-running", server=bad)
        wait_for_request(process, bad, 1 + faults.count(None))
        kill(process)
        done = plain.ddci("send", server=good)
        assert plain.ddci("send", server=good).stdout == "ddci: nothing to send\n"
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{EVENTS} of {EVENTS} events delivered" in done.stdout
    emitted = events_in_journal(plain)
    assert len(emitted) == EVENTS
    # What arrives twice is the same, to the byte.
    assert sorted(accepted(good)) == sorted(emitted)
    assert {*accepted(bad)} <= {*emitted}


def test_however_often_sending_is_killed_the_next_one_completes_it(plain: Project) -> None:
    rng = random.Random(SEED)  # noqa: S311 - no secret
    plain.write(test_a=SUITE.replace("pass", "n == 290 and __import__('os')._exit(1)"))
    plain.run()
    arrived: list[bytes] = []
    for faults in UNHEARD.values():
        with IntakeServer(faults) as bad:
            process = plain.start_ddci("send", server=bad)
            wait_for_request(process, bad, 1 + faults.count(None))
            kill(process)
            arrived += accepted(bad)
    with IntakeServer() as good:
        for _ in range(5):
            process = plain.start_ddci("send", server=good)
            try:
                process.communicate(timeout=rng.uniform(0, 0.5))
            except subprocess.TimeoutExpired:
                kill(process)
        assert plain.ddci("send", server=good).returncode == 0
    emitted = events_in_journal(plain)
    # 290 jobs of three steps each, the one that was cut short, the stage and the pipeline.
    assert len(emitted) == len({*emitted}) == 290 * 4 + 3
    assert {*accepted(good)} == {*emitted}
    assert arrived
    assert {*arrived} <= {*emitted}


@pytest.mark.parametrize(("status", "statement"), ENDS.values(), ids=ENDS)
def test_a_process_that_ends_in_a_test_leaves_what_had_finished(
    plain: Project, server: IntakeServer, status: int, statement: str
) -> None:
    write(plain, statement)
    outcome = plain.run("--no-ddci-running", plugins=("timeout",), server=server)
    assert outcome.exit_status == status
    assert server.seen == []
    assert plain.ddci("send", server=server).returncode == 0
    [pipeline] = server.of_level("pipeline")
    assert (pipeline["status"], pipeline["error"]["type"]) == ("canceled", "Interrupted")
    [stage] = server.of_level("stage")
    jobs = {job["name"].partition("::")[2]: job for job in server.of_level("job")}
    assert {name: job["status"] for name, job in jobs.items()} == {
        "test_before": "success",
        "test_fail": "error",
        "test_end": "canceled",
    }
    assert jobs["test_end"]["error"]["type"] == "Interrupted"
    # Nothing is known of the time after it began.
    last = jobs["test_end"]["start"]
    assert {each["end"] for each in (jobs["test_end"], stage, pipeline)} == {last}


def test_a_worker_that_a_timeout_ends_is_a_crash_of_that_test_alone(tmp_path: Path) -> None:
    project = Project(tmp_path, ("-n2",))
    write(project, ENDS["pytest-timeout"][1])
    outcome = project.run(plugins=("timeout",))
    outcome.check()
    assert outcome.exit_status == 1
    assert outcome.statuses() == {
        ("test_a.py::test_before", "success"): 1,
        ("test_a.py::test_fail", "error"): 1,
        ("test_a.py::test_end", "error"): 1,
        ("test_a.py::test_after", "success"): 1,
    }
    assert outcome.job("test_end")["error"]["type"] == "WorkerCrashed"


def test_ctrl_c_while_a_test_is_recorded_costs_at_most_its_result(
    project: Project, server: IntakeServer
) -> None:
    project.write(
        conftest="""
            from pytest_ddci.stages import Stage
            ended = []
            def interrupted(add):
                def adding(self, *args, **kwargs):
                    ended.append(self)
                    if len(ended) == 3:
                        raise KeyboardInterrupt
                    add(self, *args, **kwargs)
                return adding
            Stage.add_job = interrupted(Stage.add_job)
            Stage.add_passed = interrupted(Stage.add_passed)
        """,
        test_a="\n".join(f"def test_{n}(): pass" for n in range(5)),
    )
    outcome = project.run(server=server)
    # What was counted besides finished tests, no journal knows; junitxml has all three tests.
    outcome.check(junit=False, counts=False)
    assert outcome.exit_status == 2
    assert outcome.said("delivered: ").startswith(f"delivered: {len(outcome.resources)} of ")
    assert outcome.pipeline["status"] == "canceled"
    statuses = Counter(job["status"] for job in outcome.jobs)
    assert statuses["success"] == 2
    assert statuses["canceled"] >= 1
    assert metrics(outcome.pipeline)["tests.passed"] == 2


def write(project: Project, statement: str) -> None:
    project.write(
        test_a=f"""
        import ctypes, os, pytest, time
        def test_before(): pass
        def test_fail(): assert 0
        @pytest.mark.timeout(0.2, method="thread")
        def test_end(): {statement}
        def test_after(): pass
        """
    )
