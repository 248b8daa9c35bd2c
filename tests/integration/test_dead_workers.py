"""Workers that die for good: what was not run is named, and the pipeline is incomplete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.intake_server import IntakeServer
    from tests.outcome import Outcome


def run(directory: Path, *args: str, server: IntakeServer | None = None, **files: str) -> Outcome:
    """Run on two workers; the exit status must be that of the same run without us."""
    project = Project(directory, ("-n2",))
    project.write(**files)
    bare = project.run(*args, flag="")
    outcome = project.run(*args, server=server)
    assert outcome.exit_status == bare.exit_status
    assert "reporting stopped" not in outcome.stdout
    return outcome


def test_tests_that_no_worker_was_left_to_run_are_listed(
    tmp_path: Path, server: IntakeServer
) -> None:
    outcome = run(
        tmp_path,
        "--max-worker-restart=0",
        server=server,
        test_suite="import os\n" + "\n".join(f"def test_{n}(): os._exit(1)" for n in range(6)),
    )
    outcome.check()
    assert outcome.exit_status != 0
    assert outcome.pipeline["status"] == "error"
    error = outcome.pipeline["error"]
    assert error["type"] == "IncompleteRun"
    assert error["domain"] == "provider"
    ran = {job["name"] for job in outcome.jobs}
    missing = {f"test_suite.py::test_{n}" for n in range(6)} - ran
    assert missing
    assert all(name in error["message"].splitlines() for name in missing)
    assert not any(name in error["message"].splitlines()[1 : len(missing) + 1] for name in ran)
    assert metrics(outcome.pipeline)["tests.not_run"] == len(missing)
    assert f"{len(missing)} collected tests never finished" in outcome.said("pipeline")
    assert outcome.said("delivered:")


def test_a_stage_counts_what_was_not_run_of_it(tmp_path: Path) -> None:
    outcome = run(
        tmp_path,
        "--max-worker-restart=0",
        "--dist=loadfile",
        test_first="import os\ndef test_crash(): os._exit(1)\ndef test_never(): pass",
        test_second="def test_other(): pass",
    )
    outcome.check()
    assert metrics(outcome.stages["test_first.py"])["tests.not_run"] == 1
    assert metrics(outcome.stages["test_second.py"])["tests.not_run"] == 0
    assert outcome.stages["test_second.py"]["status"] == "success"
    assert outcome.pipeline["error"]["type"] == "IncompleteRun"


@pytest.mark.parametrize("restarts", [0, 2], ids=["no_restart", "restarts"])
def test_workers_that_die_while_they_collect_are_an_error(
    tmp_path: Path, restarts: int, server: IntakeServer
) -> None:
    outcome = run(
        tmp_path,
        f"--max-worker-restart={restarts}",
        server=server,
        test_suite="import os\nos._exit(1)\ndef test_never(): pass",
    )
    outcome.check()
    assert outcome.exit_status != 0
    assert outcome.jobs == []
    assert outcome.pipeline["status"] == "error"
    error = outcome.pipeline["error"]
    assert error["type"] == "IncompleteRun"
    assert "worker gw0: Not properly terminated" in error["message"]
    assert outcome.said("delivered: 1 of 1")


def test_one_worker_that_dies_while_it_collects_costs_no_test(tmp_path: Path) -> None:
    outcome = run(
        tmp_path,
        test_suite="""
        import os
        if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
            os._exit(1)
        def test_one(): pass
        def test_two(): pass
        """,
    )
    outcome.check()
    assert outcome.statuses() == {
        ("test_suite.py::test_one", "success"): 1,
        ("test_suite.py::test_two", "success"): 1,
    }
