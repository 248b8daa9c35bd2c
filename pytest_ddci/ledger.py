"""The books of one flush while it goes on: counts, and which bytes of the journal were accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.accounting import Accounting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_ddci.lines import EventLine
    from pytest_ddci.receipt import Receipt, Rejection

Range = tuple[int, int]
"""Bytes [a, b) of a journal; its event lines are meant, not the notes between them."""


class Spans:
    """Which events of a journal, kept as few ranges: neighbours among the events join."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        self._spans: list[tuple[int, int, int, int]] = []

    def add(self, events: Iterable[EventLine]) -> None:
        """Add events, in any order."""
        spans = self._spans
        for event in sorted(events, key=lambda each: each.index):
            if spans and spans[-1][1] + 1 == event.index:
                first, _, start, _ = spans[-1]
                spans[-1] = (first, event.index, start, event.end)
            else:
                spans.append((event.index, event.index, event.offset, event.end))

    def ranges(self) -> tuple[Range, ...]:
        """The ranges, in order."""
        merged: list[tuple[int, int, int, int]] = []
        for span in sorted(self._spans):
            if merged and merged[-1][1] + 1 == span[0]:
                merged[-1] = (merged[-1][0], span[1], merged[-1][2], span[3])
            else:
                merged.append(span)
        return tuple((start, end) for _, _, start, end in merged)


class Ledger:
    """Counts what becomes of events; whatever is not settled counts as kept."""

    def __init__(self) -> None:
        self.spans = Spans()
        self.rejected: list[Rejection] = []
        self.emitted = 0
        self.delivered = 0
        self._levels = {"pipeline": 0, "stage": 0, "job": 0, "step": 0}
        self._requests = 0
        self._sent_bytes = 0
        self._kept_because: str | None = None
        self._rejected_because: str | None = None

    @property
    def settled(self) -> int:
        """Events that are delivered or rejected."""
        return self.delivered + len(self.rejected)

    def saw(self, event: EventLine) -> None:
        """An event was read from the journal."""
        self.emitted += 1
        self._levels[event.level] += 1

    def reject(self, rejection: Rejection) -> None:
        """An event broke a documented limit and is not sent."""
        self.rejected.append(rejection)
        self._rejected_because = self._rejected_because or f"rejected: {rejection.detail}"

    def enter(self, receipt: Receipt) -> None:
        """A batch came back."""
        self.spans.add(receipt.delivered)
        self.delivered += len(receipt.delivered)
        self.rejected += receipt.rejected
        self._requests += receipt.requests
        self._sent_bytes += receipt.sent_bytes
        if receipt.kept:
            self.trouble(receipt.problem or "no reason given")
        elif receipt.rejected:
            self._rejected_because = self._rejected_because or receipt.problem

    def trouble(self, words: str) -> None:
        """Events are kept, for this reason; the first reason is the one told."""
        self._kept_because = self._kept_because or words

    def accounting(self, seconds: float) -> Accounting:
        """The books as they stand."""
        return Accounting(
            emitted=self.emitted,
            delivered=self.delivered,
            rejected=len(self.rejected),
            kept=self.emitted - self.settled,
            emitted_by_level=dict(self._levels),
            requests=self._requests,
            sent_bytes=self._sent_bytes,
            seconds=seconds,
            problem=self._kept_because or self._rejected_because,
        )
