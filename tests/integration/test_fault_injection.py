"""An error of ours in any hook, one by one: the user's run is what it would be without us."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.last_run import LastRun
from pytest_ddci.reporter import Reporter
from pytest_ddci.worker import Worker
from pytest_ddci.worker_output import WorkerOutput
from pytest_ddci.xdist_reporter import XdistReporter
from tests.intake_server import Fault, IntakeServer
from tests.outcome import junit_results
from tests.project import Project

if TYPE_CHECKING:
    from collections import Counter

SUITE = """
    import pytest
    def test_pass(): pass
    def test_fail(): assert 1 == 2
    @pytest.mark.skip
    def test_skip(): pass
    @pytest.fixture
    def broken():
        yield
        raise OSError
    def test_teardown(broken): pass
    def test_deselected(): pass
"""
INTERRUPT = "def test_interrupt(): raise KeyboardInterrupt"
# Puts an error into a guarded method, behind its guard.
FAULT = """
    import importlib, os

    def break_(target):
        module, _, path = target.partition(":")
        owner = importlib.import_module(module)
        *classes, name = path.split(".")
        for each in classes:
            owner = getattr(owner, each)
        def broken(*args, **kwargs):
            raise RuntimeError(f"injected into {name}")
        method = getattr(owner, name)
        if hasattr(method, "__wrapped__"):
            names = method.__code__.co_freevars
            method.__closure__[names.index("hook")].cell_contents = broken
        else:
            setattr(owner, name, broken)

    break_(os.environ["BREAK"])
"""
TRIVIAL = {
    # They only make a generator, an assignment, or close what suppresses errors itself.
    "Reporter.pytest_sessionfinish",
    "Reporter.pytest_unconfigure",
    "Worker.pytest_make_collect_report",
    "Worker.pytest_runtest_makereport",
    "WorkerOutput.pytest_sessionfinish",
}
INSIDE = [
    "pytest_ddci.reporter:Reporter._finish",
    "pytest_ddci.worker:Worker._finish",
    "pytest_ddci.worker:Worker._stamp_collection",
    "pytest_ddci.place:this_machine",
    "pytest_ddci.session:ReportedSession.start",
    "pytest_ddci.session:ReportedSession.feed",
    "pytest_ddci.session:ReportedSession.finish",
    "pytest_ddci.journal:Journal.append",
    "pytest_ddci.journal:Journal.note",
    "pytest_ddci.encoder:Encoder.job",
    "pytest_ddci.encoder:Encoder.pipeline",
    "pytest_ddci.terminal:Terminal.show",
]


def hooks_of(owner: type[Any]) -> list[str]:
    names = [name for name, _ in inspect.getmembers(owner, callable) if name.startswith("pytest_")]
    return [f"{owner.__name__}.{name}" for name in names]


GUARDED = [
    f"{owner.__module__}:{hook}"
    for owner in (Reporter, Worker, LastRun)
    for hook in hooks_of(owner)
    if hook not in TRIVIAL
]
ONLY_XDIST = [
    f"{owner.__module__}:{hook}"
    for owner in (XdistReporter, WorkerOutput)
    for hook in hooks_of(owner)
    if hook not in TRIVIAL
]
# Under xdist the controller collects nothing, and workers do not know the session.
ELSEWHERE = (".pytest_collection_finish", ".pytest_deselected", ".pytest_collectreport")
RARE = ("pytest_keyboard_interrupt", "pytest_internalerror")
USUAL = [target for target in [*GUARDED, *INSIDE] if not target.endswith(RARE)]


@pytest.fixture(scope="module")
def without_us(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Exit status and results of the suite when the plugin is off."""
    directory = tmp_path_factory.mktemp("without")
    project = Project(directory)
    project.write(test_a=SUITE)
    outcome = project.run("-k", "not deselected", flag="")
    return {"status": outcome.exit_status, "results": junit_results(outcome.junit)}


def run_broken(project: Project, target: str, *args: str) -> tuple[int, Counter[Any], list[str]]:
    project.write(test_a=SUITE, conftest=FAULT)
    outcome = project.run("-k", "not deselected", *args, env={"BREAK": target})
    assert "INTERNALERROR" not in outcome.stdout
    assert "Traceback" not in outcome.stdout + outcome.stderr
    return outcome.exit_status, junit_results(outcome.junit), outcome.summary


@pytest.mark.parametrize("hook", [*map(hooks_of, (Reporter, Worker, LastRun, XdistReporter))])
def test_every_hook_is_tried_or_too_simple_to_fail(hook: list[str]) -> None:
    tried = {target.partition(":")[2] for target in [*GUARDED, *ONLY_XDIST]}
    assert set(hook) <= tried | TRIVIAL
    assert hook


