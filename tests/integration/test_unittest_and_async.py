"""unittest and asyncio tests are reported as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.outcome import Outcome
    from tests.project import Project

ASYNCIO = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


def results(outcome: Outcome) -> dict[str, str]:
    """Result by name, without the module."""
    return {job["name"].partition("::")[2]: tags(job)["test.result"] for job in outcome.jobs}


def test_the_outcomes_of_unittest(project: Project) -> None:
    project.write(
        test_it="""
        import unittest

        class TestKinds(unittest.TestCase):
            def test_passes(self): self.assertEqual(1, 1)
            def test_fails(self): self.assertEqual(1, 2)
            def test_raises_skip(self): raise unittest.SkipTest("raised")
            def test_calls_skip(self): self.skipTest("called")
            @unittest.skip("decorated")
            def test_decorated(self): pass
            @unittest.expectedFailure
            def test_expected(self): self.fail()
            @unittest.expectedFailure
            def test_unexpected(self): pass
            def test_cleanup(self): self.addCleanup(self.fail, "in cleanup")
        """
    )
    outcome = project.run()
    outcome.check()

    assert results(outcome) == {
        "TestKinds::test_passes": "pass",
        "TestKinds::test_fails": "fail",
        "TestKinds::test_raises_skip": "skip",
        "TestKinds::test_calls_skip": "skip",
        "TestKinds::test_decorated": "skip",
        "TestKinds::test_expected": "xfail",
        "TestKinds::test_unexpected": "fail",
        "TestKinds::test_cleanup": "fail",
    }
    reasons = {
        name: tags(outcome.job(name))["test.skip_reason"]
        for name in ("test_raises_skip", "test_calls_skip", "test_decorated")
    }
    assert list(reasons.values()) == ["raised", "called", "decorated"]
    assert outcome.job("test_fails")["error"]["message"] == "1 != 2"
    assert outcome.job("test_cleanup")["error"]["message"] == "in cleanup"
    assert {tags(job)["test.class"] for job in outcome.jobs} == {"TestKinds"}


def test_a_class_that_cannot_be_set_up_fails_each_of_its_tests(project: Project) -> None:
    project.write(
        test_it="""
        import unittest

        class TestBroken(unittest.TestCase):
            @classmethod
            def setUpClass(cls): raise OSError("no class")
            def test_a(self): pass
            def test_b(self): pass
        """
    )
    outcome = project.run()
    outcome.check()

    assert results(outcome) == {"TestBroken::test_a": "fail", "TestBroken::test_b": "fail"}
    for job in outcome.jobs:
        assert (job["error"]["type"], job["error"]["message"]) == ("OSError", "no class")
        assert outcome.step(job, "setup")["status"] == "error"
    assert metrics(outcome.pipeline)["tests.errors"] == 2


def test_a_class_that_skips_itself_skips_its_tests(project: Project) -> None:
    project.write(
        test_it="""
        import unittest

        class TestSkipped(unittest.TestCase):
            @classmethod
            def setUpClass(cls): raise unittest.SkipTest("whole class")
            def test_a(self): pass
        """
    )
    outcome = project.run()
    outcome.check()
    (job,) = outcome.jobs

    assert (job["status"], tags(job)["test.skip_reason"]) == ("skipped", "whole class")
    assert outcome.pipeline["status"] == "success"
    assert outcome.stages["test_it.py"]["status"] == "skipped"


def test_a_class_that_cannot_be_torn_down_fails_the_last_of_its_tests(plain: Project) -> None:
    plain.write(
        test_it="""
        import unittest

        class TestStays(unittest.TestCase):
            @classmethod
            def tearDownClass(cls): raise OSError("no end")
            def test_a(self): pass
            def test_b(self): pass
        """
    )
    outcome = plain.run()
    outcome.check()

    assert results(outcome) == {"TestStays::test_a": "pass", "TestStays::test_b": "fail"}
    assert outcome.step(outcome.job("test_b"), "teardown")["error"]["message"] == "no end"


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="pytest 9 reports subTest")
def test_the_subtests_of_unittest_are_steps(project: Project) -> None:
    project.write(
        test_it="""
        import unittest

        class TestParts(unittest.TestCase):
            def test_parts(self):
                for i in range(3):
                    with self.subTest("part", i=i):
                        self.assertNotEqual(i, 1)
        """
    )
    outcome = project.run()
    outcome.check()
    job = outcome.job("test_parts")

    # Python 3.10 reports the failed ones only.
    parts = {
        step["name"]: step["status"]
        for step in outcome.steps_of(job)
        if tags(step).get("step.kind") == "subtest"
    }
    assert parts["[part] (i=1)"] == "error"
    assert {status for name, status in parts.items() if "i=1" not in name} <= {"success"}
    assert (job["status"], job["error"]["message"]) == ("error", "1 == 1")
    assert metrics(outcome.pipeline)["tests.failed"] == 1


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="pytest 9 reports subTest")
def test_a_skipped_subtest_of_unittest_does_not_skip_its_test(project: Project) -> None:
    project.write(
        test_it="""
        import unittest

        class TestParts(unittest.TestCase):
            def test_parts(self):
                for i in range(2):
                    with self.subTest(i=i):
                        if i: self.skipTest("odd")
        """
    )
    outcome = project.run()
    # junitxml shows a test as skipped when one of its subtests was.
    outcome.check(junit=False)
    job = outcome.job("test_parts")

    assert job["status"] == "success"
    part = tags(outcome.step(job, "(i=1)"))
    assert (part["step.outcome"], part["reason"]) == ("skipped", "odd")


def test_asyncio_tests(project: Project) -> None:
    project.file("pytest.ini", ASYNCIO)
    project.write(
        test_it="""
        import asyncio, pytest, pytest_asyncio

        pytestmark = pytest.mark.asyncio

        @pytest_asyncio.fixture
        async def broken(): raise OSError("no loop")

        async def test_passes(): await asyncio.sleep(0)
        async def test_fails():
            await asyncio.sleep(0)
            raise ValueError("awaited")
        async def test_fixture(broken): pass
        """
    )
    outcome = project.run(plugins=("asyncio",))
    outcome.check()

    assert results(outcome) == {"test_passes": "pass", "test_fails": "fail", "test_fixture": "fail"}
    failed = outcome.job("test_fails")["error"]
    assert (failed["type"], failed["message"], failed["domain"]) == (
        "ValueError",
        "awaited",
        "user",
    )
    assert failed["stack"].splitlines()[1].endswith("in test_fails")
    assert outcome.step(outcome.job("test_fixture"), "setup")["error"]["message"] == "no loop"


def test_steps_of_coroutines_are_timed(project: Project) -> None:
    project.file("pytest.ini", ASYNCIO)
    project.write(
        test_it="""
        import asyncio, pytest

        @pytest.mark.asyncio
        async def test_waits(ddci):
            @ddci.step("decorated")
            async def wait(): await asyncio.sleep(0.02)

            await wait()
            with ddci.step("managed"): await asyncio.sleep(0)
        """
    )
    outcome = project.run(plugins=("asyncio",))
    outcome.check()
    (job,) = outcome.jobs

    custom = [step for step in outcome.steps_of(job) if tags(step).get("step.kind") == "custom"]
    assert [step["name"] for step in custom] == ["decorated", "managed"]
    assert custom[0]["start"] < custom[0]["end"] <= custom[1]["start"]
