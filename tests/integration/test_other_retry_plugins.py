"""pytest-retry and flaky report less than they run: what they tell is told right."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.outcome import Resource
    from tests.project import Project

SUITE = """
    import pytest
    third, never, shaky = [], [], []

    @pytest.mark.flaky({mark})
    def test_third_time():
        third.append(1)
        assert len(third) == 3, f"run {{len(third)}}"

    @pytest.mark.flaky({mark})
    def test_never():
        never.append(1)
        if len(never) == 3: raise LookupError("last words")
        assert 0, "never"

    def test_sound(): pass
"""

RETRY = pytest.param(("pytest-retry",), "retries=2", id="pytest-retry")
FLAKY = pytest.param(("flaky",), "max_runs=3", id="flaky")


def numbers(jobs: list[Resource]) -> list[str]:
    return [tags(job)["test.attempt"] for job in jobs]


@pytest.mark.parametrize(("plugins", "mark"), [RETRY, FLAKY])
def test_the_last_attempt_decides(project: Project, plugins: tuple[str, ...], mark: str) -> None:
    project.write(test_it=SUITE.format(mark=mark))
    outcome = project.run(plugins=plugins)
    outcome.check()
    final = {job["name"]: job for job in outcome.jobs if tags(job)["test.final"] == "true"}

    assert {name.partition("::")[2]: job["status"] for name, job in final.items()} == {
        "test_third_time": "success",
        "test_never": "error",
        "test_sound": "success",
    }
    assert tags(outcome.attempts("test_third_time")[-1])["test.flaky"] == "true"
    counts = metrics(outcome.pipeline)
    assert (counts["tests.passed"], counts["tests.failed"], counts["tests.flaky"]) == (2, 1, 1)


@pytest.mark.parametrize(("plugins", "mark"), [RETRY, FLAKY])
def test_each_attempt_tells_its_own_failure(
    project: Project, plugins: tuple[str, ...], mark: str
) -> None:
    project.write(test_it=SUITE.format(mark=mark))
    outcome = project.run(plugins=plugins)
    outcome.check()
    first, *_, last = outcome.attempts("test_never")

    assert first["error"]["type"] == "AssertionError"
    assert first["error"]["message"].startswith("never")
    assert last["error"]["type"] == "LookupError"
    assert last["error"]["message"] == "last words"
    for job in (first, last):
        assert "test_it.py" in job["error"]["stack"]
        assert tags(job)["test.mark.flaky"] == mark


@pytest.mark.parametrize(("plugins", "mark"), [RETRY, FLAKY])
def test_attempts_do_not_overlap(project: Project, plugins: tuple[str, ...], mark: str) -> None:
    project.write(test_it=SUITE.format(mark=mark))
    outcome = project.run(plugins=plugins)
    outcome.check()
    attempts = outcome.attempts("test_third_time")

    for before, after in pairwise(attempts):
        assert before["end"] <= after["start"]


def test_pytest_retry_reports_its_first_and_its_last_attempt(project: Project) -> None:
    project.write(test_it=SUITE.format(mark="retries=2"))
    outcome = project.run(plugins=("pytest-retry",))
    outcome.check()

    assert numbers(outcome.attempts("test_third_time")) == ["1", "2"]
    assert metrics(outcome.pipeline)["tests.reruns"] == 2


def test_flaky_withholds_reports_and_its_attempts_are_known_all_the_same(project: Project) -> None:
    project.write(test_it=SUITE.format(mark="max_runs=3"))
    outcome = project.run(plugins=("flaky",))
    outcome.check()
    attempts = outcome.attempts("test_third_time")

    assert numbers(attempts) == ["1", "2", "3"]
    assert [job["status"] for job in attempts] == ["error", "error", "success"]
    for job in attempts:
        assert [step["name"] for step in outcome.steps_of(job)] == ["setup", "call", "teardown"]
    assert metrics(outcome.pipeline)["tests.reruns"] == 4


def test_a_setup_that_flaky_retries_is_an_attempt_that_failed(project: Project) -> None:
    project.write(
        test_it="""
        import pytest
        runs = []

        @pytest.fixture
        def shaky():
            runs.append(1)
            if len(runs) == 1: raise OSError("no setup")

        @pytest.mark.flaky(max_runs=2)
        def test_uses_it(shaky): pass
        """
    )
    outcome = project.run(plugins=("flaky",))
    outcome.check()
    first, last = outcome.attempts("test_uses_it")

    assert (first["status"], last["status"]) == ("error", "success")
    assert first["error"]["message"] == "no setup"


def test_a_test_that_has_to_pass_twice_and_does_is_not_flaky(project: Project) -> None:
    project.write(
        test_it="""
        import pytest

        @pytest.mark.flaky(max_runs=3, min_passes=2)
        def test_sound(): pass
        """
    )
    outcome = project.run(plugins=("flaky",))
    outcome.check()
    first, last = outcome.attempts("test_sound")

    assert (first["status"], last["status"]) == ("success", "success")
    assert (tags(first)["test.final"], tags(last)["test.final"]) == ("false", "true")
    assert metrics(outcome.pipeline)["tests.flaky"] == 0


@pytest.mark.parametrize(("plugins", "mark"), [RETRY, FLAKY])
def test_an_attempt_that_is_logged_early_or_never_tells_its_exception_too(
    project: Project, plugins: tuple[str, ...], mark: str
) -> None:
    project.write(
        test_it=f"""
        import pytest
        class Broken(Exception): pass

        @pytest.mark.flaky({mark})
        def test_never(): raise Broken
        """
    )
    outcome = project.run(plugins=plugins)
    outcome.check()
    first, *_ = outcome.attempts("test_never")

    assert first["error"]["type"] == "test_it.Broken"
    assert "raise Broken" in first["error"]["stack"]
