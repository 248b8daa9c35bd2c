"""Batches: which events go into one request, within the API's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.body import Body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_ddci.lines import EventLine

MAX_EVENTS = 1_000
"""Events in one request (API schema of September 2025)."""

MAX_BYTES = 4_500_000
"""Bytes of one body, uncompressed. Undocumented: Datadog's own clients stay below 4.5 MB."""

_ENVELOPE = Body(()).size


class Batch:
    """Events of one request, in the order they are sent; `size` is that of the body, in bytes."""

    __slots__ = ("events", "size")

    def __init__(self) -> None:
        self.events: list[EventLine] = []
        self.size = _ENVELOPE

    def fits(self, event: EventLine) -> bool:
        """Whether there is room for the event."""
        return (
            len(self.events) < MAX_EVENTS
            and self.size + len(event.data) + bool(self.events) <= MAX_BYTES
        )

    def add(self, event: EventLine) -> None:
        """Add an event that fits."""
        self.size += len(event.data) + bool(self.events)
        self.events.append(event)


def is_too_large(event: EventLine) -> bool:
    """Whether no request can carry the event."""
    return not Batch().fits(event)


def pack(events: Iterable[EventLine]) -> list[Batch]:
    """The events in as few batches as keep their order; each must fit into one alone."""
    batches = [Batch()]
    for event in events:
        if not batches[-1].fits(event):
            batches.append(Batch())
        batches[-1].add(event)
    return [batch for batch in batches if batch.events]
