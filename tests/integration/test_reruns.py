"""pytest-rerunfailures: every attempt is a job of its own, and only the last one counts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.outcome import Outcome, Resource
    from tests.project import Project

PLUGINS = ("rerunfailures",)

THIRD_TIME = """
    runs = []

    def test_third_time():
        runs.append(1)
        assert len(runs) == 3, f"run {len(runs)}"
"""


def course(jobs: list[Resource]) -> list[tuple[str, str, str]]:
    """Number, result and whether it counts, of each attempt."""
    return [
        (said["test.attempt"], said["test.result"], said["test.final"]) for said in map(tags, jobs)
    ]


def failing_steps(outcome: Outcome, job: Resource) -> list[str]:
    return [step["name"] for step in outcome.steps_of(job) if step["status"] == "error"]


def test_a_test_that_passes_in_the_end_is_flaky_and_succeeds(project: Project) -> None:
    project.write(test_it=THIRD_TIME)
    outcome = project.run("--reruns=2", plugins=PLUGINS)
    outcome.check()
    attempts = outcome.attempts("test_third_time")

    assert course(attempts) == [
        ("1", "fail", "false"),
        ("2", "fail", "false"),
        ("3", "pass", "true"),
    ]
    assert [job["error"]["message"].partition("\n")[0] for job in attempts[:2]] == [
        "run 1",
        "run 2",
    ]
    assert [tags(job).get("test.flaky") for job in attempts] == [None, None, "true"]
    assert outcome.stages["test_it.py"]["status"] == "success"
    assert outcome.pipeline["status"] == "success"
    assert outcome.exit_status == 0


def test_retried_attempts_are_counted_apart_from_tests(project: Project) -> None:
    project.write(test_it=THIRD_TIME)
    outcome = project.run("--reruns=2", plugins=PLUGINS)
    outcome.check()
    for whole in (outcome.pipeline, outcome.stages["test_it.py"]):
        counts = metrics(whole)
        assert (counts["tests.collected"], counts["tests.passed"]) == (1, 1)
        assert (counts["tests.reruns"], counts["tests.flaky"]) == (2, 1)
        assert counts["tests.failed"] == 0


def test_attempts_follow_each_other_in_time_with_phases_of_their_own(project: Project) -> None:
    project.write(test_it=THIRD_TIME)
    outcome = project.run("--reruns=2", plugins=PLUGINS)
    outcome.check()
    attempts = outcome.attempts("test_third_time")

    for before, after in pairwise(attempts):
        assert before["end"] <= after["start"]
    for job in attempts:
        names = [step["name"] for step in outcome.steps_of(job)]
        # Old versions of the plugin tell no teardown of an attempt that they retry.
        told = names if job is attempts[-1] else [*names[:2], "teardown"]
        assert told == ["setup", "call", "teardown"]


def test_a_test_that_always_fails_has_failed_once(project: Project) -> None:
    project.write(test_it='def test_never(): assert 0, "never"')
    outcome = project.run("--reruns=2", plugins=PLUGINS)
    outcome.check()

    assert course(outcome.attempts("test_never")) == [
        ("1", "fail", "false"),
        ("2", "fail", "false"),
        ("3", "fail", "true"),
    ]
    counts = metrics(outcome.pipeline)
    assert (counts["tests.failed"], counts["tests.reruns"], counts["tests.flaky"]) == (1, 2, 0)
    assert outcome.pipeline["status"] == "error"
    assert outcome.pipeline["error"]["message"].splitlines() == [
        "1 failed:",
        "test_it.py::test_never",
    ]


@pytest.mark.parametrize(
    ("phase", "fixture"),
    [
        pytest.param("setup", 'runs.append(1); assert len(runs) > 1, "no setup"', id="setup"),
        pytest.param(
            "teardown", 'yield; runs.append(1); assert len(runs) > 1, "no teardown"', id="teardown"
        ),
    ],
)
def test_a_fixture_that_fails_once_is_an_attempt_that_failed_there(
    project: Project, phase: str, fixture: str
) -> None:
    project.write(
        test_it=f"""
        import pytest
        runs = []

        @pytest.fixture
        def shaky():
            {fixture}

        def test_uses_it(shaky): pass
        """
    )
    outcome = project.run("--reruns=2", plugins=PLUGINS)
    outcome.check()
    first, second = outcome.attempts("test_uses_it")

    assert course([first, second]) == [("1", "fail", "false"), ("2", "pass", "true")]
    assert failing_steps(outcome, first) == [phase]
    assert first["error"]["message"].startswith(f"no {phase}")
    assert failing_steps(outcome, second) == []
    assert tags(second)["test.flaky"] == "true"


def test_a_mark_on_a_class_reruns_its_methods_only(project: Project) -> None:
    project.write(
        test_it="""
        import pytest
        runs = []

        @pytest.mark.flaky(reruns=1)
        class TestMarked:
            def test_second_time(self):
                runs.append(1)
                assert len(runs) == 2
            def test_sound(self): pass

        def test_outside(): assert 0
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()

    assert course(outcome.attempts("::test_second_time")) == [
        ("1", "fail", "false"),
        ("2", "pass", "true"),
    ]
    assert course(outcome.attempts("::test_sound")) == [("1", "pass", "true")]
    assert course(outcome.attempts("::test_outside")) == [("1", "fail", "true")]


def test_a_skip_after_a_failure_is_neither_flaky_nor_a_success(project: Project) -> None:
    project.write(
        test_it="""
        import pytest
        runs = []

        def test_gives_up():
            runs.append(1)
            if len(runs) == 2: pytest.skip("the service is down")
            assert 0
        """
    )
    outcome = project.run("--reruns=2", plugins=PLUGINS)
    outcome.check()
    attempts = outcome.attempts("test_gives_up")

    assert course(attempts) == [("1", "fail", "false"), ("2", "skip", "true")]
    assert metrics(outcome.pipeline)["tests.flaky"] == 0
    assert tags(attempts[1])["test.skip_reason"] == "the service is down"


def test_a_test_whose_worker_died_runs_again_on_another_worker(plain: Project) -> None:
    plain.write(
        test_it="""
        import os
        from pathlib import Path

        def test_dies_once(request):
            # The controller learns over a socket how often to rerun; an answer means it has.
            request.config.failures_db.get_test_reruns(request.node.nodeid)
            died = Path(__file__).with_name("died")
            if not died.exists():
                died.touch()
                os._exit(3)

        def test_other(): pass
        """
    )
    outcome = plain.run("-n2", "--reruns=2", plugins=PLUGINS)
    outcome.check()
    crashed, passed = outcome.attempts("test_dies_once")

    assert course([crashed, passed]) == [("1", "fail", "false"), ("2", "pass", "true")]
    assert crashed["error"]["type"] == "WorkerCrashed"
    assert crashed["error"]["domain"] == "provider"
    assert tags(crashed)["xdist.worker"] != tags(passed)["xdist.worker"]
    assert tags(passed)["test.flaky"] == "true"
    assert outcome.exit_status == 0
    assert outcome.pipeline["status"] == "success"
