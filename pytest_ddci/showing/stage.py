"""A stage of a run, as far as its jobs and its own event tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.showing.attempts import Attempt

_BAD = {"failed": "error", "canceled": "canceled"}


@dataclass(slots=True)
class Stage:
    """A stage.

    Attributes:
        said: its status by its own event; empty while there is none.
        counts: of its tests, by the names of the metrics `tests.*`.
        told: the attempts in it that are worth a line of their own, by their ids.
    """

    name: str
    start_ns: int
    end_ns: int
    said: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)
    told: dict[str, Attempt] = field(default_factory=dict)
    _counted: Counter[str] = field(default_factory=Counter)

    @property
    def status(self) -> str:
        """What its event says, else what its tests have come to so far."""
        if self.said:
            return self.said
        return next((status for name, status in _BAD.items() if self._counted[name]), "success")

    def stretch(self, start_ns: int, end_ns: int) -> None:
        """Cover that span too."""
        self.start_ns = min(self.start_ns, start_ns)
        self.end_ns = max(self.end_ns, end_ns)

    def count(self, attempt: Attempt) -> None:
        """Count an attempt; only a final one is a test."""
        self.counts = self._counted
        if not attempt.final:
            self._counted["reruns"] += 1
            return
        if attempt.outcome:
            self._counted[attempt.outcome] += 1
        if attempt.flaky:
            self._counted["flaky"] += 1

    def end(self, status: str, counts: Mapping[str, float]) -> None:
        """Take in its own event, which knows better."""
        self.said = status
        self.counts = counts or self.counts
