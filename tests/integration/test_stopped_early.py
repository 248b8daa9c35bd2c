"""Sessions that stop themselves (`-x`, `--maxfail`) are errors with tests left out on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

pytestmark = pytest.mark.not_about_xdist

FAILS_FIRST = "def test_0(): assert 0\n" + "\n".join(
    f"def test_{number}(): pass" for number in range(1, 40)
)
FAIL_OFTEN = "\n".join(f"def test_{number}(): assert 0" for number in range(40))


def run(project: Project, *args: str) -> Outcome:
    """Run; the exit status must be that of the same run without us."""
    bare = project.run(*args, flag="")
    outcome = project.run(*args)
    outcome.check()
    assert outcome.exit_status == bare.exit_status
    return outcome


@pytest.mark.parametrize("stop", ["-x", "--maxfail=1"])
def test_stopping_at_the_first_failure_is_an_error_and_counts_the_rest(
    project: Project, stop: str
) -> None:
    project.write(test_suite=FAILS_FIRST)
    outcome = run(project, stop)
    assert outcome.exit_status == (2 if project.distribution else 1)
    assert outcome.pipeline["status"] == "error"
    assert outcome.pipeline["error"]["type"] == "TestsFailed"
    assert "test_suite.py::test_0" in outcome.pipeline["error"]["message"]
    counts = metrics(outcome.pipeline)
    assert counts["tests.collected"] == 40
    assert counts["tests.not_run"] == 40 - len(outcome.jobs) > 0
    assert counts["tests.failed"] == 1
    assert counts["tests.canceled"] == 0
    assert outcome.stages["test_suite.py"]["status"] == "error"


def test_maxfail_stops_at_that_many_failures(plain: Project) -> None:
    plain.write(test_suite=FAIL_OFTEN)
    outcome = run(plain, "--maxfail=3")
    assert outcome.pipeline["status"] == "error"
    assert metrics(outcome.pipeline)["tests.failed"] == 3
    assert metrics(outcome.pipeline)["tests.not_run"] == 37


def test_maxfail_under_xdist_counts_what_the_workers_still_ran(tmp_path: Path) -> None:
    project = Project(tmp_path, ("-n2",))
    project.write(test_suite=FAIL_OFTEN)
    outcome = run(project, "--maxfail=3")
    counts = metrics(outcome.pipeline)
    assert outcome.exit_status == 2
    assert outcome.pipeline["status"] == "error"
    assert counts["tests.failed"] == len(outcome.jobs) >= 3
    assert counts["tests.not_run"] == 40 - len(outcome.jobs)


def test_a_limit_that_is_not_reached_stops_nothing(project: Project) -> None:
    project.write(test_suite=FAILS_FIRST)
    outcome = run(project, "--maxfail=2")
    assert outcome.exit_status == 1
    assert metrics(outcome.pipeline)["tests.not_run"] == 0


def test_stopping_at_a_collection_error_is_an_error(project: Project) -> None:
    project.write(test_broken="1 / 0", test_suite="def test_one(): pass")
    outcome = run(project, "-x")
    assert outcome.pipeline["status"] == "error"
    assert outcome.stages["test_broken.py"]["status"] == "error"


def test_a_session_that_a_test_stops_in_a_worker_was_not_canceled(tmp_path: Path) -> None:
    project = Project(tmp_path, ("-n2",))
    project.write(
        test_suite="""
        def test_one(request): request.session.shouldstop = "enough for today"
        def test_two(): pass
        """
    )
    outcome = run(project)
    assert outcome.exit_status == 2
    assert outcome.pipeline["status"] == "error"
    assert "enough for today" in outcome.pipeline["error"]["message"]


def test_a_test_that_asks_the_session_to_stop_leaves_the_rest_out(plain: Project) -> None:
    plain.write(
        test_suite="""
        def test_one(request): request.session.shouldstop = "enough for today"
        def test_two(): pass
        """
    )
    outcome = run(plain)
    assert outcome.exit_status == 2
    assert metrics(outcome.pipeline)["tests.not_run"] == 1
    assert outcome.pipeline["status"] == "error"
    assert "enough for today" in outcome.pipeline["error"]["message"]


def test_deselected_tests_are_counted_apart(project: Project) -> None:
    project.write(test_suite=FAILS_FIRST)
    outcome = run(project, "-k", "test_1 or test_2", "--deselect", "test_suite.py::test_11")
    counts = metrics(outcome.pipeline)
    assert outcome.exit_status == 0
    assert counts["tests.deselected"] == 19
    assert counts["tests.collected"] == len(outcome.jobs) == 21
    assert counts["tests.not_run"] == 0
