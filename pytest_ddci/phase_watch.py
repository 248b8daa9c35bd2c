"""Where a plugin may run a phase again, or keep its report to itself, as retry plugins do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci import stamp
from pytest_ddci.clock import SECOND
from pytest_ddci.guard import guarded_briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.guard import Guard
    from pytest_ddci.stamp import Stamp

    # A phase that has begun, and when: nanoseconds since the epoch.
    _Begun = tuple[str, int]
    # The report that is being made: the call, its phase, and when that phase had ended.
    Making = tuple[pytest.CallInfo[None], _Begun, int]
    # Makes the stamp of a phase that began and ended then.
    _Timed = Callable[[pytest.CallInfo[None], pytest.TestReport, int, int], Stamp]

# By these hooks a plugin has a say in how often phases run and what is reported of them.
_HOOKS = ("pytest_runtest_protocol", "pytest_runtest_makereport")

# Packages whose hooks are known not to repeat anything: pytest's own, ours, and those that are
# around most often. Anybody else's cost every test a few microseconds.
_HARMLESS = frozenset(
    {"_pytest", "pytest_ddci", "xdist", "_hypothesis_pytestplugin", "pytest_timeout", "pytest_cov"}
)
_MILLISECOND = SECOND // 1_000


def is_needed(manager: pytest.PytestPluginManager) -> bool:
    """Whether there is a plugin or conftest that may repeat phases or withhold reports."""
    for name in _HOOKS:
        for implementation in getattr(manager.hook, name).get_hookimpls():
            module = getattr(implementation.function, "__module__", None) or ""
            if module.partition(".")[0] not in _HARMLESS:
                return True
    return False


class PhaseWatch:
    """Sees phases begin, and reports that are logged late, never, or while they are being made.

    Args:
        guard: shared with everything of ours in this process.
        now_ns: tells the time in nanoseconds since the epoch.
        timed: makes the stamp of a phase from its call, its report, and start and end.
    """

    def __init__(self, guard: Guard, now_ns: Callable[[], int], timed: _Timed) -> None:
        self.guard = guard
        self._now_ns = now_ns
        self._timed = timed
        self._begun: _Begun | None = None
        self._making: Making | None = None
        self._unlogged: dict[str, pytest.TestReport] = {}

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

    # Before anything is done with the report, like reporting it or sending it to the controller.
    @pytest.hookimpl(tryfirst=True)
    @guarded_briefly
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Stamp a report that a retry plugin logs while it is still being made."""
        self._unlogged.pop(getattr(report, "when", None) or "", None)
        if not hasattr(report, stamp.ATTRIBUTE) and (made := self.timed(report)):
            setattr(report, stamp.ATTRIBUTE, stamp.encode(made))

    def enter(self, call: pytest.CallInfo[None], now_ns: int) -> Making | None:
        """The report of that call is made from now on; gives what `leave` is to go back to."""
        outer = self._making
        self._making = (call, self._begun, now_ns) if self._begun else None
        return outer

    def leave(self, outer: Making | None) -> None:
        """It is made, and so may be one around it."""
        self._making = outer

    def timed(self, report: pytest.TestReport) -> Stamp | None:
        """Times and exception of the phase whose report is being made; None while none is.

        A retry plugin may have run the phase again meanwhile; then the report is about its last
        run, whose exception is known from the report's text only.
        """
        if self._making is None:
            return None
        call, begun, end_ns = self._making
        if self._begun and self._begun is not begun and self._begun[0] == begun[0]:
            end_ns = self._now_ns()
            return stamp.Stamp(self._begun[1], end_ns, end_ns - self._begun[1])
        return self._timed(call, report, min(end_ns, begun[1]), end_ns)

    def has_more(self, phase: str, made: Stamp | None) -> bool:
        """Whether there is more to say than start and end, which of a subtest are the call's."""
        if phase == "teardown":
            return bool(self._unlogged)
        span_ns = made.end_ns - made.start_ns - made.took_ns if made else 0
        return phase == "call" and span_ns > _MILLISECOND

    def keep(self, phase: str, report: pytest.TestReport) -> None:
        """Remember a report until it is logged."""
        if phase == "setup":
            self._unlogged = {phase: report}
        elif phase == "call":
            self._unlogged[phase] = report

    def unlogged(self, phase: str) -> Mapping[str, tuple[str, Stamp]] | None:
        """At the end of an attempt: outcomes and stamps of its reports that were not logged."""
        if phase != "teardown" or not self._unlogged:
            return None
        found, self._unlogged = self._unlogged, {}
        return {
            phase: (report.outcome, stamp.decode(report.__dict__[stamp.ATTRIBUTE], report.duration))
            for phase, report in found.items()
        }
