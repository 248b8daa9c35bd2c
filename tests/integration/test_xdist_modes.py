"""However xdist distributes the tests, the events say the same as without it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

FIRST = """
    import pytest

    @pytest.fixture
    def broken():
        yield
        raise OSError("no cleanup")

    def test_pass(): pass
    def test_fail(): assert 1 == 2
    def test_broken(broken): pass
    @pytest.mark.skip(reason="marked")
    def test_skip(): pass
    @pytest.mark.xfail(reason="known bug")
    def test_xfail(): assert 0

    class TestGroup:
        @pytest.mark.parametrize("number", [1, 2, 3])
        def test_number(self, number): assert number < 3
"""
SECOND = """
    import pytest

    @pytest.mark.xdist_group("database")
    def test_grouped(): pass

    @pytest.mark.xdist_group(name="database")
    @pytest.mark.parametrize("mail", ["a@b", "c"])
    def test_mail(mail): assert mail == "c"

    class TestGroup:
        def test_number(self): pass
"""


def suite(directory: Path, *distribution: str) -> Project:
    directory.mkdir()
    project = Project(directory, distribution)
    project.write(test_first=FIRST, sub__test_second=SECOND)
    return project


def results(outcome: Outcome) -> Counter[tuple[str, str, str]]:
    return Counter((job["name"], job["status"], tags(job)["test.result"]) for job in outcome.jobs)


@pytest.fixture(scope="module")
def in_one_process(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What every mode must come to."""
    outcome = suite(tmp_path_factory.mktemp("modes") / "plain").run()
    outcome.check()
    return outcome


@pytest.mark.parametrize("mode", ["load", "loadfile", "loadscope", "loadgroup", "worksteal"])
def test_every_mode_reports_the_same_tests_with_the_same_results(
    tmp_path: Path, mode: str, in_one_process: Outcome
) -> None:
    outcome = suite(tmp_path / mode, "-n2", "--dist", mode).run()
    # Where loadgroup adds a suffix to ids, junitxml shows it.
    outcome.check(junit=mode != "loadgroup")
    assert results(outcome) == results(in_one_process)
    assert outcome.exit_status == in_one_process.exit_status
    assert outcome.pipeline["status"] == in_one_process.pipeline["status"]
    assert {name: stage["status"] for name, stage in outcome.stages.items()} == {
        name: stage["status"] for name, stage in in_one_process.stages.items()
    }


@pytest.mark.parametrize("mode", ["load", "loadgroup"])
def test_the_counts_do_not_depend_on_the_distribution(
    tmp_path: Path, mode: str, in_one_process: Outcome
) -> None:
    outcome = suite(tmp_path / mode, "-n3", "--dist", mode).run("-k", "not xfail")
    counted = {**metrics(outcome.pipeline), "tests.duration": 0}
    assert counted == {
        **metrics(in_one_process.pipeline),
        "tests.duration": 0,
        "tests.collected": 11,
        "tests.xfailed": 0,
        "tests.deselected": 1,
    }


def test_each_reports_one_execution_of_every_test_per_worker(
    tmp_path: Path, in_one_process: Outcome
) -> None:
    outcome = suite(tmp_path / "each", "--tx", "2*popen", "--dist", "each").run()
    # junitxml writes every test twice under one name.
    outcome.check(junit=False)
    for worker in ("gw0", "gw1"):
        found = [job for job in outcome.jobs if tags(job)["xdist.worker"] == worker]
        assert Counter((job["name"], job["status"]) for job in found) == in_one_process.statuses()
        assert {job["node"]["name"] for job in found} == {worker}
    assert len(outcome.jobs) == 2 * len(in_one_process.jobs)
    assert {tags(job)["test.attempt"] for job in outcome.jobs} == {"1"}
    assert metrics(outcome.pipeline)["tests.collected"] == len(outcome.jobs)


def test_loadgroup_leaves_no_suffix_anywhere_in_the_journal(tmp_path: Path) -> None:
    outcome = suite(tmp_path / "groups", "-n2", "--dist", "loadgroup").run()
    outcome.check(junit=False)
    journal = b"\n".join(outcome.journal_lines())
    assert b"test_grouped" in journal
    assert b"@database" not in journal


def test_a_job_carries_the_worker_that_ran_it(tmp_path: Path) -> None:
    outcome = suite(tmp_path / "nodes", "-n2", "--dist", "loadfile").run()
    outcome.check()
    by_stage: dict[str, set[str]] = {}
    for job in outcome.jobs:
        worker = tags(job)["xdist.worker"]
        by_stage.setdefault(job["stage_name"], set()).add(worker)
        assert job["node"]["name"] == worker
        assert f"worker:{worker}" in job["node"]["labels"]
        assert all(step["node"]["name"] == worker for step in outcome.steps_of(job))
    assert sorted(by_stage.values()) == [{"gw0"}, {"gw1"}] or sorted(by_stage.values()) == [
        {"gw1"},
        {"gw0"},
    ]


def test_a_plain_job_carries_no_worker(in_one_process: Outcome) -> None:
    assert not [job for job in in_one_process.jobs if "xdist.worker" in tags(job)]
    assert not [
        label
        for job in in_one_process.jobs
        for label in job["node"].get("labels", ())
        if label.startswith("worker:")
    ]
