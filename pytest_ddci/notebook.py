"""What tests say of themselves, until a report takes it along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.facts import CustomStep, Notes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.clock import Clock
    from pytest_ddci.facts import Failure


class Notebook:
    """Collects what tests say of themselves until the next report takes it.

    Args:
        clock: times the steps.
        capture: turns an exception into a failure.

    Attributes:
        has_notes: whether there is anything to take.
    """

    def __init__(self, clock: Clock, capture: Callable[[BaseException], Failure]) -> None:
        self.clock = clock
        self._capture = capture
        self.has_notes = False
        self._tags: dict[str, str] = {}
        self._metrics: dict[str, float] = {}
        self._steps: list[CustomStep] = []

    def tag(self, key: str, value: str) -> None:
        """Note a tag; the last value of a key wins."""
        self.has_notes = True
        self._tags[key] = value

    def metric(self, key: str, value: float) -> None:
        """Note a metric; the last value of a key wins."""
        self.has_notes = True
        self._metrics[key] = value

    def step(self, name: str, start_ns: int, error: BaseException | None) -> None:
        """Note a step that ends now, and with what error if it failed."""
        failure = None if error is None else self._capture(error)
        self.has_notes = True
        self._steps.append(CustomStep(name, start_ns, self.clock.now_ns(), failure))

    def take(self) -> Notes | None:
        """What was noted since the last time; None when nothing was."""
        if not self.has_notes:
            return None
        self.has_notes = False
        notes = Notes(tags=self._tags, metrics=self._metrics, steps=tuple(self._steps))
        self._tags, self._metrics, self._steps = {}, {}, []
        return notes
