"""Sending events that are in no journal, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from pytest_ddci.delivery import deliver
from pytest_ddci.errors import InvalidEventError
from pytest_ddci.events import Attributes, Event
from pytest_ddci.frozen import frozen
from pytest_ddci.lines import EventLine
from pytest_ddci.request import complaints

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from pytest_ddci.accounting import Accounting
    from pytest_ddci.clock import Clock, Deadline
    from pytest_ddci.delivery import Sender
    from pytest_ddci.events import (
        Job,
        Pipeline,
        RunningJob,
        RunningPipeline,
        Stage,
        Step,
    )

    Resource: TypeAlias = Pipeline | RunningPipeline | Stage | Job | RunningJob | Step
    Sendable: TypeAlias = Event | Attributes | Resource | Mapping[str, Any]


@frozen
class Refused:
    """An event refused for good.

    Attributes:
        index: which of the events that were sent, from 0.
        status: the HTTP status of the refusal.
        detail: why, in one line; the API's own words where it gave any.
    """

    index: int
    status: int
    detail: str


@frozen
class Sent:
    """What became of events; every one is in exactly one of the three tuples.

    Attributes:
        accounting: the books; `accounting.problem` says why anything was rejected or kept.
        delivered: which events the API accepted, from 0.
        rejected: events it refused for good.
        kept: which events nothing is decided about: they can be sent again.
    """

    accounting: Accounting
    delivered: tuple[int, ...]
    rejected: tuple[Refused, ...]
    kept: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether the API accepted every event."""
        return self.accounting.complete

    @property
    def problem(self) -> str | None:
        """One line that says why anything was rejected or kept."""
        return self.accounting.problem


def send(
    events: Sendable | Iterable[Sendable], intake: Sender, deadline: Deadline, clock: Clock
) -> Sent:
    """Send one event or many, as `delivery` does: jobs and steps first, the pipeline last.

    Raises:
        InvalidEventError: one of them is none; nothing has been sent.
    """
    lines = _lines(events)
    report = deliver(lines, intake, deadline, clock)
    indexes = {line.offset: line.index for line in lines}
    rejected = [Refused(indexes[each.offset], each.status, each.detail) for each in report.rejected]
    delivered = [
        line.index
        for line in lines
        if any(start <= line.offset < end for start, end in report.delivered)
    ]
    settled = {*delivered, *(each.index for each in rejected)}
    return Sent(
        report.accounting,
        tuple(delivered),
        tuple(sorted(rejected, key=lambda each: each.index)),
        tuple(index for index in range(len(lines)) if index not in settled),
    )


def _lines(events: Sendable | Iterable[Sendable]) -> list[EventLine]:
    """The events as a journal with nothing else would give them."""
    many = [events] if isinstance(events, (BaseModel, Mapping)) else events
    lines = []
    offset = 0
    for index, each in enumerate(many):
        event = _event(each, index)
        lines.append(EventLine(offset, index, event.attributes.resource.level, event.wire()))
        offset = lines[-1].end
    return lines


def _event(value: object, index: int) -> Event:
    """An event, from one, from its attributes, or from its resource alone."""
    if isinstance(value, Attributes):
        value = {"attributes": value}
    elif (isinstance(value, Mapping) and "level" in value) or hasattr(value, "level"):
        value = {"attributes": {"resource": value}}
    try:
        return Event.model_validate(value)
    except ValidationError as problem:
        said = complaints(problem)[0]
    raise InvalidEventError(f"event {index}: {said}")
