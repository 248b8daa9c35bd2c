"""Reports of attempts that pass without a word, as nearly all do: observed three at a time.

A setup and a call that passed wait for their teardown. Together they are one fact instead of
three, for less than half of the work; whatever else comes first has them observed one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci import stamp
from pytest_ddci.facts import AttemptPassed
from pytest_ddci.observe import observe_test

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_ddci.clock import Clock
    from pytest_ddci.facts import Fact
    from pytest_ddci.observe import Report

    Held = tuple[Report, list[Any]]

_PASSED = "passed"
_WHOLE = 2
_NOTHING: dict[str, Any] = {}


class CalmReports:
    """Turns reports into facts, those of a calm attempt when it is over."""

    def __init__(self) -> None:
        # By worker, for reports of several workers are interleaved.
        self._held: dict[str, list[Held]] = {}

    def take(self, report: Report, clock: Clock) -> Iterable[Fact]:
        """The facts that are known with this report; none while it waits for others.

        Args:
            report: of a phase, a subtest, or a crash as xdist reports it.
            clock: says when it arrived, which stands in for times that the report does not have.
        """
        said = getattr(report, "__dict__", _NOTHING)
        worker = said.get("worker_id", "")
        # pytest keeps all reports to the end: what we have added would take megabytes by then.
        value = said.pop(stamp.ATTRIBUTE, None) if said else None
        # Our own addition is a list only where it says nothing but times and what the test is.
        if (
            type(value) is list
            and report.outcome == _PASSED
            and "wasxfail" not in said
            and "context" not in said
            and not said.get("user_properties")
        ):
            when, held = said.get("when"), self._held.get(worker)
            if when == "setup" and not held:
                self._held[worker] = [(report, value)]
                return ()
            if held and held[0][0].nodeid == report.nodeid:
                if when == "call" and len(held) == 1:
                    held.append((report, value))
                    return ()
                if when == "teardown" and len(held) == _WHOLE:
                    del self._held[worker]
                    return (_attempt(report, worker, [*(each for _, each in held), value]),)
        now_ns = clock.now_ns()
        return [*self._release(worker, now_ns), *_observe(report, value, now_ns)]

    def release(self, now_ns: int) -> Iterable[Fact]:
        """The facts of all that still waits."""
        return [fact for worker in list(self._held) for fact in self._release(worker, now_ns)]

    def _release(self, worker: str, now_ns: int) -> list[Fact]:
        held = self._held.pop(worker, ())
        return [fact for report, value in held for fact in _observe(report, value, now_ns)]


def _observe(report: Report, value: object, now_ns: int) -> Iterable[Fact]:
    """The facts of a report with what had been added to it."""
    if value is None:
        return observe_test(report, now_ns)
    setattr(report, stamp.ATTRIBUTE, value)
    try:
        return observe_test(report, now_ns)
    finally:
        delattr(report, stamp.ATTRIBUTE)


def _attempt(report: Report, worker: str, values: list[list[Any]]) -> AttemptPassed:
    setup, call, teardown = values
    begin, ready, _, *known = setup
    times = (begin, ready, call[0], call[1], teardown[0], teardown[1])
    return AttemptPassed(report.nodeid, times, worker, stamp.plain_info(*known) if known else None)
