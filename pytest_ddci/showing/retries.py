"""Tests that were tried more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.showing.attempts import Attempt, Failure

REMEMBERED = 1_000
"""Tests that are remembered; the others are counted."""


@dataclass(slots=True)
class Retried:
    """A test with several attempts.

    Attributes:
        attempts: how many there were.
        last: the last one.
        failure: why the last one that failed did.
    """

    attempts: int
    last: Attempt
    failure: Failure | None


class Retries:
    """All such tests, in the order of their first attempts."""

    def __init__(self) -> None:
        self._by_name: dict[str, Retried] = {}

    def add(self, attempt: Attempt, failure: Failure | None) -> None:
        """Take in an attempt; one that is the first and the last at its test does not matter."""
        if attempt.final and attempt.number == 1 and not attempt.flaky:
            return
        known = self._by_name.get(attempt.name)
        if known is not None:
            known.attempts = max(known.attempts + 1, attempt.number)
            known.last = attempt
            known.failure = failure or known.failure
        elif len(self._by_name) < REMEMBERED:
            self._by_name[attempt.name] = Retried(attempt.number, attempt, failure)

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Retried]:
        return iter(self._by_name.values())
