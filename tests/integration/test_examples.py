"""The examples do what they say, as they are in the repository."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags
from tests.project import Project

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer

EXAMPLES = Path(__file__).parents[2] / "examples"
_REPORTED = 20


@pytest.fixture
def examples(tmp_path: Path) -> Project:
    target = tmp_path / "examples"
    shutil.copytree(EXAMPLES, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    ini = (target / "pytest.ini").read_text(encoding="utf-8")
    project = Project(target)
    (target / "pytest.ini").write_text(ini, encoding="utf-8")
    return project


def test_the_green_examples_show_every_mapping_of_a_green_build(examples: Project) -> None:
    outcome = examples.run()
    # A hook drops one job on purpose: the pipeline counts it all the same.
    outcome.check(junit=False, counts=False)
    assert outcome.exit_status == 0
    assert outcome.pipeline["status"] == "success"
    assert "team:checkout" in outcome.pipeline["tags"]
    assert outcome.pipeline["parameters"] == {"browser": "none"}
    assert {tags(job)["test.result"] for job in outcome.jobs} == {"pass", "skip", "xfail", "xpass"}
    assert outcome.job("test_with_parameters[2-3-6]")["parameters"]["price"] == "2"
    assert metrics(outcome.job("test_with_markers"))["rows"] == 3
    assert tags(outcome.job("test_with_markers"))["test.mark.issue"] == "42"
    assert tags(outcome.job("test_with_a_property"))["requirement"] == "R-7"
    assert tags(outcome.job("test_starts_empty"))["test.class"] == "TestBasket"
    assert "parallel tests" in outcome.stages
    steps = {step["name"] for step in outcome.steps_of(outcome.job("test_order"))}
    assert {"stock the warehouse", "log in", "order"} < steps
    assert not [job for job in outcome.jobs if "test_secretive" in job["name"]]
    assert outcome.said("dropped by a hook: 4 events")


def test_the_failing_examples_fail_in_every_way(examples: Project, server: IntakeServer) -> None:
    outcome = examples.run("fails_on_purpose.py", server=server)
    outcome.check()
    assert outcome.exit_status == 1
    assert {job["status"] for job in outcome.jobs} == {"error"}
    assert outcome.job("test_chained_causes")["error"]["stack"].count("Traceback") == 2
    assert outcome.job("test_error_in_setup")["error"]["type"] == "ConnectionError"
    assert outcome.step(outcome.job("test_failing_step"), "pay")["error"]["type"] == "TimeoutError"


def test_the_parallel_example_shows_the_worker_of_each_job(examples: Project) -> None:
    outcome = examples.run("-n2", "test_parallel.py")
    outcome.check()
    workers = {tags(job)["xdist.worker"] for job in outcome.jobs}
    assert workers <= {"gw0", "gw1"}
    assert {job["node"]["name"] for job in outcome.jobs} == workers
