"""What the plugin may cost, and what of it is kept to."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.contenders import DDCI, DDCI_SENT, OFF
from tests.bench.intake import SECONDS
from tests.bench.kept import cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.bench.process import Usage
    from tests.bench.rounds import Rounds

_WALL, _CPU, _PEAK = attrgetter("wall"), attrgetter("cpu"), attrgetter("peak")
_END, _LOOP, _WORKERS = attrgetter("end"), attrgetter("loop"), attrgetter("workers")


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and the most that it may be."""

    words: str
    unit: str
    most: float
    figure: float

    def __str__(self) -> str:
        mark = "kept  " if self.figure <= self.most else "MISSED"
        return f"{mark}  {self.words:58}{self.figure:12,.2f} of {self.most:,.2f} {self.unit}"


def of_instructions(counted: Mapping[str, float]) -> Target:
    """Of machine instructions."""
    return Target("instructions of a test", "million", 0.45, cost(counted) / 1e6)


def of_sending(used: Sequence[Usage], events: int) -> list[Target]:
    """Of `ddci send`; the limit on time is that of 100,000 events."""
    most = 6.0 * events / 100_000
    return [
        Target(f"`ddci send` of {events:,} events", "s", most, median(each.wall for each in used)),
        Target("`ddci send`, memory", "MB", 60, median(each.peak for each in used)),
    ]


def of_runs(measured: Mapping[tuple[str, int], Rounds]) -> Iterator[Target]:
    """Of everything that was measured, by suite and number of workers."""
    for (name, workers), found in _TARGETS.items():
        if (name, workers) in measured:
            yield from found(measured[name, workers])
    if ("many", 0) in measured and ("trivial", 0) in measured:
        grown = measured["many", 0].over_plain(DDCI.name, _PEAK)
        grown -= measured["trivial", 0].over_plain(DDCI.name, _PEAK)
        yield Target("memory over plain, growth with five times the tests", "MB", 2, grown)


def _one(rounds: Rounds) -> Iterator[Target]:
    yield Target("off, one test, over plain", "ms", 10, 1e3 * rounds.over_plain(OFF.name, _CPU))
    # Without the time that the intake takes for the announcement and for the rest.
    whole = rounds.over_plain(DDCI_SENT.name, _WALL) - 2 * SECONDS
    yield Target("start and flush of one test, over plain", "ms", 250, 1e3 * whole)


def _trivial(rounds: Rounds) -> Iterator[Target]:
    yield Target("CPU of a test over plain", "us", 100, rounds.per_test(DDCI.name, _LOOP))
    yield Target("memory over plain", "MB", 12, rounds.over_plain(DDCI.name, _PEAK))
    # Less than that of 40,000 events where there are fewer.
    most = max(2.0 * rounds.tests / 10_000, 0.3)
    yield Target("flush, over plain's end", "s", most, rounds.over_plain(DDCI_SENT.name, _END))


def _distributed(rounds: Rounds) -> Iterator[Target]:
    yield Target("-n 2, controller's CPU of a test", "us", 150, rounds.per_test(DDCI.name, _LOOP))
    workers = rounds.per_test(DDCI.name, _WORKERS)
    yield Target("-n 2, workers' CPU of a test", "us", 40, workers)
    yield Target("-n 2, wall time, ratio to plain", "", 1.05, rounds.ratio(DDCI.name, _WALL))


def _deep(rounds: Rounds) -> Iterator[Target]:
    cost_us = rounds.per_test(DDCI.name, _LOOP)
    yield Target("a failure thirty frames deep", "ms", 0.5, cost_us / 1e3)


def _huge(rounds: Rounds) -> Iterator[Target]:
    yield Target("a message of 2 MB", "ms", 25, rounds.per_test(DDCI.name, _LOOP) / 1e3)


_TARGETS: dict[tuple[str, int], Callable[[Rounds], Iterator[Target]]] = {
    ("one", 0): _one,
    ("trivial", 0): _trivial,
    ("trivial", 2): _distributed,
    ("deep", 0): _deep,
    ("huge", 0): _huge,
}
