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

# How much is held of an attempt: each report and what had been added to it.
_SETUP = 2
_SETUP_AND_CALL = 4
_NOTHING: dict[str, Any] = {}


class CalmReports:
    """Turns reports into facts, those of a calm attempt when it is over."""

    def __init__(self) -> None:
        # Reports and what had been added to them, by worker: those of several are interleaved.
        self._held: dict[str, list[Any]] = {}

    def take(self, report: Report, clock: Clock) -> Iterable[Fact]:
        """The facts that are known with this report; none while it waits for others.

        Args:
            report: of a phase, a subtest, or a crash as xdist reports it.
            clock: says when it arrived, which stands in for times that the report does not have.
        """
        said = getattr(report, "__dict__", _NOTHING)
        # pytest keeps all reports to the end: what we have added would take megabytes by then.
        value = said.pop(stamp.ATTRIBUTE, None) if said else None
        if type(value) is float:
            value = stamp.span(value, said.get("duration")) or value
        elif type(value) is str:
            value = stamp.unpack(value) or value
        # Our own addition is plain where it says nothing but times and what the test is.
        if (
            type(value) is list
            and report.outcome == "passed"
            and not said.get("user_properties")
            and "wasxfail" not in said
            and "context" not in said
        ):
            when, worker = said.get("when"), said.get("worker_id", "")
            held = self._held.get(worker)
            if held is None:
                if when == "setup":
                    self._held[worker] = [report, value]
                    return ()
            elif held[0].nodeid == report.nodeid:
                if when == "call" and len(held) == _SETUP:
                    held += report, value
                    return ()
                if when == "teardown" and len(held) == _SETUP_AND_CALL:
                    del self._held[worker]
                    return (_attempt(report, worker, held[1], held[3], value),)
        now_ns = clock.now_ns()
        before = self._release(said.get("worker_id", ""), now_ns)
        return [*before, *_observe(report, value, now_ns)]

    def release(self, now_ns: int) -> Iterable[Fact]:
        """The facts of all that still waits."""
        return [fact for worker in list(self._held) for fact in self._release(worker, now_ns)]

    def _release(self, worker: str, now_ns: int) -> list[Fact]:
        held = self._held.pop(worker, [])
        return [
            fact
            for report, value in zip(held[::2], held[1::2], strict=True)
            for fact in _observe(report, value, now_ns)
        ]


def _observe(report: Report, value: object, now_ns: int) -> Iterable[Fact]:
    """The facts of a report with what had been added to it."""
    if value is None:
        return observe_test(report, now_ns)
    setattr(report, stamp.ATTRIBUTE, value)
    try:
        return observe_test(report, now_ns)
    finally:
        delattr(report, stamp.ATTRIBUTE)


def _attempt(
    report: Report, worker: str, setup: list[Any], call: list[Any], teardown: list[Any]
) -> AttemptPassed:
    begin, ready, *known = setup
    times = (begin, ready, call[0], call[1], teardown[0], teardown[1])
    return AttemptPassed(report.nodeid, times, worker, stamp.plain_info(*known) if known else None)
