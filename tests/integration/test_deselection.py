"""Tests that were left out on purpose are counted, and are no tests that went missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    def test_one(): pass
    def test_two(): pass
    def test_three(): assert 0
    def test_four(): pass
"""


@pytest.mark.parametrize(
    ("args", "left"),
    [
        pytest.param(("-k", "one or two"), {"test_one", "test_two"}, id="k"),
        pytest.param(
            ("--deselect", "test_it.py::test_three"),
            {"test_one", "test_two", "test_four"},
            id="deselect",
        ),
        pytest.param(("test_it.py::test_one",), {"test_one"}, id="node id"),
    ],
)
def test_only_what_is_selected_is_reported(
    project: Project, args: tuple[str, ...], left: set[str]
) -> None:
    project.write(test_it=SUITE)
    outcome = project.run(*args)
    outcome.check()

    assert {job["name"] for job in outcome.jobs} == {f"test_it.py::{name}" for name in left}
    counts = metrics(outcome.pipeline)
    # A node id collects nothing else: there is nothing to deselect.
    assert counts["tests.deselected"] == (0 if "::" in args[0] else 4 - len(left))
    assert (counts["tests.collected"], counts["tests.not_run"]) == (len(left), 0)
    assert outcome.pipeline["status"] == "success"


def test_deselection_of_everything_is_a_skipped_pipeline(project: Project) -> None:
    project.write(test_it=SUITE)
    outcome = project.run("-k", "nothing")
    outcome.check()

    assert outcome.exit_status == 5
    assert (outcome.pipeline["status"], outcome.jobs) == ("skipped", [])
    assert metrics(outcome.pipeline)["tests.deselected"] == 4


def test_what_a_conftest_deselects_is_counted_too(project: Project) -> None:
    project.write(
        test_it=SUITE,
        conftest="""
        def pytest_collection_modifyitems(config, items):
            config.hook.pytest_deselected(items=items[1:])
            del items[1:]
        """,
    )
    outcome = project.run("--deselect", "test_it.py::test_four")
    outcome.check()

    assert [job["name"] for job in outcome.jobs] == ["test_it.py::test_one"]
    assert metrics(outcome.pipeline)["tests.deselected"] == 3


def test_the_failures_of_the_last_run_alone(project: Project) -> None:
    project.write(test_it=SUITE, test_other="def test_fine(): pass")
    for journal in project.run().journals:
        journal.unlink()
    outcome = project.run("--lf")
    outcome.check()

    assert [job["name"] for job in outcome.jobs] == ["test_it.py::test_three"]
    counts = metrics(outcome.pipeline)
    assert (counts["tests.collected"], counts["tests.not_run"]) == (1, 0)


@pytest.mark.parametrize("args", [("-x",), ("--maxfail=1",)], ids=["x", "maxfail"])
def test_stopping_at_a_failure_leaves_tests_out_on_purpose(
    plain: Project, args: tuple[str, ...]
) -> None:
    plain.write(test_it=SUITE)
    outcome = plain.run(*args)
    outcome.check()

    counts = metrics(outcome.pipeline)
    assert (counts["tests.collected"], counts["tests.not_run"]) == (4, 1)
    assert outcome.pipeline["status"] == "error"
    assert outcome.pipeline["error"]["type"] == "TestsFailed"


def test_one_pipeline_id_gives_every_event_of_a_run_an_id_of_its_own(project: Project) -> None:
    project.write(test_it=SUITE, sub__test_it=SUITE.replace("test_four", "test_five"))
    project.file("sub/__init__.py", "")
    outcome = project.run("--ddci-pipeline-id=build-7")
    outcome.check()

    assert outcome.pipeline["unique_id"] == "build-7"
    assert {job["pipeline_unique_id"] for job in outcome.jobs} == {"build-7"}
    assert len({job["id"] for job in outcome.jobs}) == 8


def test_the_same_pipeline_id_gives_the_same_ids_again(tmp_path: Path) -> None:
    ids = []
    for name in ("first", "second"):
        directory = tmp_path / name
        directory.mkdir()
        project = Project(directory)
        project.write(test_it=SUITE)
        outcome = project.run("--ddci-pipeline-id=build-7", "--ddci-pipeline-name=rocket")
        outcome.check()
        ids.append({(each["level"], each["name"]): each.get("id") for each in outcome.of("job")})
    assert ids[0] == ids[1]
    assert len(ids[0]) == 4


def test_the_previous_attempt_is_named_as_asked(project: Project) -> None:
    project.write(test_it=SUITE)
    outcome = project.run("--ddci-previous-attempt=build-6", "--ddci-pipeline-id=build-7")
    outcome.check()

    assert outcome.pipeline["previous_attempt"] == {"id": "build-6"}
    assert outcome.pipeline["partial_retry"] is False
