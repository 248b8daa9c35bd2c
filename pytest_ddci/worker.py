"""Where a test runs, in an xdist worker or a plain process: stamps every report.

It sends nothing, writes nothing, and imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from pytest_ddci import stamp
from pytest_ddci.clock import SECOND
from pytest_ddci.failure import capture, capture_collection
from pytest_ddci.guard import guarded
from pytest_ddci.handle import Notebook
from pytest_ddci.stamp import Stamp
from pytest_ddci.testinfo import describe

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_ddci.clock import Clock
    from pytest_ddci.facts import Place
    from pytest_ddci.guard import Guard


@dataclass(frozen=True, slots=True)
class _Begun:
    """A phase that has begun, and when."""

    phase: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class _Making:
    """The report that is being made: of which phase, and when that phase had ended."""

    call: pytest.CallInfo[None]
    begun: _Begun
    end_ns: int


class Worker:
    """The hooks of a process that runs tests.

    Args:
        clock: times the phases; xdist workers on one host share the controller's anchor.
        place: where this process runs; goes with the first report.
        guard: shared with everything of ours in this process.
    """

    def __init__(self, clock: Clock, place: Place | None, guard: Guard) -> None:
        self.guard = guard
        self.notebook = Notebook(clock, capture)
        self._clock = clock
        self._place: Place | None = place
        self._begun = _Begun("", clock.now_ns())
        self._making: _Making | None = None
        self._unlogged: dict[str, tuple[str, Stamp]] = {}

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_setup(self) -> None:
        """A setup begins."""
        self._begun = _Begun("setup", self._clock.now_ns())

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_call(self) -> None:
        """A call begins."""
        self._begun = _Begun("call", self._clock.now_ns())

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_teardown(self) -> None:
        """A teardown begins."""
        self._begun = _Begun("teardown", self._clock.now_ns())

    # Outermost, to see the report as the wrappers of other plugins leave it.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put a stamp on the report of a phase or subtest."""
        outer = self._making
        self._begin(call)
        making = self._making
        try:
            report = yield
        finally:
            self._making = outer
        if making:
            self._finish(item, making, report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put a stamp on the report of a collector that failed."""
        report = yield
        self._stamp_collection(report)
        return report

    # Before anything is done with the report, like sending it to the controller.
    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Stamp a report that a retry plugin logs while it is still being made."""
        self._unlogged.pop(str(getattr(report, "when", None)), None)
        if self._making and not hasattr(report, stamp.ATTRIBUTE):
            setattr(report, stamp.ATTRIBUTE, stamp.encode(self._timed(self._making, report)))

    @guarded
    def _stamp_collection(self, report: pytest.CollectReport) -> None:
        excinfo = getattr(getattr(report, "call", None), "excinfo", None)
        if report.outcome == "failed" and excinfo is not None:
            now_ns = self._clock.now_ns()
            made = Stamp(start_ns=now_ns, end_ns=now_ns, failure=capture_collection(excinfo.value))
            setattr(report, stamp.ATTRIBUTE, stamp.encode(made))

    @guarded
    def _begin(self, call: pytest.CallInfo[None]) -> None:
        self._making = _Making(call, self._begun, self._clock.now_ns())

    @guarded
    def _finish(self, item: pytest.Item, making: _Making, report: pytest.TestReport) -> None:
        # A hook of the user's may have put a report of its own in place: leave it as it is.
        if not isinstance(report, pytest.TestReport):
            return
        phase = str(making.call.when)
        if phase == "setup":
            self._unlogged = {}
        made = replace(
            self._timed(making, report),
            info=describe(item) if phase == "setup" else None,
            notes=self.notebook.take(),
            place=self._place,
            unlogged=self._unlogged if phase == "teardown" else {},
        )
        self._place = None
        self._unlogged = (
            {} if phase == "teardown" else {**self._unlogged, phase: (report.outcome, made)}
        )
        setattr(report, stamp.ATTRIBUTE, stamp.encode(made))

    def _timed(self, making: _Making, report: pytest.TestReport) -> Stamp:
        """The times of the phase, and the exception if the report is of a failure.

        A retry plugin may have run the phase again while its report was being made; then the
        report is about its last run, whose exception is known from the report's text only.
        """
        call, begun, end_ns = making.call, making.begun, making.end_ns
        error = call.excinfo.value if call.excinfo and report.failed else None
        if self._begun is not begun and self._begun.phase == begun.phase:
            begun, end_ns, error = self._begun, self._clock.now_ns(), None
        start_ns = min(begun.at_ns, end_ns)
        return Stamp(
            start_ns=start_ns,
            end_ns=end_ns,
            took_ns=_bounded(call.duration, end_ns - start_ns),
            failure=None if error is None else capture(error, report.longreprtext),
        )


def _bounded(seconds: float, limit_ns: int) -> int:
    """A duration in nanoseconds, at most the limit: the clock behind it may be a frozen one."""
    return min(max(int(seconds * SECOND), 0), limit_ns)
