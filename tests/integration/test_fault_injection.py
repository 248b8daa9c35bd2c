"""An error of ours in any hook, one by one: the user's run is what it would be without us."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.last_run import LastRun
from pytest_ddci.nesting import NestingMark
from pytest_ddci.phase_watch import PhaseWatch
from pytest_ddci.reporter import Reporter
from pytest_ddci.termination import Termination
from pytest_ddci.worker import Worker
from pytest_ddci.worker_output import WorkerOutput
from pytest_ddci.xdist_reporter import XdistReporter
from tests.breaking import SUITE, Breaking
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    from tests.outcome import Outcome

    class Run(Protocol):
        def __call__(self, target: str, *distribution: str, **files: str) -> Outcome: ...


INTERRUPT = "def test_interrupt(): raise KeyboardInterrupt"
THEIRS = "def pytest_runtest_logstart(): raise OSError('theirs')"
# Whoever may repeat phases has them watched.
REPEATING = """
            def pytest_runtest_protocol(item): pass
"""
# Hooks that are not guarded as a whole, and their parts.
PARTS = {
    "Reporter.pytest_sessionfinish": ("Reporter._finish", "Reporter._judge"),
    "Reporter.pytest_unconfigure": ("Reporter._close",),
    "Worker.pytest_make_collect_report": ("Worker._stamp_collection",),
    "Worker.pytest_runtest_makereport": ("Worker._finish",),
}
# What the hooks of the entry point are made of: those are there before anything can be broken.
ENTRY_POINT = {
    "pytest_addoption": ("_add_options",),
    "pytest_addhooks": ("hookspecs",),
    "pytest_plugin_registered": ("_NAMES",),
    "pytest_configure": ("_is_reported", "is_enabled", "_take_part"),
    "pytest_terminal_summary": ("_words",),
}
INSIDE = [
    "pytest_ddci.place:this_machine",
    "pytest_ddci.composition:register_controller",
    "pytest_ddci.composition:LastRun",
    "pytest_ddci.session:ReportedSession.start",
    "pytest_ddci.session:ReportedSession.feed",
    "pytest_ddci.session:ReportedSession.finish",
    "pytest_ddci.session:ReportedSession.close",
    "pytest_ddci.journal:Journal.append",
    "pytest_ddci.journal:Journal.note",
    "pytest_ddci.job_encoder:JobEncoder.job",
    "pytest_ddci.encoder:Encoder.pipeline",
    "pytest_ddci.terminal:Terminal.show",
]
# Hooks of runs other than that of the suite.
RARE = ("pytest_keyboard_interrupt", "pytest_internalerror")
# Hooks that xdist's controller does not come to, for it collects nothing.
ELSEWHERE = tuple(
    f"Reporter.pytest_{name}" for name in ("collection_finish", "deselected", "collectreport")
)
# Where no word of it can be said.
SILENT = ("_words", "WorkerOutput.pytest_sessionfinish")


def hooks_of(owner: type[Any]) -> list[str]:
    names = [name for name, _ in inspect.getmembers(owner, callable) if name.startswith("pytest_")]
    return [f"{owner.__name__}.{name}" for name in names]


def targets_of(*owners: type[Any]) -> list[str]:
    return [
        f"{owner.__module__}:{part}"
        for owner in owners
        for hook in hooks_of(owner)
        for part in PARTS.get(hook, (hook,))
    ]


ENTRY_TARGETS = [f"pytest_ddci.plugin:{part}" for parts in ENTRY_POINT.values() for part in parts]
BOTH = targets_of(Reporter, Termination, NestingMark, LastRun, Worker)
PLAIN = [*ENTRY_TARGETS, *BOTH, *INSIDE]
XDIST = [
    *targets_of(XdistReporter, WorkerOutput),
    "pytest_ddci.worker_composition:register_worker",
]
# What a process without workers has as well.
BESIDE_XDIST = [
    *ENTRY_TARGETS,
    *(target for target in BOTH if not target.endswith(ELSEWHERE)),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs the suite, or other files, with a fault inside: it must look as if we were not there."""
    known: dict[str, Breaking] = {}

    def run(target: str, *distribution: str, **files: str) -> Outcome:
        files = files or {"test_a": SUITE}
        key = json.dumps([distribution, files])
        if key not in known:
            known[key] = Breaking(tmp_path_factory.mktemp("run"), distribution, files)
        # Options that could not be registered cannot be given.
        return known[key].broken(target, flag="" if target.endswith("_add_options") else "--ddci")

    return run


