"""Where a test runs, in an xdist worker or a plain process: stamps every report.

It sends nothing, writes nothing, and imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci import stamp
from pytest_ddci.failure import capture, capture_collection
from pytest_ddci.guard import guarded, guarded_briefly
from pytest_ddci.notebook import Notebook
from pytest_ddci.stamp import ATTRIBUTE, Stamp
from pytest_ddci.testinfo import describe, describe_plainly

_REPORT = pytest.TestReport

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytest_ddci.clock import Clock
    from pytest_ddci.facts import Place, TestInfo
    from pytest_ddci.guard import Guard

    # A phase that has begun, and when: nanoseconds since the epoch.
    _Begun = tuple[str, int]
    # The report that is being made: the call, its phase, and when that phase had ended.
    _Making = tuple[pytest.CallInfo[None], _Begun, int]


class Worker:
    """The hooks of a process that runs tests.

    Args:
        clock: times the phases; xdist workers on one host share the controller's anchor.
        place: where this process runs; goes with the first report.
        guard: shared with everything of ours in this process.
        crosses: the reports go to another process.
    """

    def __init__(
        self, clock: Clock, place: Place | None, guard: Guard, *, crosses: bool = False
    ) -> None:
        self.guard = guard
        self.notebook = Notebook(clock, capture)
        self._now_ns = clock.now_ns
        self._place: Place | None = place
        # A list stays what it is.
        self._plain: Callable[[list[Any]], str | list[Any]] = stamp.pack if crosses else _itself
        self._begun: _Begun = ("", clock.now_ns())
        self._making: _Making | None = None
        self._unlogged: dict[str | None, pytest.TestReport] = {}

    @pytest.hookimpl(tryfirst=True)
    @guarded_briefly
    def pytest_runtest_setup(self) -> None:
        """A setup begins."""
        self._begun = ("setup", self._now_ns())

    @pytest.hookimpl(tryfirst=True)
    @guarded_briefly
    def pytest_runtest_call(self) -> None:
        """A call begins."""
        self._begun = ("call", self._now_ns())

    @pytest.hookimpl(tryfirst=True)
    @guarded_briefly
    def pytest_runtest_teardown(self) -> None:
        """A teardown begins."""
        self._begun = ("teardown", self._now_ns())

    # Outermost, to see the report as the wrappers of other plugins leave it.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put a stamp on the report of a phase or subtest."""
        outer = self._making
        self._making = making = (call, self._begun, self._now_ns())
        try:
            report = yield
        finally:
            self._making = outer
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

    def sign(self, report: pytest.TestReport) -> None:
        """Stamp a report that a retry plugin logs while it is still being made."""
        if self._unlogged:
            self._unlogged.pop(getattr(report, "when", None), None)
        if self._making and not hasattr(report, ATTRIBUTE):
            setattr(report, ATTRIBUTE, stamp.encode(self._timed(self._making, report)))

    @guarded
    def _stamp_collection(self, report: pytest.CollectReport) -> None:
        excinfo = getattr(getattr(report, "call", None), "excinfo", None)
        if report.outcome == "failed" and excinfo is not None:
            now_ns = self._now_ns()
            made = Stamp(start_ns=now_ns, end_ns=now_ns, failure=capture_collection(excinfo.value))
            setattr(report, ATTRIBUTE, stamp.encode(made))

    @guarded_briefly
    def _finish(self, item: pytest.Item, making: _Making, report: pytest.TestReport) -> None:
        # A hook of the user's may have put a report of its own in place: leave it as it is.
        if type(report) is not _REPORT and not isinstance(report, _REPORT):
            return
        call, begun, end_ns = making
        phase = call.when
        value: str | list[Any] | None = None
        # What is added to nearly all reports; anything else is where there is more to say.
        if (
            report.outcome != "failed"
            and type(call.duration) is float
            and begun is self._begun
            and not self.notebook.has_notes
            and self._place is None
            and not (self._unlogged and phase == "teardown")
        ):
            if phase != "setup":
                value = self._plain([begun[1], end_ns, call.duration])
            elif (plain := describe_plainly(item)) is not None:
                value = self._plain([begun[1], end_ns, call.duration, *plain])
        if value is None:
            value = self._fully(making, report, describe(item) if phase == "setup" else None)
        report.__dict__[ATTRIBUTE] = value
        if phase == "setup":
            self._unlogged = {phase: report}
        elif phase == "call":
            self._unlogged[phase] = report

    def _fully(self, making: _Making, report: pytest.TestReport, info: TestInfo | None) -> str:
        made = self._timed(making, report)
        made.info, made.notes = info, self.notebook.take()
        made.place, self._place = self._place, None
        if making[0].when == "teardown":
            unlogged, self._unlogged = self._unlogged, {}
            made.unlogged = {
                str(phase): (report.outcome, stamp.decode(report.__dict__[ATTRIBUTE]))
                for phase, report in unlogged.items()
            }
        return stamp.encode(made)

    def _timed(self, making: _Making, report: pytest.TestReport) -> Stamp:
        """The times of the phase, and the exception if the report is of a failure.

        A retry plugin may have run the phase again while its report was being made; then the
        report is about its last run, whose exception is known from the report's text only.
        """
        call, begun, end_ns = making
        if self._begun is not begun and self._begun[0] == begun[0]:
            begun, end_ns = self._begun, self._now_ns()
            error = None
        else:
            error = call.excinfo
        start_ns = min(end_ns, begun[1])
        made = Stamp(start_ns, end_ns, stamp.within(call.duration, end_ns - start_ns))
        if error and report.failed:
            made.failure = capture(error.value, lambda: report.longreprtext)
        return made


def _itself(value: list[Any]) -> list[Any]:
    return value


class SigningWorker(Worker):
    """The hooks of a process that only runs tests; where it reports too, `Reporter` signs."""

    # Before anything is done with the report, like sending it to the controller.
    @pytest.hookimpl(tryfirst=True)
    @guarded_briefly
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Stamp a report that a retry plugin logs while it is still being made."""
        self.sign(report)
