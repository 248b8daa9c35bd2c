"""Every outcome pytest knows, as the events say it, in one process and on two workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

SUITE = """
    import pytest, unittest

    @pytest.fixture
    def broken_setup():
        raise OSError("no database")

    @pytest.fixture
    def broken_teardown():
        yield
        raise OSError("no cleanup")

    @pytest.fixture
    def skipping():
        pytest.skip("from a fixture")

    def test_pass(): pass
    def test_fail(): assert 1 == 2
    def test_setup_error(broken_setup): pass
    def test_teardown_error(broken_teardown): pass
    def test_both(broken_teardown): assert 3 == 4
    @pytest.mark.skip(reason="marked")
    def test_skip_mark(): pass
    def test_skip_body(): pytest.skip("in the body")
    def test_skip_fixture(skipping): pass
    @pytest.mark.xfail(reason="known bug")
    def test_xfail(): assert 0
    @pytest.mark.xfail(run=False, reason="not even tried")
    def test_xfail_norun(): assert 0
    @pytest.mark.xfail
    def test_xpass(): pass
    @pytest.mark.xfail(strict=True, reason="must fail")
    def test_xpass_strict(): pass
    class TestGroup(unittest.TestCase):
        def test_method(self): pass
        @unittest.skip("unittest says so")
        def test_skipped(self): pass
"""

EXPECTED = {
    "test_pass": ("success", "pass"),
    "test_fail": ("error", "fail"),
    "test_setup_error": ("error", "fail"),
    "test_teardown_error": ("error", "fail"),
    "test_both": ("error", "fail"),
    "test_skip_mark": ("skipped", "skip"),
    "test_skip_body": ("skipped", "skip"),
    "test_skip_fixture": ("skipped", "skip"),
    "test_xfail": ("success", "xfail"),
    "test_xfail_norun": ("success", "xfail"),
    "test_xpass": ("success", "xpass"),
    "test_xpass_strict": ("error", "fail"),
    "TestGroup::test_method": ("success", "pass"),
    "TestGroup::test_skipped": ("skipped", "skip"),
}


def test_every_outcome_is_one_job_with_its_status(project: Project, server: IntakeServer) -> None:
    project.write(test_all=SUITE)
    outcome = project.run(server=server)
    outcome.check()
    found = {
        job["name"].removeprefix("test_all.py::"): (job["status"], tags(job)["test.result"])
        for job in outcome.jobs
    }
    assert found == EXPECTED
    assert outcome.pipeline["status"] == "error"
    assert outcome.stages["test_all.py"]["status"] == "error"
    assert outcome.exit_status == 1
    assert metrics(outcome.pipeline)["tests.errors"] == 2
    assert metrics(outcome.pipeline)["tests.failed"] == 3