@pytest.mark.parametrize("target", USUAL)
def test_an_error_in_a_hook_changes_nothing_but_our_report(
    target: str, project: Project, without_us: dict[str, object]
) -> None:
    status, results, summary = run_broken(project, target)
    assert status == without_us["status"] == 1
    assert results == without_us["results"]
    said = [line for line in summary if "stopped: RuntimeError: injected into" in line]
    own = [line for line in said if line.startswith("reporting stopped: ")]
    of_workers = [line for line in said if line.startswith("worker gw")]
    assert sorted(said) == sorted([*of_workers, *own])
    assert len(own) <= 1
    assert len(set(of_workers)) <= 2
    if not project.distribution or not target.endswith(ELSEWHERE):
        assert said


@pytest.mark.parametrize("target", [target for target in ONLY_XDIST if not target.endswith(RARE)])
def test_an_error_in_a_hook_of_xdist_changes_nothing_but_our_report(
    target: str, tmp_path_factory: pytest.TempPathFactory, without_us: dict[str, object]
) -> None:
    project = Project(tmp_path_factory.mktemp("broken"), ("-n2",))
    status, results, summary = run_broken(project, target)
    assert (status, results) == (without_us["status"], without_us["results"])
    assert any("stopped: RuntimeError: injected into" in line for line in summary)


@pytest.mark.parametrize(
    "target", [target for target in [*GUARDED, *ONLY_XDIST] if target.endswith(RARE[0])]
)
def test_an_error_while_taking_in_an_interrupt_changes_nothing(
    target: str, project: Project
) -> None:
    project.write(test_a=INTERRUPT, conftest=FAULT)
    outcome = project.run(env={"BREAK": target})
    assert outcome.exit_status == 2
    assert "INTERNALERROR" not in outcome.stdout
    if "Reporter" in target:
        assert outcome.said("reporting stopped: RuntimeError: injected into")


def test_an_error_while_taking_in_an_internal_error_changes_nothing(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest=FAULT.rstrip()
        + "\n\n    def pytest_runtest_logstart(): raise OSError('theirs')\n",
    )
    target = "pytest_ddci.reporter:Reporter.pytest_internalerror"
    outcome = plain.run(env={"BREAK": target})
    assert outcome.exit_status == 3
    assert "OSError: theirs" in outcome.stdout
    assert "injected" not in outcome.stdout.partition("reporting stopped")[0]


def test_the_traceback_is_kept_in_a_file_that_the_line_names(plain: Project) -> None:
    plain.write(test_a=SUITE, conftest=FAULT)
    outcome = plain.run(env={"BREAK": "pytest_ddci.session:ReportedSession.feed"})
    line = outcome.said("reporting stopped")
    name = line.rpartition("(traceback in ")[2].rstrip(")")
    assert name.startswith(".ddci/error-")
    kept = (plain.directory / name).read_text()
    assert "Traceback (most recent call last)" in kept
    assert "RuntimeError: injected into feed" in kept
    assert (plain.directory / name).stat().st_mode & 0o777 == 0o600


def test_not_even_the_last_words_can_fail(project: Project, without_us: dict[str, object]) -> None:
    project.write(
        test_a=SUITE,
        conftest=FAULT.rstrip() + "\n    break_('pytest_ddci.terminal:Terminal.show_error')\n",
    )
    target = "pytest_ddci.session:ReportedSession.feed"
    outcome = project.run("-k", "not deselected", env={"BREAK": target})
    assert outcome.exit_status == without_us["status"]
    assert "injected" not in outcome.stdout + outcome.stderr


def test_an_error_without_words_is_still_one_line(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
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
    assert outcome.exit_status == 1
    assert outcome.said("reporting stopped: Mute: ")


def test_an_error_while_the_plugin_sets_itself_up_leaves_the_run_alone(
    project: Project, without_us: dict[str, object]
) -> None:
    status, results, summary = run_broken(project, "pytest_ddci.composition:describe_place")
    assert (status, results) == (without_us["status"], without_us["results"])
    assert any("stopped: RuntimeError: injected into describe_place" in line for line in summary)


def test_a_stopped_report_fails_the_run_where_that_is_asked_for(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass", conftest=FAULT)
    target = {"BREAK": "pytest_ddci.session:ReportedSession.feed"}
    assert plain.run("--ddci-on-failure=fail", env=target).exit_status == 1
    assert plain.run("--ddci-on-failure=warn", env=target).exit_status == 0


def test_an_error_inside_delivery_keeps_the_events(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass", conftest=FAULT)
    with IntakeServer([Fault(status=500)]) as server:
        outcome = plain.run(server=server, env={"BREAK": "pytest_ddci.delivery:_Flush.run"})
        assert outcome.exit_status == 0
        assert outcome.said("reporting stopped: RuntimeError")
        done = plain.ddci("send", server=server)
    assert done.returncode == 0
    assert "6 of 6 events delivered" in done.stdout