def stopped(outcome: Outcome) -> list[str]:
    """What was said of the fault: a line at most from each process."""
    said = [line for line in outcome.summary if "stopped: " in line]
    own = [line for line in said if line.startswith("reporting stopped: ")]
    of_worker = [line for line in said if line.startswith("worker gw0: stamping stopped: ")]
    assert sorted(said) == sorted([*own, *of_worker])
    assert len(own) <= 1
    assert len(of_worker) <= 1
    return said


def usual(targets: list[str]) -> list[str]:
    return [target for target in targets if not target.endswith(RARE)]


@pytest.mark.parametrize("distribution", [(), ("-n1",)], ids=["plain", "xdist"])
def test_where_nothing_is_wrong_a_run_looks_the_same_too(
    distribution: tuple[str, ...], broken: Run
) -> None:
    outcome = broken("", *distribution)
    assert not stopped(outcome)
    assert outcome.said("pipeline")


@pytest.mark.parametrize("target", usual(PLAIN))
def test_an_error_in_a_hook_changes_nothing_but_our_report(target: str, broken: Run) -> None:
    said = stopped(broken(target))
    assert bool(said) != target.endswith(SILENT)


@pytest.mark.parametrize(
    "target",
    [*usual(XDIST), *(pytest.param(each, marks=pytest.mark.long) for each in usual(BESIDE_XDIST))],
)
def test_an_error_in_a_hook_of_controller_or_worker_changes_nothing_but_our_report(
    target: str, broken: Run
) -> None:
    said = stopped(broken(target, "-n1"))
    assert bool(said) != target.endswith(SILENT)


@pytest.mark.parametrize("distribution", [(), ("-n1",)], ids=["plain", "xdist"])
@pytest.mark.parametrize("target", targets_of(PhaseWatch))
def test_an_error_while_phases_are_watched_changes_nothing_but_our_report(
    target: str, distribution: tuple[str, ...], broken: Run
) -> None:
    assert stopped(broken(target, *distribution, test_a=SUITE, conftest=REPEATING))


@pytest.mark.parametrize("distribution", [(), ("-n1",)], ids=["plain", "xdist"])
@pytest.mark.parametrize("owner", [Reporter, WorkerOutput])
def test_an_error_while_taking_in_an_interrupt_changes_nothing(
    owner: type[Any], distribution: tuple[str, ...], broken: Run
) -> None:
    target = f"{owner.__module__}:{owner.__name__}.pytest_keyboard_interrupt"
    outcome = broken(target, *distribution, test_a=INTERRUPT)
    assert outcome.exit_status == 2


@pytest.mark.parametrize("distribution", [(), ("-n1",)], ids=["plain", "xdist"])
def test_an_error_while_taking_in_an_internal_error_changes_nothing(
    distribution: tuple[str, ...], broken: Run
) -> None:
    target = "pytest_ddci.reporter:Reporter.pytest_internalerror"
    outcome = broken(target, *distribution, test_a=SUITE, conftest=THEIRS)
    assert outcome.exit_status == 3
    assert stopped(outcome)


@pytest.mark.parametrize("distribution", [(), ("-n1",)], ids=["plain", "xdist"])
def test_every_hook_that_is_there_is_tried(tmp_path: Path, distribution: tuple[str, ...]) -> None:
    project = Project(tmp_path, distribution)
    project.write(
        test_a="def test_a(): pass",
        conftest=REPEATING
        + """
            import json, os
            from pathlib import Path

            def pytest_sessionstart(session):
                manager = session.config.pluginmanager
                found = [
                    f"{type(plugin).__name__}.{caller.name}"
                    for name, plugin in manager.list_name_plugin()
                    if plugin and name.startswith("ddci")
                    for caller in manager.get_hookcallers(plugin)
                ]
                process = "worker" if "PYTEST_XDIST_WORKER" in os.environ else "main"
                Path(f"{process}.json").write_text(json.dumps(found))
        """,
    )
    project.run().check()
    found = set(json.loads((tmp_path / "main.json").read_text()))
    entry_point = {f"module.{name}" for name in ENTRY_POINT}
    owners: list[type[Any]] = [Reporter, Termination, NestingMark, LastRun, XdistReporter]
    running = {*hooks_of(Worker), *hooks_of(PhaseWatch)}
    assert found == {hook for owner in owners for hook in hooks_of(owner)} | running | entry_point
    if distribution:
        found = set(json.loads((tmp_path / "worker.json").read_text()))
        assert found == {*running, *hooks_of(WorkerOutput)} | entry_point
