"""However a session is made to end, it is reported once, whole, and with its own exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.intake_server import IntakeServer
    from tests.outcome import Outcome

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    def test_before(): pass
    def test_fails(): assert 1 == 2
"""
RAISING = """
    import os, pytest

    @pytest.hookimpl({order})
    def {hook}():
        if "PYTEST_XDIST_WORKER" not in os.environ:
            raise {error}
"""
OS_ERROR, SYSTEM_EXIT, CTRL_C = "OSError('theirs')", "SystemExit(9)", "KeyboardInterrupt"
ENDINGS = {
    "first of all": ("pytest_sessionfinish", OS_ERROR, "tryfirst=True"),
    "among others": ("pytest_sessionfinish", OS_ERROR, ""),
    "last of all": ("pytest_sessionfinish", OS_ERROR, "trylast=True"),
    "exit": ("pytest_sessionfinish", SYSTEM_EXIT, ""),
    "interrupt": ("pytest_sessionfinish", CTRL_C, ""),
    "in the summary": ("pytest_terminal_summary", OS_ERROR, ""),
    "exit in the summary": ("pytest_terminal_summary", SYSTEM_EXIT, ""),
    "after it": ("pytest_unconfigure", OS_ERROR, ""),
    "interrupt after it": ("pytest_unconfigure", CTRL_C, ""),
}


def sent_once(outcome: Outcome, server: IntakeServer) -> None:
    """Every event of the journal has arrived, and arrived once."""
    for level in ("job", "step", "stage", "pipeline"):
        assert server.of_level(level) == outcome.of(level)
    last = json.loads((outcome.directory / ".ddci" / "last.json").read_text())
    assert last["delivered"] == last["emitted"] == len(outcome.resources)
    assert last["stopped"] is None


@pytest.mark.parametrize(("hook", "error", "order"), ENDINGS.values(), ids=ENDINGS)
def test_another_plugin_that_raises_at_the_end_costs_nothing(
    hook: str, error: str, order: str, plain: Project, server: IntakeServer
) -> None:
    check_raising(plain, server, hook, error, order)


def test_nor_does_one_beside_workers(tmp_path: Path, server: IntakeServer) -> None:
    check_raising(Project(tmp_path, ("-n2",)), server, "pytest_sessionfinish", CTRL_C)


def check_raising(
    project: Project, server: IntakeServer, hook: str, error: str, order: str = ""
) -> None:
    project.write(conftest=RAISING.format(order=order, hook=hook, error=error), test_a=SUITE)
    bare = project.run(flag="")
    outcome = project.run(server=server)
    # Who raises first keeps pytest from writing its junitxml.
    outcome.check(junit=order != "tryfirst=True")
    assert outcome.exit_status == bare.exit_status != 0
    assert len(outcome.jobs) == 2
    sent_once(outcome, server)
    canceled = error == CTRL_C and hook == "pytest_sessionfinish"
    assert outcome.pipeline["status"] == ("canceled" if canceled else "error")


def test_pytest_exit_keeps_its_status_and_reason(project: Project, server: IntakeServer) -> None:
    project.write(
        test_a="""
        import pytest
        def test_before(): pass
        def test_leaves(): pytest.exit("enough", returncode=77)
        def test_never(): pass
        """
    )
    bare = project.run(flag="")
    outcome = project.run(server=server)
    outcome.check(junit=False)
    assert outcome.exit_status == bare.exit_status
    sent_once(outcome, server)
    assert outcome.pipeline["status"] == "error"
    if not project.distribution:  # beside workers, xdist makes an internal error of it
        assert outcome.exit_status == 77
        assert tags(outcome.pipeline)["pytest.exit_status"] == "77"
        assert "enough" in outcome.pipeline["error"]["message"]


def test_pytest_exit_as_the_session_begins_is_told_too(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        conftest="""
            import pytest
            def pytest_collection(): pytest.exit("no database", returncode=5)
        """,
        test_a=SUITE,
    )
    bare = plain.run(flag="")
    outcome = plain.run(server=server)
    outcome.check(junit=False)
    assert outcome.exit_status == bare.exit_status == 5
    sent_once(outcome, server)
    assert outcome.jobs == []


def test_a_timeout_by_signal_fails_its_test_alone(project: Project, server: IntakeServer) -> None:
    project.write(
        test_a="""
        import pytest, time
        @pytest.mark.timeout(0.3, method="signal")
        def test_slow(): time.sleep(60)
        def test_after(): pass
        """
    )
    outcome = project.run(server=server, plugins=("timeout",))
    outcome.check()
    assert outcome.exit_status == 1
    sent_once(outcome, server)
    assert outcome.job("test_slow")["error"]["message"].startswith("Timeout (>0.3s)")
    assert outcome.job("test_after")["status"] == "success"


def test_a_timeout_of_the_session_counts_what_did_not_run(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a="""
        import time
        def test_slow(): time.sleep(0.5)
        def test_never(): pass
        """
    )
    bare = plain.run("--session-timeout=0.2", flag="", plugins=("timeout",))
    outcome = plain.run("--session-timeout=0.2", server=server, plugins=("timeout",))
    outcome.check()
    assert outcome.exit_status == bare.exit_status
    sent_once(outcome, server)
    assert [job["name"] for job in outcome.jobs] == ["test_a.py::test_slow"]
    assert "session-timeout" in outcome.pipeline["error"]["message"]


@pytest.mark.parametrize("how", ["sys.stdout.close()", "os.close(1)"], ids=["file", "descriptor"])
def test_a_terminal_that_a_test_has_closed_costs_no_event(
    how: str, plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a=f"""
        import os, sys
        def test_closes(): {how}
        """
    )
    bare = plain.run("-s", flag="")
    outcome = plain.run("-s", server=server)
    # What pytest itself does then is its own affair; it is the same.
    outcome.check(junit=False, counts=False)
    assert outcome.exit_status == bare.exit_status
    sent_once(outcome, server)
