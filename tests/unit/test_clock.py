"""Time: anchored once, immune to whatever a test does to `time`."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

import freezegun
import time_machine

from pytest_ddci.clock import SECOND, Anchor, Deadline, SystemClock
from tests.fakes import FakeClock

if TYPE_CHECKING:
    import pytest

DAY = 86_400 * SECOND


def test_the_clock_tells_the_wall_time() -> None:
    assert abs(SystemClock().now_ns() - time.time_ns()) < 5 * SECOND


def test_time_never_steps_back() -> None:
    clock = SystemClock()
    readings = [clock.now_ns() for _ in range(100)]
    assert readings == sorted(readings)


def test_freezegun_does_not_reach_it() -> None:
    clock = SystemClock()
    before = clock.now_ns()
    with freezegun.freeze_time("1985-10-26"):
        assert 0 <= clock.now_ns() - before < DAY


def test_time_machine_does_not_reach_it() -> None:
    clock = SystemClock()
    before = clock.now_ns()
    with time_machine.travel(dt.datetime(1985, 10, 26, tzinfo=dt.timezone.utc)):
        assert 0 <= clock.now_ns() - before < DAY


def test_a_mock_of_sleep_that_a_test_leaves_behind_does_not_reach_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[float] = []
    monkeypatch.setattr(time, "sleep", calls.append)
    SystemClock().sleep(0.001)
    SystemClock().sleep(-1)
    assert calls == []


def test_two_clocks_with_one_anchor_tell_the_same_time() -> None:
    first = SystemClock()
    second = SystemClock(first.anchor)
    before = first.now_ns()
    assert 0 <= second.now_ns() - before < SECOND


def test_an_anchor_is_what_the_time_is_counted_from() -> None:
    anchor = Anchor(wall_ns=0, monotonic_ns=SystemClock().anchor.monotonic_ns)
    assert 0 <= SystemClock(anchor).now_ns() < 60 * SECOND


def test_a_deadline_counts_down_and_stays_passed() -> None:
    clock = FakeClock(0)
    deadline = Deadline.after(2.0, clock)
    clock.advance(0.5)
    assert deadline.remaining() == 1.5
    assert not deadline.passed
    clock.advance(5)
    assert deadline.remaining() == 0.0
    assert deadline.passed
