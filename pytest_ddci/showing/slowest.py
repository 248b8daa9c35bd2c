"""The slowest attempts of a run."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.showing.attempts import phases_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from pytest_ddci.showing.attempts import Attempt


@frozen
class Slow:
    """A slow attempt, and the seconds of its phases as far as they are known."""

    attempt: Attempt
    phases: Mapping[str, float]


class Slowest:
    """So many of them, at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen = 0
        self._heap: list[tuple[int, int, Slow]] = []

    def add(self, attempt: Attempt, job: Mapping[str, Any]) -> None:
        """Take in an attempt, and the job that tells of it."""
        self._seen += 1
        if len(self._heap) == self._most:
            if not self._heap or attempt.duration_ns <= self._heap[0][0]:
                return
            heapq.heappop(self._heap)
        # Of equals the earlier one comes first.
        slow = Slow(attempt, phases_of(job))
        heapq.heappush(self._heap, (attempt.duration_ns, -self._seen, slow))

    def __iter__(self) -> Iterator[Slow]:
        """The slowest one first."""
        return (slow for _, _, slow in sorted(self._heap, reverse=True))
