"""`ddci finish` finds by search what shards have sent whose journals are not at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci.testing import fake_intake
from tests.outcome import metrics, tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ddci.testing import FakeIntake

ID = 'shared-"1"-(a:b*)'
SUITE = """
    import os
    def test_everywhere(): pass
    def test_of_the_first(): assert os.environ.get("DDCI_SHARD") != "1/2"
"""
COUNTS = {"tests.collected": 4, "tests.passed": 3, "tests.failed": 1, "tests.errors": 0}


def run_shard(directory: Path, shard: str, intake: FakeIntake) -> Project:
    directory.mkdir()
    project = Project(directory)
    project.write(test_a=SUITE)
    env = {"DDCI_PIPELINE_ID": ID, "DDCI_SHARD": shard, "DDCI_PIPELINE_NAME": "shop"}
    assert project.run(env={**env, **intake.environ}).said("delivered: ")
    return project


def finish(project: Project, intake: FakeIntake, *args: str, status: int = 0) -> dict[str, Any]:
    """The final event, as it was received."""
    done = project.ddci("finish", f"--pipeline-id={ID}", *args, env=intake.environ)
    assert (done.returncode, done.stderr) == (status, "")
    assert "delivered, journal: " in done.stdout
    [pipeline] = intake.pipelines
    return pipeline.model_dump(mode="json", exclude_none=True)


def test_shards_are_found_whose_journals_are_elsewhere(tmp_path: Path) -> None:
    with fake_intake() as intake:
        run_shard(tmp_path / "m1", "1/2", intake)
        here = run_shard(tmp_path / "m2", "2/2", intake)
        found = finish(here, intake)
        assert (found["name"], found["status"]) == ("shop", "error")
        assert tags(found)["ddci.parts"] == "2"
        assert {name: metrics(found)[name] for name in COUNTS} == COUNTS
        assert found["error"] == {
            "message": "shard 1/2: stages that failed:\ntest_a.py",
            "type": "TestsFailed",
            "domain": "unknown",
        }
        [pipeline], jobs = intake.pipelines, intake.jobs
        assert pipeline.start <= min(job.start for job in jobs)
        assert pipeline.end >= max(job.end for job in jobs)


def test_it_needs_no_journal_at_all_and_waits_no_longer_than_it_is_told(tmp_path: Path) -> None:
    with fake_intake() as intake:
        run_shard(tmp_path / "m1", "1/2", intake)
        (tmp_path / "elsewhere").mkdir()
        elsewhere = Project(tmp_path / "elsewhere")
        found = finish(elsewhere, intake, "--timeout=3")
        assert (found["name"], found["status"]) == ("shop", "error")
        error = found["error"]
        assert error["type"] == "IncompleteRun"
        assert error["message"].startswith("1 parts of the run were never heard of: shard 2/2")
        assert "shard 1/2: stages that failed:\ntest_a.py" in error["message"]


def test_a_search_that_fails_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    with fake_intake(faults=["403,on=search"]) as intake:
        here = run_shard(tmp_path / "m1", "1/2", intake)
        done = here.ddci("finish", f"--pipeline-id={ID}", env=intake.environ)
        assert done.returncode == 0
        assert "ddci: warning: the search failed: " in done.stdout
        [pipeline] = intake.pipelines
        assert pipeline.status == "error"
