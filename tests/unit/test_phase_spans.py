"""When phases that nobody watches began and ended, whatever the clock says that pytest reads."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci import stamp
from pytest_ddci.clock import SECOND
from pytest_ddci.guard import Guard
from pytest_ddci.worker import Worker
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterable

MICROSECOND = 1_000
PHASES = ("setup", "call", "teardown")
ITEM: Any = SimpleNamespace(
    nodeid="a.py::test_a", location=("a.py", 0, "test_a"), own_markers=(), parent=None
)


class Ran(NamedTuple):
    """A phase as it was, in seconds, and what pytest believes of it."""

    before: float
    took: float
    since: float
    said: tuple[float, float, float] | None = None


class Suite:
    """Runs phases under a clock that stands still otherwise."""

    def __init__(self) -> None:
        self.clock = FakeClock(0)
        self.worker = Worker(self.clock, None, Guard())
        self.spans: list[tuple[int, int]] = []

    def run(self, phase: str, ran: Ran) -> None:
        self.clock.advance(ran.before)
        start = self.clock.now_ns() / SECOND
        self.clock.advance(ran.took)
        stop = self.clock.now_ns() / SECOND
        self.clock.advance(ran.since)
        call: Any = SimpleNamespace(when=phase, excinfo=None)
        call.start, call.stop, call.duration = ran.said or (start, stop, stop - start)
        report = pytest.TestReport(
            "a.py::test_a", ("a.py", 0, "a"), {}, "passed", None, "call", duration=call.duration
        )
        making = self.worker.pytest_runtest_makereport(ITEM, call)
        next(making)
        with pytest.raises(StopIteration):
            making.send(report)
        assert self.worker.guard.error is None
        made = stamp.decode(getattr(report, stamp.ATTRIBUTE), report.duration)
        self.spans.append((made.start_ns, made.end_ns))

    def run_all(self, phases: Iterable[Ran]) -> None:
        for number, ran in enumerate(phases):
            self.run(PHASES[number % len(PHASES)], ran)


LENGTHS = st.floats(0, 1e3)
SAID = st.tuples(*[st.floats(-1e10, 1e10)] * 3)


@given(st.lists(st.builds(Ran, LENGTHS, LENGTHS, LENGTHS, st.none() | SAID), max_size=9))
def test_phases_follow_each_other_to_the_microsecond_whatever_pytest_believes(
    phases: list[Ran],
) -> None:
    suite = Suite()
    suite.run_all(phases)

    times = [time for span in suite.spans for time in span]
    times.append(suite.clock.now_ns())
    assert all(before <= after + MICROSECOND for before, after in pairwise(times))


def test_what_passes_before_and_after_a_phase_is_not_part_of_it() -> None:
    suite = Suite()
    suite.run_all([Ran(before=2, took=1, since=0.5), Ran(before=3, took=2, since=4)])

    assert suite.spans == [(2 * SECOND, 3 * SECOND), (int(6.5 * SECOND), int(8.5 * SECOND))]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param((0.0, 0.0, 0.0), id="frozen"),
        pytest.param((-9e8, -9e8, 0.0), id="frozen long ago"),
        pytest.param((5.0, -9e8, -9e8), id="frozen at its end"),
        pytest.param((-9e8, 7.0, 9e8), id="frozen at its start"),
        pytest.param((9e8, 9e8, 1.0), id="in the future"),
        pytest.param((6.0, 7.0, float(1 << 40)), id="far too long"),
    ],
)
def test_where_pytest_believes_nonsense_a_phase_begins_when_the_one_before_had_ended(
    said: tuple[float, float, float],
) -> None:
    suite = Suite()
    suite.run_all([Ran(before=2, took=1, since=0), Ran(before=3, took=1, since=0, said=said)])

    assert suite.spans[1] == (3 * SECOND, 7 * SECOND)


def test_a_call_begins_before_its_subtests() -> None:
    suite = Suite()
    suite.run("setup", Ran(before=0, took=1, since=0))
    suite.run("call", Ran(before=1, took=1, since=0))
    suite.run("call", Ran(before=0, took=2, since=0, said=(1.0, 5.0, 4.0)))

    assert suite.spans[1:] == [(2 * SECOND, 3 * SECOND), (1 * SECOND, 5 * SECOND)]
