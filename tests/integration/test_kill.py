"""SIGKILL at any moment of a run: what had finished by then is delivered afterwards, once.

Two logs beside the journal say what had finished. Each is written by one `write` a line, which
SIGKILL does not undo.

- The process that reports writes `begun` and `reported` from a conftest, whose hooks come after
  ours (`trylast`): at `reported`, the teardown of a test has been handed to every plugin of that
  process. This is the rule for both ways to run, and without exception: what was reported is
  delivered with its right status, and what had begun is delivered, if need be as canceled.
- The tests write `ran` as the last thing of their own teardown. In one process the next test
  cannot begin before ours is done with the last one: all that ran is delivered, but for the very
  last one with its right status. On workers this log says nothing about the controller: a worker
  hands its reports over through a pipe and goes on, also for some time after the controller is
  gone. What is still in the pipe no process ever knew.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.journal import read_journal
from pytest_ddci.lines import ControlLine, EventLine
from tests.killing import STATUS, journal_of, killed_run, pipeline_id, whole_run, write_suite
from tests.outcome import check_ids, check_tree, tags
from tests.wire import events_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.intake_server import IntakeServer
    from tests.killing import Killed
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

SEED = 20261122
RECOVERED = "ddci.recovered"


@pytest.mark.parametrize("moments", [6, pytest.param(50, marks=pytest.mark.long)])
def test_whenever_a_run_is_killed_what_had_finished_is_delivered_once(
    moments: int, project: Project, server: IntakeServer
) -> None:
    rng = random.Random(f"{SEED} {moments} {project.distribution}")  # noqa: S311 - no secret
    write_suite(project)
    runs = [whole_run(project, server)]
    seconds, killed = runs[0].moment, 0
    while killed < moments:
        assert len(runs) <= 3 * moments, "most of them end too early to be killed"
        # Anywhere within its share of the run: no stretch is left out.
        moment = (killed + rng.random()) / moments * seconds
        run = killed_run(project, server, moment, group=rng.random() < 0.5)
        runs.append(run)
        killed += run.killed
        # Of a run that was quicker than those before, that moment is tried again.
        seconds = seconds if run.killed else min(seconds, run.moment)
    done = project.ddci("send", server=server)
    assert done.returncode == 0, done.stdout + done.stderr
    sent = len(server.seen)
    assert project.ddci("send", server=server).returncode == 0
    assert len(server.seen) == sent, "everything had been sent before"
    accepted = by_pipeline(server)
    cut = 0
    for run in runs:
        if run.journal is not None:
            journal = journal_of(project, run)
            assert ".delivered" in journal.name
            cut += check(run, journal, accepted.pop(pipeline_id(journal)), project)
    assert not accepted
    tests = sum(len(run.logged("reported")) for run in runs)
    print(f"{killed} killed, {cut} of them before their end, {tests} tests reported")  # noqa: T201 - for -m long
    assert cut >= moments // 3, "many were killed before their tests had ended"


def by_pipeline(server: IntakeServer) -> dict[str, list[bytes]]:
    """What was accepted, by run, without the announcements; the official client has parsed it."""
    found = defaultdict(list)
    for line in (
        line for seen in server.seen if seen.status == 202 for line in events_of(seen.body)
    ):
        resource = resource_of(line)
        if resource["status"] != "running":
            found[resource.get("pipeline_unique_id") or resource["unique_id"]].append(line)
    return found


def resource_of(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)["attributes"]["resource"]
    return found


def check(run: Killed, journal: Path, accepted: list[bytes], project: Project) -> bool:
    """Compare what the run did, what it wrote and what was accepted; whether it was cut short."""
    lines = [*read_journal(journal)]
    events = [line.data for line in lines if isinstance(line, EventLine)]
    assert len(events) == len({*events})
    # An answer that was lost with the process is asked for again, in the very same bytes.
    assert {*events} == {*accepted}
    resources = [resource_of(event) for event in events]
    check_ids(resources)
    check_tree(resources)
    jobs = {each["name"]: each for each in resources if each["level"] == "job"}
    assert len(jobs) == sum(each["level"] == "job" for each in resources)
    check_jobs(run, jobs, sequential=not project.distribution)
    [pipeline] = [each for each in resources if each["level"] == "pipeline"]
    if RECOVERED not in tags(pipeline):
        assert pipeline["status"] == "error"
        assert len(jobs) == len(run.logged("reported"))
        return False
    assert pipeline["status"] == "canceled"
    assert pipeline["error"]["type"] == "Interrupted"
    # Closed at the last time seen.
    assert pipeline["end"] == max([pipeline["start"], *moments_of(lines, resources)])
    return True


def check_jobs(run: Killed, jobs: dict[str, dict[str, Any]], *, sequential: bool) -> None:
    reported, ran = run.logged("reported"), run.logged("ran")
    for nodeid in reported + (ran[:-1] if sequential else []):
        assert jobs[nodeid]["status"] == status_of(nodeid), (run.moment, nodeid)
    for nodeid in run.logged("begun") + (ran if sequential else []):
        assert nodeid in jobs, (run.moment, nodeid)
    for nodeid, job in jobs.items():
        if job["status"] != status_of(nodeid):
            assert job["status"] == "canceled", (run.moment, job)
            assert job["error"]["type"] == "Interrupted"
            assert RECOVERED in tags(job)
    # Ours come first: one hook may have been cut off before the log was written.
    assert len({*jobs} - {*run.logged("begun")}) <= 1
    assert sum(job["status"] != "canceled" for job in jobs.values()) <= len(reported) + 1


def status_of(nodeid: str) -> str:
    return STATUS[nodeid.partition("[")[2].partition("-")[0]]


def moments_of(
    lines: list[EventLine | ControlLine | Any], resources: list[dict[str, Any]]
) -> Iterator[str]:
    """When each job ended and each attempt began."""
    yield from (each["end"] for each in resources if each["level"] == "job")
    for line in lines:
        if isinstance(line, ControlLine) and line.kind == "started":
            yield (line.decoded() or {})["start"]
