"""Runs in turn, and what is to be said of pairs of runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.contenders import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.bench.contenders import Contender
    from tests.bench.process import Figures

    Part = Callable[[Figures], float]


@dataclass(slots=True)
class Rounds:
    """The runs of all contenders on one suite: as many of each, the n-th of all side by side.

    Attributes:
        tests: how many tests the suite has.
        runs: by contender, in order.
    """

    tests: int
    runs: dict[str, list[Figures]] = field(default_factory=dict)

    def run(
        self, contenders: Iterable[Contender], count: int, once: Callable[[Contender], Figures]
    ) -> None:
        """All of them in turn, A B C A B C: a machine that slows down slows all of them down."""
        listed = list(contenders)
        for _ in range(count):
            for contender in listed:
                self.runs.setdefault(contender.name, []).append(once(contender))

    def middle(self, name: str, part: Part) -> float:
        """The median of a figure."""
        return median(map(part, self.runs[name]))

    def over_plain(self, name: str, part: Part) -> float:
        """The median of what a figure is more than plain pytest's of the same round."""
        return median(
            part(one) - part(plain)
            for one, plain in zip(self.runs[name], self.runs[PLAIN], strict=True)
        )

    def ratio(self, name: str, part: Part) -> float:
        """The median of a figure's ratios to plain pytest's of the same round."""
        return median(
            part(one) / part(plain)
            for one, plain in zip(self.runs[name], self.runs[PLAIN], strict=True)
        )

    def per_test(self, name: str, part: Part) -> float:
        """Microseconds of each test more than with plain pytest."""
        return self.over_plain(name, part) / self.tests * 1e6
