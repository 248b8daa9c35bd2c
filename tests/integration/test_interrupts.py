"""Ctrl-C: what ran is told, what was running is canceled, and all of it is delivered at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.intake_server import IntakeServer
    from tests.outcome import Outcome

# Every worker says when its own waiting test is running.
WAITING = """
    import os, pathlib, time

    def test_before(): pass
    def test_wait():
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
        pathlib.Path(__file__).with_name(f"waiting-{worker}").touch()
        time.sleep(60)
    def test_after(): pass
"""
# The process that reports says what it knows already.
TOLD = """
    import os, pathlib, pytest

    def tell(what, nodeid):
        if "PYTEST_XDIST_WORKER" not in os.environ:
            module, _, name = nodeid.partition(".py::")
            pathlib.Path(__file__).with_name(f"{what}-{module}-{name}").touch()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(nodeid):
        tell("begun", nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(report):
        if report.when == "setup":
            tell("told", report.nodeid)
"""
PATIENCE = 30
# From Ctrl-C to the end of the process: workers are given up to 10 seconds by xdist itself.
BOUND = 25


def wait_for(directory: Path, *names: str) -> None:
    limit = time.monotonic() + PATIENCE
    while missing := [name for name in names if not (directory / name).exists()]:
        assert time.monotonic() < limit, missing
        time.sleep(0.02)


def interrupted(project: Project, server: IntakeServer | None = None) -> Outcome:
    """Press Ctrl-C as soon as every worker is in the middle of a test."""
    project.write(conftest=TOLD, test_first=WAITING, test_second=WAITING)
    process = project.start("--dist=loadfile" if project.distribution else "-v", server=server)
    wait_for(project.directory, "waiting-gw0", "told-test_first-test_wait")
    if project.distribution:
        wait_for(project.directory, "waiting-gw1", "told-test_second-test_wait")
    pressed = time.monotonic()
    outcome = project.interrupt(process)
    assert time.monotonic() - pressed < BOUND
    # junitxml has no test that did not end.
    outcome.check(junit=False)
    return outcome


def test_the_test_in_flight_is_canceled_and_the_rest_is_not_run(project: Project) -> None:
    outcome = interrupted(project)
    assert outcome.exit_status == 2
    assert outcome.statuses() == {
        (f"{module}.py::{test}", status): 1
        for module in (("test_first", "test_second") if project.distribution else ("test_first",))
        for test, status in (("test_before", "success"), ("test_wait", "canceled"))
    }
    counts = metrics(outcome.pipeline)
    assert counts["tests.collected"] == 6
    assert counts["tests.canceled"] == (2 if project.distribution else 1)
    assert counts["tests.not_run"] == 6 - len(outcome.jobs)


def test_a_canceled_test_says_why_and_has_no_result(project: Project) -> None:
    outcome = interrupted(project)
    job = outcome.job("test_first.py::test_wait")
    assert job["error"]["type"] == "Interrupted"
    assert job["error"]["domain"] == "provider"
    assert "test.result" not in tags(job)
    assert tags(job)["test.final"] == "true"
    assert [step["name"] for step in outcome.steps_of(job)] == ["setup"]


def test_the_pipeline_is_canceled_and_delivered(project: Project, server: IntakeServer) -> None:
    outcome = interrupted(project, server)
    assert outcome.pipeline["status"] == "canceled"
    assert outcome.pipeline["error"]["type"] == "Interrupted"
    assert "did not run" in outcome.pipeline["error"]["message"]
    assert {stage["status"] for stage in outcome.of("stage")} == {"canceled"}
    total = len(outcome.resources)
    assert outcome.said(f"delivered: {total} of {total} ")
    assert [path.name.endswith(".delivered.jsonl") for path in outcome.journals] == [True]


def test_failures_before_ctrl_c_do_not_make_it_less_canceled(plain: Project) -> None:
    plain.write(test_first="def test_fail(): assert 0", test_second=WAITING)
    process = plain.start()
    wait_for(plain.directory, "waiting-gw0")
    outcome = plain.interrupt(process)
    outcome.check(junit=False)
    assert outcome.pipeline["status"] == "canceled"
    assert outcome.stages["test_first.py"]["status"] == "error"
    assert outcome.stages["test_second.py"]["status"] == "canceled"


def test_ctrl_c_during_collection_is_a_canceled_pipeline_without_tests(plain: Project) -> None:
    plain.write(
        test_suite="""
        import pathlib, time
        pathlib.Path(__file__).with_name("waiting-gw0").touch()
        time.sleep(60)
        """
    )
    process = plain.start()
    wait_for(plain.directory, "waiting-gw0")
    outcome = plain.interrupt(process)
    outcome.check(junit=False)
    assert outcome.exit_status == 2
    assert outcome.pipeline["status"] == "canceled"
    assert outcome.jobs == []


@pytest.mark.parametrize("where", ["setup", "teardown"])
def test_ctrl_c_in_a_fixture_cancels_its_test(project: Project, where: str) -> None:
    before, after = ("wait()", "") if where == "setup" else ("", "wait()")
    project.write(
        conftest=TOLD,
        test_suite=f"""
        import os, pathlib, time, pytest

        def wait():
            pathlib.Path(__file__).with_name("waiting").touch()
            time.sleep(60)

        @pytest.fixture
        def slow():
            {before}
            yield
            {after}

        def test_slow(slow): pass
        """,
    )
    process = project.start()
    wait_for(project.directory, "waiting", "begun-test_suite-test_slow")
    outcome = project.interrupt(process)
    outcome.check(junit=False)
    (job,) = outcome.jobs
    assert job["status"] == "canceled"
    assert outcome.pipeline["status"] == "canceled"


def test_a_keyboard_interrupt_that_a_test_raises_is_ctrl_c(project: Project) -> None:
    project.write(
        test_suite="""
        def test_before(): pass
        def test_raises(): raise KeyboardInterrupt
        """
    )
    bare = project.run(flag="")
    outcome = project.run()
    outcome.check(junit=False)
    assert outcome.exit_status == bare.exit_status == 2
    assert outcome.job("test_raises")["status"] == "canceled"
    assert outcome.job("test_before")["status"] == "success"
    assert outcome.pipeline["status"] == "canceled"
    assert outcome.pipeline["error"]["type"] == "Interrupted"


def test_ctrl_c_of_one_worker_alone_ends_the_session_as_ctrl_c(tmp_path: Path) -> None:
    project = Project(tmp_path, ("-n2",))
    project.write(
        test_suite="""
        import os, pathlib, signal
        def test_before(): pass
        def test_raises(): os.kill(os.getpid(), signal.SIGINT); signal.pause()
        """
    )
    outcome = project.run()
    outcome.check(junit=False)
    assert outcome.exit_status == 2
    assert outcome.job("test_raises")["status"] == "canceled"
    assert outcome.pipeline["status"] == "canceled"
