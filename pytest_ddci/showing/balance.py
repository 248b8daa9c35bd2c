"""How evenly xdist's workers were busy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.showing.attempts import Attempt


@dataclass(slots=True)
class Worker:
    """What a worker did.

    Attributes:
        busy_ns: the sum of its attempts; what lies between them is idle time.
    """

    name: str
    attempts: int = 0
    busy_ns: int = 0


class Balance:
    """The workers of a run, and from when to when any of them ran tests.

    Attributes:
        start_ns: start of the first test, in nanoseconds since the epoch.
        end_ns: end of the last one.
    """

    def __init__(self) -> None:
        self.start_ns = 0
        self.end_ns = 0
        self._workers: dict[str, Worker] = {}

    def add(self, attempt: Attempt) -> None:
        """Take in an attempt; one of no worker does not matter."""
        if not attempt.worker:
            return
        self.start_ns = min(self.start_ns or attempt.start_ns, attempt.start_ns)
        self.end_ns = max(self.end_ns, attempt.end_ns)
        worker = self._workers.setdefault(attempt.worker, Worker(attempt.worker))
        worker.attempts += 1
        worker.busy_ns += attempt.duration_ns

    @property
    def span_ns(self) -> int:
        """From the first test to the last."""
        return self.end_ns - self.start_ns

    def share(self, worker: Worker) -> float:
        """How much of that time a worker was busy, from 0 to 1."""
        return min(worker.busy_ns / self.span_ns, 1.0) if self.span_ns else 1.0

    def __len__(self) -> int:
        return len(self._workers)

    def __iter__(self) -> Iterator[Worker]:
        """By name, numbers in their order."""
        return iter(sorted(self._workers.values(), key=lambda each: _natural(each.name)))


def _natural(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    return letters, int(digits) if digits.isascii() and digits else -1
