"""SIGTERM, as CI sends it: the report is out before the process has to be gone."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.termination import GRACE
from tests.intake_server import Fault, IntakeServer
from tests.outcome import tags

if TYPE_CHECKING:
    import subprocess

    from tests.project import Project

STATUS = 143
SUITE = """
    import time
    def test_before(): pass
    def test_slow(): time.sleep(60)
    def test_after(): pass
"""
IN_THE_MIDDLE = (b'"level":"job"', b"::test_slow")
# xdist gives its workers up to 10 seconds to end.
BOUND = 25


def started(project: Project, server: IntakeServer | None = None) -> subprocess.Popen[bytes]:
    """A run in the middle of its slow test."""
    process = project.start(server=server)
    project.wait_for_journal(process, *IN_THE_MIDDLE)
    return process


@pytest.mark.parametrize("group", [True, False], ids=["group", "process"])
def test_a_terminated_run_is_canceled_and_delivered(
    project: Project, server: IntakeServer, *, group: bool
) -> None:
    project.write(test_a=SUITE)
    process = started(project, server)
    asked = time.monotonic()
    outcome = project.terminate(process, group=group)
    assert time.monotonic() - asked < BOUND
    assert outcome.exit_status == STATUS
    # junitxml has no test that did not end; who crashed under xdist is a matter of time.
    outcome.check(junit=False, counts=not project.distribution)
    assert outcome.said(f"delivered: {len(outcome.resources)} of {len(outcome.resources)} ")
    # Delivered as soon as the signal came, and not once more at the session's end.
    assert server.of_level("pipeline") == [outcome.pipeline]
    assert server.of_level("job") == outcome.jobs
    assert outcome.pipeline["status"] == "canceled"
    assert outcome.pipeline["error"]["message"].startswith("SIGTERM")
    assert tags(outcome.pipeline)["pytest.exit_status"] == str(STATUS)
    assert outcome.job("test_before")["status"] == "success"
    if not project.distribution:
        assert outcome.job("test_slow")["status"] == "canceled"
        assert len(outcome.jobs) == 2


def test_the_journal_is_complete_before_anything_is_torn_down(
    project: Project, server: IntakeServer
) -> None:
    project.write(
        conftest="""
            import pytest, time
            @pytest.fixture(scope="session", autouse=True)
            def slow_to_stop():
                yield
                time.sleep(60)
        """,
        test_a=SUITE,
    )
    process = started(project, server)
    os.kill(process.pid, signal.SIGTERM)
    limit = time.monotonic() + 10
    while not server.of_level("pipeline"):
        assert time.monotonic() < limit, "delivered while the fixture is still stopping"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    [pipeline] = server.of_level("pipeline")
    assert pipeline["status"] == "canceled"


def test_a_test_that_swallows_the_exception_is_the_last_one(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a="""
        import pathlib, time
        def test_before(): pass
        def test_slow():
            try:
                time.sleep(60)
            except BaseException:
                journal, = pathlib.Path(".ddci").glob("run-*.jsonl")
                pathlib.Path("seen").write_bytes(journal.read_bytes())
        def test_after(): pass
        """
    )
    outcome = plain.terminate(started(plain, server))
    outcome.check(junit=False)
    assert outcome.exit_status == STATUS
    assert {job["name"].rpartition("::")[2] for job in outcome.jobs} == {"test_before", "test_slow"}
    assert b'"level":"pipeline"' in (plain.directory / "seen").read_bytes()


def test_a_second_one_ends_the_process_at_once(plain: Project) -> None:
    plain.write(
        test_a="""
        import pathlib, time
        def test_before(): pass
        def test_slow():
            while True:
                try:
                    time.sleep(60)
                except BaseException:
                    pathlib.Path("swallowed").touch()
        """
    )
    process = started(plain)
    os.kill(process.pid, signal.SIGTERM)
    limit = time.monotonic() + 30
    while not (plain.directory / "swallowed").exists():
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert plain.terminate(process).exit_status == -signal.SIGTERM


def test_a_delivery_under_way_is_cut_short(plain: Project) -> None:
    plain.write(test_a="def test(): pass")
    with IntakeServer([Fault("hang")] * 20) as server:
        process = plain.start("--no-ddci-running", server=server)
        limit = time.monotonic() + 60
        while not server.seen:
            assert time.monotonic() < limit
            time.sleep(0.02)
        asked = time.monotonic()
        outcome = plain.terminate(process)
        assert time.monotonic() - asked < GRACE + 5
    assert outcome.exit_status == STATUS
    outcome.check()
    assert outcome.said("kept: ")
    assert outcome.pipeline["status"] == "success", "all tests had run"


def test_a_handler_of_the_user_s_stays(plain: Project) -> None:
    plain.write(
        conftest="""
            import signal, sys
            def theirs(*_):
                print("theirs")
                sys.exit(7)
            signal.signal(signal.SIGTERM, theirs)
            def pytest_unconfigure():
                assert signal.getsignal(signal.SIGTERM) is theirs
        """,
        test_a=SUITE.replace("60", "2"),
    )
    outcome = plain.terminate(started(plain))
    outcome.check()
    assert outcome.exit_status == 1, "SystemExit fails the test"
    assert outcome.job("test_slow")["error"]["type"] == "SystemExit"


@pytest.mark.parametrize("option", ["--ddci", "--override-ini=ddci_sigterm=false"])
def test_the_handler_is_there_only_while_the_session_runs(plain: Project, option: str) -> None:
    plain.write(
        conftest="""
            import pytest, signal
            def tell(when):
                print(f"{when}={signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL}")
            def pytest_configure(config):
                tell("before")
                config.add_cleanup(lambda: tell("after"))
        """,
        test_a="""
            import signal, conftest
            def test(): conftest.tell("during")
        """,
    )
    outcome = plain.run("-s", option)
    outcome.check()
    expected = option == "--ddci"
    assert "before=False" in outcome.stdout
    assert f"during={expected}" in outcome.stdout
    assert "after=False" in outcome.stdout


def test_who_opts_out_is_killed_as_ever(plain: Project) -> None:
    plain.file("pytest.ini", "[pytest]\nddci_sigterm = false\n")
    plain.write(test_a=SUITE)
    outcome = plain.terminate(started(plain))
    assert outcome.exit_status == -signal.SIGTERM
    assert outcome.of("pipeline") == []


def test_a_thread_that_runs_pytest_handles_no_signals(plain: Project) -> None:
    plain.write(test_a="import signal\ndef test(): assert signal.getsignal(15) is signal.SIG_DFL")
    plain.file(
        "runner.py",
        """
        import pytest, sys, threading
        statuses = []
        runner = threading.Thread(target=lambda: statuses.append(pytest.main(["--ddci"])))
        runner.start()
        runner.join()
        sys.exit(statuses[0])
        """,
    )
    done = plain.python("runner.py")
    assert done.returncode == 0, done.stdout
    assert "ddci: events: 1 pipeline, 1 stage, 1 job, 3 steps" in done.stdout
    assert "reporting stopped" not in done.stdout


def test_children_that_tests_fork_die_of_it_as_ever(plain: Project) -> None:
    plain.write(
        test_a="""
        import multiprocessing, os, signal, threading, time, pytest
        CONTEXT = multiprocessing.get_context("fork")

        def terminate():
            child = CONTEXT.Process(target=time.sleep, args=(60,))
            child.start()
            child.terminate()  # often before the child has run a line
            child.join()
            return child.exitcode

        @pytest.mark.parametrize("n", range(20))
        def test_terminate(n):
            assert terminate() == -signal.SIGTERM

        def test_from_a_thread():
            codes = []
            thread = threading.Thread(target=lambda: codes.append(terminate()))
            thread.start()
            thread.join()
            assert codes == [-signal.SIGTERM]

        def test_the_parent_is_as_before():
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
            assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        """
    )
    outcome = plain.run("-W", "ignore")
    outcome.check()
    assert outcome.exit_status == 0, outcome.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the name of fork in the C library")
def test_a_child_that_was_forked_past_python_dies_of_it_too(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a="""
        import ctypes, os, signal, time

        def test_terminate():
            child = ctypes.PyDLL(None).fork()
            if child == 0:
                try:
                    time.sleep(60)
                finally:
                    os._exit(7)
            os.kill(child, signal.SIGTERM)
            _, status = os.waitpid(child, 0)
            assert os.WIFSIGNALED(status)
            assert os.WTERMSIG(status) == signal.SIGTERM
        """
    )
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0, outcome.stdout
    assert outcome.pipeline["status"] == "success"
    assert server.of_level("pipeline") == [outcome.pipeline]
