"""Whatever tests leave behind for good, the report goes out, whole and right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.hostile import ACTS, UNCAPTURED, UNWRITTEN, suite
from tests.outcome import junit_results
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.intake_server import IntakeServer

pytestmark = pytest.mark.not_about_xdist

# What a worker does to itself leaves the controller alone, so that several may go together.
TOGETHER = [
    ("time", "loops", "network", "faked answers", "library", "threads"),
    ("files", "environment", "interpreter"),
    ("open", "imports"),
    ("output", "descriptors"),
]


@pytest.mark.parametrize("name", ACTS)
def test_what_tests_leave_behind_costs_no_event(
    name: str, plain: Project, server: IntakeServer
) -> None:
    check(plain, server, (name,))


@pytest.mark.parametrize(
    "names",
    [TOGETHER[0], *(pytest.param(each, marks=pytest.mark.long) for each in TOGETHER[1:])],
    ids=" ".join,
)
def test_what_tests_leave_behind_in_a_worker_costs_no_event(
    names: tuple[str, ...], tmp_path: Path, server: IntakeServer
) -> None:
    # All on one of the two workers, or it would be chance which act meets which.
    check(Project(tmp_path, ("-n2", "--dist=loadfile")), server, names)


def test_every_suite_is_run_on_workers_too() -> None:
    assert sorted(name for names in TOGETHER for name in names) == sorted(ACTS)


def check(project: Project, server: IntakeServer, names: tuple[str, ...]) -> None:
    acts = [act for name in names for act in ACTS[name]]
    project.write(test_a=suite(acts))
    bare = project.run(flag="")
    written = bool(project.distribution) or not UNWRITTEN.intersection(names)
    results = junit_results(bare.junit) if written else None
    outcome = project.run(server=server)
    outcome.check(junit=written)
    assert outcome.exit_status == bare.exit_status == 1
    assert "stopped" not in "".join(outcome.summary)
    # Three that do nothing but pass or fail, and one for each act.
    assert len(outcome.jobs) == 3 + len(acts)
    for level in ("job", "step", "stage", "pipeline"):
        assert server.of_level(level) == outcome.of(level)
    last = json.loads((project.directory / ".ddci" / "last.json").read_text())
    assert last["delivered"] == last["emitted"] == len(outcome.resources)
    if not UNCAPTURED.intersection(names):
        error = outcome.job("test_fails")["error"]
        assert (error["type"], error["message"]) == ("AssertionError", "assert 1 == 2")
        assert (junit_results(outcome.junit) if written else None) == results
