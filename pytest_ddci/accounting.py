"""What became of every event: `emitted == delivered + rejected + kept`."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen(kw_only=True)
class Accounting:
    """The books of one flush.

    Attributes:
        emitted: events the journal gave to the flush.
        delivered: events the intake accepted.
        rejected: events refused for good, by the intake or by its documented limits.
        kept: events that stay in the journal, to be sent later.
        emitted_by_level: `emitted` split by level.
        requests: requests attempted, answered or not.
        sent_bytes: bytes of all request bodies, before compression.
        seconds: how long the flush took.
        problem: one line that says why anything was kept or rejected.

    Raises:
        ValueError: the numbers do not add up, or one is negative.
    """

    emitted: int = 0
    delivered: int = 0
    rejected: int = 0
    kept: int = 0
    emitted_by_level: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    sent_bytes: int = 0
    seconds: float = 0.0
    problem: str | None = None

    def __post_init__(self) -> None:
        """Hold the law."""
        if min(self.emitted, self.delivered, self.rejected, self.kept) < 0:
            raise ValueError(f"a count is negative: {self}")
        if self.emitted != self.delivered + self.rejected + self.kept:
            raise ValueError(
                f"{self.emitted} events emitted, but {self.delivered} delivered "
                f"+ {self.rejected} rejected + {self.kept} kept"
            )
        if sum(self.emitted_by_level.values()) != self.emitted:
            raise ValueError(f"{self.emitted} events emitted, but {dict(self.emitted_by_level)}")

    @property
    def complete(self) -> bool:
        """Whether the intake accepted every event."""
        return self.delivered == self.emitted

    def plus(self, other: Accounting) -> Accounting:
        """The books of both flushes together; the first problem is the one told."""
        levels = dict(self.emitted_by_level)
        for level, count in other.emitted_by_level.items():
            levels[level] = levels.get(level, 0) + count
        return Accounting(
            emitted=self.emitted + other.emitted,
            delivered=self.delivered + other.delivered,
            rejected=self.rejected + other.rejected,
            kept=self.kept + other.kept,
            emitted_by_level=levels,
            requests=self.requests + other.requests,
            sent_bytes=self.sent_bytes + other.sent_bytes,
            seconds=self.seconds + other.seconds,
            problem=self.problem or other.problem,
        )
