"""Subtests are steps of their test, which has failed once, however many of them did."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.timestamps import parse_rfc3339
from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.outcome import Outcome, Resource
    from tests.project import Project

_SEPARATE = pytest.version_tuple < (9,)
PLUGINS = ("subtests",) if _SEPARATE else ()
pytestmark = pytest.mark.skipif(
    _SEPARATE and find_spec("pytest_subtests") is None, reason="this pytest has no subtests"
)

pytests_own = pytest.mark.skipif(
    _SEPARATE, reason="pytest-subtests itself fails or does otherwise there"
)


def subtests_of(outcome: Outcome, job: Resource) -> list[tuple[str, str]]:
    return [
        (step["name"], step["status"])
        for step in outcome.steps_of(job)
        if tags(step).get("step.kind") == "subtest"
    ]


def test_every_subtest_is_a_step_and_the_test_failed_once(project: Project) -> None:
    project.write(
        test_it="""
        def test_many(subtests):
            with subtests.test("fine"): pass
            with subtests.test("bad", i=1): assert 0, "first"
            with subtests.test(i=1, s="1"): pass
            with subtests.test("bad", i=2): assert 0, "second"
            with subtests.test(): pass
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    (job,) = outcome.jobs

    assert subtests_of(outcome, job) == [
        ("[fine]", "success"),
        ("[bad] (i=1)", "error"),
        ("(i=1, s=1)", "success"),
        ("[bad] (i=2)", "error"),
        ("(<subtest>)", "success"),
    ]
    assert (job["status"], tags(job)["test.result"]) == ("error", "fail")
    counts = metrics(outcome.pipeline)
    assert (counts["tests.collected"], counts["tests.failed"]) == (1, 1)


