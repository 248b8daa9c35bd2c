"""What the intake says about the events of one batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ddci.lines import EventLine
    from pytest_ddci.verdict import Ruling


@frozen
class Rejection:
    """An event refused for good.

    Attributes:
        offset: where the event's line begins in its journal, in bytes.
        status: the HTTP status of the refusal; that of the API's own rule (400, 413) when the
            event broke a documented limit and was not sent.
        detail: why, in one line; the API's own words where it gave any.
    """

    offset: int
    status: int
    detail: str


@frozen(kw_only=True)
class Receipt:
    """What became of one batch; every event of it is in exactly one of the three tuples.

    Attributes:
        delivered: events the intake accepted.
        rejected: events it refused for good.
        kept: events nothing is decided about: to be sent later.
        problem: one line that says why anything was kept or rejected.
        requests: requests attempted, answered or not.
        sent_bytes: bytes of their bodies, before compression.
    """

    delivered: tuple[EventLine, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    kept: tuple[EventLine, ...] = ()
    problem: str | None = None
    requests: int = 0
    sent_bytes: int = 0


@dataclass(slots=True)
class Book:
    """A receipt being written."""

    delivered: list[EventLine] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    kept: list[EventLine] = field(default_factory=list)
    problem: str | None = None
    requests: int = 0
    sent_bytes: int = 0
    refused_in_a_row: int = 0

    def deliver(self, events: Sequence[EventLine]) -> None:
        """The intake accepted these events."""
        self.delivered += events
        self.refused_in_a_row = 0

    def reject(self, event: EventLine, ruling: Ruling) -> None:
        """The intake refused this event for good."""
        self.rejected.append(Rejection(event.offset, ruling.status, ruling.detail or ruling.words))
        self.problem = self.problem or f"rejected: {ruling.words}"
        self.refused_in_a_row += 1

    def keep(self, events: Sequence[EventLine], words: str) -> None:
        """Nothing is decided about these events; that is the problem worth telling."""
        self.kept += events
        self.problem = words

    def receipt(self) -> Receipt:
        """What became of the batch."""
        return Receipt(
            delivered=tuple(self.delivered),
            rejected=tuple(self.rejected),
            kept=tuple(self.kept),
            problem=self.problem,
            requests=self.requests,
            sent_bytes=self.sent_bytes,
        )
