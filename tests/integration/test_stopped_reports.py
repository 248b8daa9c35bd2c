"""What is said and kept once an error of ours has stopped the report, and what goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.termination import EXIT_STATUS
from tests.breaking import BREAKER, SUITE
from tests.intake_server import Fault, IntakeServer

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = [pytest.mark.autoload, pytest.mark.not_about_xdist]

FEED = {"BREAK": "pytest_ddci.session:ReportedSession.feed"}
SLOW = """
    import time
    def test_before(): pass
    def test_slow(): time.sleep(60)
"""


def test_the_traceback_is_kept_in_a_file_that_the_line_names(plain: Project) -> None:
    plain.write(test_a=SUITE, conftest=BREAKER)
    outcome = plain.run(env=FEED)
    line = outcome.said("reporting stopped")
    name = line.rpartition("(traceback in ")[2].rstrip(")")
    assert name.startswith(".ddci/error-")
    kept = (plain.directory / name).read_text()
    assert "Traceback (most recent call last)" in kept
    assert "RuntimeError: injected into feed" in kept
    assert (plain.directory / name).stat().st_mode & 0o777 == 0o600


def test_not_even_the_last_words_can_fail(project: Project) -> None:
    project.write(test_a="def test_a(): assert 0", conftest=BREAKER)
    targets = f"{FEED['BREAK']} pytest_ddci.terminal:Terminal.show_error"
    outcome = project.run(env={"BREAK": targets})
    assert outcome.exit_status == 1
    assert "injected" not in outcome.stdout + outcome.stderr


def test_an_error_without_words_is_still_one_line(plain: Project) -> None:
    plain.write(
        test_a="def test_a(): pass",
        conftest="""
            from pytest_ddci.session import ReportedSession
            class Mute(Exception):
                def __str__(self): raise RuntimeError("no words")
                __repr__ = __str__
            def feed(self, fact): raise Mute
            ReportedSession.feed = feed
        """,
    )
    outcome = plain.run()
    assert outcome.exit_status == 0
    assert outcome.said("reporting stopped: Mute: ")


def test_what_had_been_recorded_is_delivered_afterwards(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest=BREAKER.rstrip()
        + """

    def pytest_runtest_setup(item):
        if item.name == "test_teardown":
            break_("pytest_ddci.session:ReportedSession.feed")
""",
    )
    outcome = plain.run()
    assert outcome.said("reporting stopped")
    with IntakeServer() as server:
        assert plain.ddci("send", server=server).returncode == 0
        jobs = {job["name"].partition("::")[2]: job["status"] for job in server.of_level("job")}
    assert jobs == {
        "test_pass": "success",
        "test_fail": "error",
        "test_skip": "skipped",
        "test_teardown": "canceled",
    }


def test_a_stopped_report_fails_the_run_where_that_is_asked_for(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass", conftest=BREAKER)
    assert plain.run("--ddci-on-failure=fail", env=FEED).exit_status == 1
    assert plain.run("--ddci-on-failure=warn", env=FEED).exit_status == 0


def test_an_error_inside_delivery_keeps_the_events(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass", conftest=BREAKER)
    with IntakeServer([Fault(status=500)]) as server:
        outcome = plain.run(server=server, env={"BREAK": "pytest_ddci.outbound:Outbound.deliver"})
        assert outcome.exit_status == 0
        assert outcome.said("reporting stopped: RuntimeError")
        done = plain.ddci("send", server=server)
    assert done.returncode == 0
    assert "6 of 6 events delivered" in done.stdout


def test_an_error_after_the_delivery_leaves_the_books_of_it(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a="def test_a(): pass", conftest=BREAKER)
    outcome = plain.run(server=server, env={"BREAK": "pytest_ddci.terminal:Terminal.show"})
    assert outcome.exit_status == 0
    assert outcome.said("reporting stopped: RuntimeError")
    last = json.loads((plain.directory / ".ddci" / "last.json").read_text())
    assert (last["emitted"], last["delivered"], last["kept"]) == (6, 6, 0)
    assert last["stopped"] is None
    assert len(server.of_level("pipeline")) == 1


@pytest.mark.parametrize(
    "target",
    ["Termination._prepare", "Termination._set_timer", "Reporter._before_others"],
)
def test_an_error_while_the_run_is_terminated_does_not_keep_it_alive(
    plain: Project, target: str
) -> None:
    plain.write(test_a=SLOW, conftest=BREAKER)
    module = target.partition(".")[0].lower()
    process = plain.start(env={"BREAK": f"pytest_ddci.{module}:{target}"})
    plain.wait_for_journal(process, b"::test_slow")
    outcome = plain.terminate(process)
    assert outcome.exit_status == (2 if target.endswith("_prepare") else EXIT_STATUS)
    assert outcome.said("reporting stopped: RuntimeError: injected into")
    assert "Traceback" not in outcome.stdout + outcome.stderr


@pytest.mark.skipif(
    pytest.version_tuple < (9,), reason="options meet only after all have been registered"
)
@pytest.mark.parametrize("flag", ["--ddci", ""], ids=["on", "off"])
def test_an_option_that_another_plugin_has_already_stops_us_and_not_the_run(
    project: Project, flag: str
) -> None:
    project.write(
        theirs='def pytest_addoption(parser): parser.addoption("--ddci-dir")',
        test_a="def test_a(pytestconfig): assert pytestconfig.option.ddci_dir == 'theirs'",
    )
    outcome = project.run("-p", "theirs", "--ddci-dir=theirs", flag=flag)
    assert outcome.exit_status == 0
    [line] = outcome.summary
    assert line.startswith("reporting stopped: ArgumentError: argument --ddci-dir: conflicting")
