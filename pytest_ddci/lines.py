"""The lines of a journal, read one by one within bounded memory.

An event line is exactly what goes over the wire as one element of `data`. A control line, which
begins with `{"ddci":`, is ours: the run's header, notes of started attempts, verdicts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pytest_ddci.frozen import frozen
from pytest_ddci.json_text import from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Level = Literal["pipeline", "stage", "job", "step"]

LONGEST = 32 * 1024 * 1024
"""Bytes of the longest line that is read; a longer one is reported as bad."""

# Held here, where no test that mocks `json.dumps` finds it.
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_CHUNK = 256 * 1024
_EVENT = b'{"type":"cipipeline_resource_request",'
_CONTROL = b'{"ddci":"'
_LONGEST_KIND = 20
CUT = "cut short, as a killed writer leaves it"
_ENDLESS = "cut short: the last line has no end"
_LEVEL = b'"resource":{"level":"'
_LEVELS: dict[bytes, Level] = {
    b"pipeline": "pipeline",
    b"stage": "stage",
    b"job": "job",
    b"step": "step",
}


@frozen
class EventLine:
    """An event.

    Attributes:
        offset: where the line begins in the journal, in bytes.
        index: which event of the journal this is, counted from 0.
        level: pipeline, stage, job or step.
        data: the event as it goes over the wire, without the newline.
    """

    offset: int
    index: int
    level: Level
    data: bytes

    @property
    def end(self) -> int:
        """Where the next line begins, in bytes."""
        return self.offset + len(self.data) + 1

    def decoded(self) -> dict[str, Any] | None:
        """The event as an object; None when it is no JSON object."""
        return _object(self.data)

    def resource(self) -> dict[str, Any] | None:
        """The pipeline, stage, job or step of it; None when the event is damaged."""
        attributes = (self.decoded() or {}).get("attributes")
        found = attributes.get("resource") if isinstance(attributes, dict) else None
        return found if isinstance(found, dict) else None


@frozen
class ControlLine:
    """A line of ours: `kind` is `header`, `started`, `part`, `verdicts` or `rejected`."""

    offset: int
    kind: str
    data: bytes

    def decoded(self) -> dict[str, Any] | None:
        """The line as an object; None when it is no JSON object."""
        return _object(self.data)


@frozen
class BadLine:
    """A line that is neither an event nor ours.

    Attributes:
        offset: where the line begins in the journal, in bytes.
        number: which line of the journal this is, counted from 1.
        reason: what is wrong with it, for the user.
        severe: False for what is no damage: a killed writer's last words, a repetition.
        endless: whether it is the last line and has no newline.
    """

    offset: int
    number: int
    reason: str
    severe: bool = True
    endless: bool = False


Line = EventLine | ControlLine | BadLine


def event_line(attributes: Mapping[str, object], resource: Mapping[str, object]) -> bytes:
    """An event that is built as a whole, as it goes over the wire.

    Args:
        attributes: what stands beside the resource: provider, environment, service.
        resource: the pipeline, stage, job or step.
    """
    ordered = {"level": resource["level"], **resource}
    event = {
        "type": "cipipeline_resource_request",
        "attributes": {**attributes, "resource": ordered},
    }
    return _encoded(event)


def part_line(resource: Mapping[str, object]) -> bytes:
    """The note of a process that shares its pipeline: the final event as far as it knows."""
    return _encoded({"ddci": "part", "pipeline": resource})


def level_of(data: bytes) -> Level | None:
    """The level of an event line without decoding it; None when it has none.

    Quotes within JSON texts are escaped, so the first match is the resource itself.
    """
    start = data.find(_LEVEL)
    if start < 0:
        return None
    start += len(_LEVEL)
    return _LEVELS.get(data[start : data.find(b'"', start)])


def stops_short(data: bytes) -> bool:
    """Whether the JSON of a line that ends in a brace stops there too early.

    That is what a killed writer may leave; anything else that is no JSON is damage.
    """
    text = data.decode("utf-8", "replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos == len(text) or error.msg.startswith("Unterminated string")
    except (ValueError, RecursionError):
        return False
    return False


def read_lines(read_at: Callable[[int, int], bytes]) -> Iterator[Line]:
    """The lines of a file, in order.

    A last line without a newline is the mark of a killed writer and comes as a `BadLine`, like
    anything else that is no line of ours.

    Args:
        read_at: gives at most so many bytes (second argument) from an offset (first argument);
            nothing at the end of the file.
    """
    index = 0
    for number, (offset, data, reason) in enumerate(_pieces(read_at), start=1):
        if reason == _ENDLESS:
            line: Line = BadLine(offset, number, reason, severe=not _is_cut(data), endless=True)
        elif reason:
            line = BadLine(offset, number, reason)
        else:
            line = _classify(data, offset, number, index)
        if isinstance(line, EventLine):
            index += 1
        yield line


def _pieces(read_at: Callable[[int, int], bytes]) -> Iterator[tuple[int, bytes, str]]:
    """Offset and bytes of each line, and why it cannot be used, if so."""
    offset = position = size = 0
    held: list[bytes] = []
    while chunk := read_at(position, _CHUNK):
        position += len(chunk)
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            size += len(end)
            if size > LONGEST:
                yield offset, b"", f"longer than {LONGEST} bytes"
            else:
                yield offset, b"".join([*held, end]) if held else end, ""
            offset += size + 1
            held, size = [], 0
        size += len(rest)
        if size > LONGEST:
            held = []
        elif rest:
            held.append(rest)
    if size:
        yield offset, b"".join(held), _ENDLESS


def _classify(data: bytes, offset: int, number: int, index: int) -> Line:
    if data.startswith(_EVENT) and data.endswith(b"}"):
        level = level_of(data)
        if level is not None:
            return EventLine(offset, index, level, data)
    elif data.startswith(_CONTROL) and data.endswith(b"}"):
        kind, quote, _ = data[len(_CONTROL) : len(_CONTROL) + _LONGEST_KIND].partition(b'"')
        if quote and kind.isalpha():
            return ControlLine(offset, kind.decode("ascii"), data)
    elif _is_cut(data):
        return BadLine(offset, number, CUT, severe=False)
    return BadLine(offset, number, "neither an event nor a line of ours" if data else "empty")


def _is_cut(data: bytes) -> bool:
    """Whether it begins as one of our lines does, as far as it goes."""
    return data != b"" and any(
        data.startswith(each) or each.startswith(data) for each in (_EVENT, _CONTROL)
    )


def _encoded(line: Mapping[str, object]) -> bytes:
    return _ENCODE(line).encode("ascii")


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = from_json(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
