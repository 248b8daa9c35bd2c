"""Where a test runs, in an xdist worker or a plain process: stamps every report.

It sends nothing, writes nothing, and imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci import stamp
from pytest_ddci.clock import SECOND
from pytest_ddci.failure import capture, capture_collection
from pytest_ddci.guard import guarded, guarded_briefly
from pytest_ddci.notebook import Notebook
from pytest_ddci.phase_watch import PhaseWatch, is_needed
from pytest_ddci.stamp import ATTRIBUTE, Stamp
from pytest_ddci.testinfo import PlainDescriptions, describe

_REPORT = pytest.TestReport
_NO_FAILURE = ("passed", "skipped")

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytest_ddci.clock import Clock
    from pytest_ddci.facts import Place
    from pytest_ddci.guard import Guard


class Worker:
    """The hooks of a process that runs tests.

    A phase has begun as long before its end as pytest says that it took: to see it begin would
    cost every test three calls more. Only a `PhaseWatch`, where there is one, sees that.

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
        self._now_ns, self._wall_ns = clock.now_ns, clock.wall_ns
        self._place: Place | None = place
        # A list stays what it is.
        self._plain: Callable[[list[Any]], str | list[Any]] = stamp.pack if crosses else _itself
        self._descriptions = PlainDescriptions()
        self._watch: PhaseWatch | None = None
        self._setup_end_ns = self._last_end_ns = clock.now_ns()

    @guarded
    def pytest_plugin_registered(self, manager: pytest.PytestPluginManager) -> None:
        """Have phases watched from the moment that there is somebody who may repeat them."""
        if self._watch is None and is_needed(manager):
            self._watch = PhaseWatch(self.guard, self._now_ns, timed)
            manager.register(self._watch, "ddci-phase-watch")

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtestloop(self) -> None:
        """No phase begins before this."""
        self._last_end_ns = self._now_ns()

    # Outermost, to see the report as the wrappers of other plugins leave it.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put a stamp on the report of a phase or subtest."""
        watch, now_ns, wall_ns = self._watch, self._now_ns(), self._wall_ns()
        outer = None if watch is None else watch.enter(call, now_ns)
        try:
            report = yield
            self._finish(item, call, report, now_ns, wall_ns)
        finally:
            if watch is not None:
                watch.leave(outer)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put a stamp on the report of a collector that failed."""
        report = yield
        self._stamp_collection(report)
        return report

    @guarded
    def _stamp_collection(self, report: pytest.CollectReport) -> None:
        excinfo = getattr(getattr(report, "call", None), "excinfo", None)
        if report.outcome == "failed" and excinfo is not None:
            now_ns = self._now_ns()
            made = Stamp(start_ns=now_ns, end_ns=now_ns, failure=capture_collection(excinfo.value))
            setattr(report, ATTRIBUTE, stamp.encode(made))

    @guarded_briefly
    def _finish(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[None],
        report: pytest.TestReport,
        now_ns: int,
        wall_ns: int,
    ) -> None:
        # A hook of the user's may have put a report of its own in place: leave it as it is.
        if type(report) is not _REPORT and not isinstance(report, _REPORT):
            return
        watch, phase = self._watch, call.when
        value: str | float | list[Any] | None = None
        made = None if watch is None else watch.timed(report)
        if made is None:
            start_ns, end_ns, is_measured = self._span(call, now_ns, wall_ns)
            is_measured = is_measured and report.duration is call.duration
        else:
            start_ns, end_ns, is_measured = made.start_ns, made.end_ns, False
        # What is added to nearly all reports; anything else is where there is more to say. A call
        # that was not measured may be a subtest's, which is not as long as it.
        if (
            report.outcome != "failed"
            and not self.notebook.has_notes
            and self._place is None
            and (is_measured or made is not None or phase != "call")
            and (watch is None or not watch.has_more(phase, made))
        ):
            if phase != "setup":
                value = stamp.moment(end_ns) if is_measured else self._plain([start_ns, end_ns])
            elif (plain := self._descriptions.of(item)) is not None:
                value = self._plain([start_ns, end_ns, *plain])
        if value is None:
            made = made or timed(call, report, start_ns, end_ns)
            made.info = describe(item) if phase == "setup" else None
            made.notes = self.notebook.take()
            made.place, self._place = self._place, None
            if watch is not None:
                made.unlogged = watch.unlogged(phase)
            value = stamp.encode(made)
        report.__dict__[ATTRIBUTE] = value
        if watch is not None:
            watch.keep(phase, report)

    def _span(
        self, call: pytest.CallInfo[None], now_ns: int, wall_ns: int
    ) -> tuple[int, int, bool]:
        """When a phase began and ended that nobody watched, and whether pytest has measured that.

        A suite may have frozen the clocks by which pytest measures, wholly or in part: then it
        began when the one before it had ended, and ends now.
        """
        # That of a call is not the end of a subtest in it.
        earliest_ns = self._setup_end_ns if call.when == "call" else self._last_end_ns
        # The process may not have run for a while since.
        since_ns = wall_ns - int(call.stop * SECOND)
        end_ns, took_ns = now_ns - since_ns, int(call.duration * SECOND)
        start_ns = end_ns - took_ns
        is_measured = since_ns >= 0 and took_ns > 0 and start_ns >= earliest_ns
        if not is_measured:
            start_ns, end_ns = earliest_ns, now_ns
        self._last_end_ns = end_ns
        if call.when == "setup":
            self._setup_end_ns = end_ns
        return start_ns, end_ns, is_measured


def timed(
    call: pytest.CallInfo[None], report: pytest.TestReport, start_ns: int, end_ns: int
) -> Stamp:
    """The times of a phase, and its exception if the report is of a failure."""
    made = Stamp(start_ns, end_ns, stamp.within(call.duration, end_ns - start_ns))
    # pytest-retry has a word of its own for what failed and is run again.
    if call.excinfo and report.outcome not in _NO_FAILURE:
        made.failure = capture(call.excinfo.value, lambda: report.longreprtext)
    return made


def _itself(value: list[Any]) -> list[Any]:
    return value
