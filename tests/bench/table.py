"""What is printed."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from tests.bench.contenders import PLAIN

if TYPE_CHECKING:
    from tests.bench.intake import SlowIntake
    from tests.bench.rounds import Rounds

_HEADS = ("cpu x", "wall x", "us/test", "workers", "peak MB", "start ms", "end ms")
_WALL, _CPU, _PEAK = attrgetter("wall"), attrgetter("cpu"), attrgetter("peak")
_START, _END = attrgetter("start"), attrgetter("end")
_LOOP, _WORKERS = attrgetter("loop"), attrgetter("workers")


def figures(title: str, rounds: Rounds) -> str:
    """Plain pytest as it is, of the others the ratio to it or what they add to it."""
    count = len(rounds.runs[PLAIN])
    lines = [
        f"{title}: {rounds.tests:,} tests, medians of {count} paired runs",
        f"{'':28}{''.join(f'{head:>10}' for head in _HEADS)}",
    ]
    for name in rounds.runs:
        more = rounds.middle if name == PLAIN else rounds.over_plain
        sign = "" if name == PLAIN else "+"
        cells = (
            f"{rounds.ratio(name, _CPU):.3f}",
            f"{rounds.ratio(name, _WALL):.3f}",
            f"{more(name, _LOOP) / rounds.tests * 1e6:{sign}.0f}",
            f"{more(name, _WORKERS) / rounds.tests * 1e6:{sign}.0f}",
            f"{more(name, _PEAK):{sign}.1f}",
            f"{more(name, _START) * 1e3:{sign}.0f}",
            f"{more(name, _END) * 1e3:{sign}.0f}",
        )
        lines.append(f"{name:28}{''.join(f'{cell:>10}' for cell in cells)}")
    return "\n".join(lines)


def sent(intake: SlowIntake) -> str:
    """What the intake was given."""
    size = intake.sent_bytes / max(intake.events, 1)
    return (
        f"the intake got {intake.events:,} events in {intake.requests:,} requests, "
        f"{intake.sent_bytes / 1e6:,.1f} MB, {size:,.0f} bytes an event"
    )


def instructions(how: str, counted: dict[str, float]) -> str:
    """Instructions of a test."""
    plain = counted[PLAIN]
    lines = [f"instructions of a trivial test, counted by {how}"]
    for name, count in counted.items():
        more = "" if name == PLAIN else f"{count - plain:+14,.0f}{(count - plain) / plain:+10.2%}"
        lines.append(f"{name:28}{count:14,.0f}{more}")
    return "\n".join(lines)
