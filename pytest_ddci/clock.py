"""The only reader of time, and the deadlines made from it.

Users' suites freeze, shift and mock time. freezegun replaces every module-global reference to
the functions of `time` but not references held as class attributes; time-machine fakes all wall
clocks but no monotonic one. So the wall is read once, early, and from then on time is that
anchor plus what the monotonic clock has advanced.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = 1_000_000_000
"""Nanoseconds in a second."""


def _held(read: Callable[[], int]) -> Callable[[], int]:
    """The same reader behind a closure, where no freezing library finds it to replace it."""
    return lambda: read()  # noqa: PLW0108 - the closure is the point


def _monotonic_reader() -> Callable[[], int]:
    """The monotonic clock least likely to be faked: `clock_gettime_ns` escapes freezegun."""
    if not hasattr(time, "clock_gettime_ns"):
        return _held(time.perf_counter_ns)
    # Not a function of Python's: it is read ten times for each test.
    return partial(time.clock_gettime_ns, time.CLOCK_MONOTONIC)


def _wall_reader() -> Callable[[], int]:
    """The wall clock; the same that `time.time` reads."""
    if not hasattr(time, "clock_gettime_ns"):
        return _held(time.time_ns)
    return partial(time.clock_gettime_ns, time.CLOCK_REALTIME)


def _sleeper() -> Callable[[float], None]:
    """The real `sleep`, held where a test that mocks `time.sleep` does not reach it."""
    sleep = time.sleep
    return lambda seconds: sleep(seconds)  # noqa: PLW0108 - as above


_MONOTONIC = _monotonic_reader()
_WALL = _wall_reader()
_SLEEP = _sleeper()


class Clock(Protocol):
    """What the project asks of time; tests pass a fake whose sleep advances it."""

    def now_ns(self) -> int:
        """The time in nanoseconds since the epoch; never steps back within a process."""

    def wall_ns(self) -> int:
        """What the wall clock says, in nanoseconds since the epoch; only to compare with others."""

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds; nothing for zero or less."""


@frozen
class Anchor:
    """One wall-clock reading and the monotonic reading taken with it, both in nanoseconds."""

    wall_ns: int
    monotonic_ns: int


class SystemClock:
    """The real clock: an anchor plus the monotonic clock.

    Args:
        anchor: the anchor to share; taken now when None. Another process's anchor may be shared
            only on the same host, where both see one monotonic clock.
    """

    __slots__ = ("_offset", "anchor", "wall_ns")

    def __init__(self, anchor: Anchor | None = None) -> None:
        self.anchor = anchor or Anchor(_WALL(), _MONOTONIC())
        self.wall_ns = _WALL
        self._offset = self.anchor.wall_ns - self.anchor.monotonic_ns

    def now_ns(self) -> int:
        """The time in nanoseconds since the epoch."""
        return _MONOTONIC() + self._offset

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds; nothing for zero or less."""
        if seconds > 0:
            _SLEEP(seconds)


@dataclass(slots=True)
class Deadline:
    """An absolute moment after which nobody waits any longer; it may only come nearer."""

    clock: Clock
    at_ns: int

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(clock, clock.now_ns() + int(seconds * SECOND))

    def hurry(self, seconds: float) -> None:
        """Bring it nearer, if it is further away than that many seconds."""
        self.at_ns = min(self.at_ns, self.clock.now_ns() + int(seconds * SECOND))

    def remaining(self) -> float:
        """Seconds left; zero when it has passed."""
        return max(0.0, (self.at_ns - self.clock.now_ns()) / SECOND)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() == 0.0