def test_the_job_tells_what_its_subtests_said(project: Project) -> None:
    project.write(
        test_it="""
        def test_many(subtests):
            with subtests.test("a"): raise LookupError("first")
            with subtests.test("b"): raise OSError("second")
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    (job,) = outcome.jobs

    assert job["error"]["type"] == "LookupError"
    assert job["error"]["message"].splitlines() == [
        "first",
        "(also in subtest [b]) OSError: second",
    ]
    assert job["error"]["stack"].count("Traceback (most recent call last)") == 2


def test_a_failure_of_the_test_itself_comes_before_those_of_its_subtests(project: Project) -> None:
    project.write(
        test_it="""
        def test_both(subtests):
            with subtests.test("a"): raise LookupError("within")
            raise OSError("after")
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    (job,) = outcome.jobs

    assert job["error"]["type"] == "OSError"
    assert job["error"]["message"].splitlines() == [
        "after",
        "(also in subtest [a]) LookupError: within",
    ]
    assert outcome.step(job, "call")["error"]["message"] == "after"


def test_equal_messages_are_steps_of_their_own(project: Project) -> None:
    project.write(
        test_it="""
        def test_twice(subtests):
            with subtests.test("same"): pass
            with subtests.test("same"): assert 0
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    (job,) = outcome.jobs

    assert subtests_of(outcome, job) == [("[same]", "success"), ("[same]", "error")]


@pytests_own
def test_arguments_that_cannot_be_shown_or_sent_are_shown_somehow(project: Project) -> None:
    if project.distribution and pytest.version_tuple < (9, 1):
        pytest.skip("before pytest 9.1 such an argument ends the worker")
    project.write(
        test_it="""
        class Odd:
            def __repr__(self): raise ValueError("no repr")

        def test_odd(subtests):
            with subtests.test("odd", value=Odd(), kind=object, text='quoted "text"'): pass
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    ((name, status),) = subtests_of(outcome, outcome.job("test_odd"))

    assert status == "success"
    assert name.startswith("[odd] (value=")
    assert "kind=<class 'object'>, text=quoted \"text\")" in name


def test_a_skipped_or_xfailed_subtest_neither_skips_nor_fails_its_test(project: Project) -> None:
    project.write(
        test_it="""
        import pytest

        def test_parts(subtests):
            with subtests.test("skipped"): pytest.skip("not today")
            with subtests.test("xfailed"): pytest.xfail("known bug")
            with subtests.test("fine"): pass
        """
    )
    outcome = project.run(plugins=PLUGINS)
    # junitxml shows a test as skipped when one of its subtests was.
    outcome.check(junit=False)
    (job,) = outcome.jobs

    assert (job["status"], tags(job)["test.result"]) == ("success", "pass")
    skipped = tags(outcome.step(job, "[skipped]"))
    assert (skipped["step.outcome"], skipped["reason"]) == ("skipped", "not today")
    xfailed = tags(outcome.step(job, "[xfailed]"))
    assert (xfailed["step.outcome"], xfailed["reason"]) == ("xfailed", "known bug")
    assert metrics(outcome.pipeline)["tests.passed"] == 1


def test_a_test_that_skips_after_a_failed_subtest_has_failed(project: Project) -> None:
    project.write(
        test_it="""
        import pytest

        def test_gives_up(subtests):
            with subtests.test("a"): assert 0, "within"
            pytest.skip("the rest")
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    (job,) = outcome.jobs

    assert (job["status"], tags(job)["test.result"]) == ("error", "fail")
    assert job["error"]["message"].startswith("within")
    assert outcome.exit_status == 1


@pytests_own
@pytest.mark.parametrize(
    "args", [pytest.param((), id="terminal"), pytest.param(("-p", "no:terminal"), id="none")]
)
def test_a_failed_subtest_fails_its_test_with_and_without_a_terminal(
    project: Project, args: tuple[str, ...]
) -> None:
    project.write(
        test_it="""
        def test_bad(subtests):
            with subtests.test("a"): assert 0, "within"
        def test_good(subtests):
            with subtests.test("a"): pass
        """
    )
    outcome = project.run(*args, plugins=PLUGINS)
    outcome.check()

    assert outcome.statuses() == {
        ("test_it.py::test_bad", "error"): 1,
        ("test_it.py::test_good", "success"): 1,
    }
    assert outcome.job("test_bad")["error"]["message"].startswith("within")
    assert outcome.pipeline["status"] == "error"


def test_subtests_lie_within_the_call_in_order(project: Project) -> None:
    project.write(
        test_it="""
        def test_many(subtests):
            for i in range(3):
                with subtests.test(i=i): assert i != 1
        """
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    (job,) = outcome.jobs
    call = outcome.step(job, "call")
    parts = [outcome.step(job, f"(i={i})") for i in range(3)]

    moments = [moment for part in parts for moment in (part["start"], part["end"])]
    assert moments == sorted(moments)
    assert call["start"] <= moments[0]
    assert moments[-1] <= call["end"]


@pytests_own
def test_a_rerun_leaves_no_failed_subtest_behind(project: Project) -> None:
    project.write(
        test_it="""
        runs = []

        def test_second_time(subtests):
            runs.append(1)
            for i in range(2):
                with subtests.test("part", i=i): assert i == 0 or len(runs) == 2
        """
    )
    outcome = project.run("--reruns=2", plugins=("rerunfailures", *PLUGINS))
    # junitxml keeps the failed subtest of the first attempt.
    outcome.check(junit=False)
    first, second = outcome.attempts("test_second_time")

    assert subtests_of(outcome, first) == [("[part] (i=0)", "success"), ("[part] (i=1)", "error")]
    assert subtests_of(outcome, second) == [
        ("[part] (i=0)", "success"),
        ("[part] (i=1)", "success"),
    ]
    assert (first["status"], tags(first)["test.final"]) == ("error", "false")
    assert (second["status"], tags(second)["test.flaky"]) == ("success", "true")
    assert metrics(outcome.pipeline)["tests.failed"] == 0
    assert outcome.pipeline["status"] == "success"


@pytest.mark.parametrize("conftest", ["", "def pytest_runtest_protocol(item): pass"])
def test_a_subtest_has_its_own_length_and_its_call_all_of_it(
    project: Project, conftest: str
) -> None:
    project.write(
        test_it="""
        import time
        def test_it(subtests):
            for number in range(3):
                with subtests.test(str(number)): time.sleep(0.1)
            time.sleep(0.2)
        """,
        conftest=conftest,
    )
    outcome = project.run(plugins=PLUGINS)
    outcome.check()
    (job,) = outcome.jobs
    lengths = {
        step["name"]: (parse_rfc3339(step["end"]) - parse_rfc3339(step["start"])) / 1e9
        for step in outcome.steps_of(job)
    }
    assert 0.5 <= lengths["call"] < 0.7
    assert all(0.1 <= lengths[f"[{number}]"] < 0.2 for number in range(3))


@pytests_own
@pytest.mark.parametrize("conftest", ["", "def pytest_runtest_protocol(item): pass"])
def test_a_subtest_that_nobody_measured_is_a_moment(project: Project, conftest: str) -> None:
    project.write(
        test_it="""
        import time, unittest
        class TestIt(unittest.TestCase):
            def test_it(self):
                time.sleep(0.2)
                for number in range(2):
                    with self.subTest(str(number)): pass
        """,
        conftest=conftest,
    )
    outcome = project.run()
    outcome.check()
    (job,) = outcome.jobs
    steps = {step["name"]: step for step in outcome.steps_of(job)}
    call, *subtests = (steps[name] for name in ("call", "[0]", "[1]"))
    start, end = (parse_rfc3339(call[edge]) for edge in ("start", "end"))
    for subtest in subtests:
        assert subtest["start"] == subtest["end"]
        # Before Python 3.11 unittest tells of them when the test is over.
        assert start + 150_000_000 < parse_rfc3339(subtest["start"]) <= end
