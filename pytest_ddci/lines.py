"""The lines of a journal, read one by one within bounded memory.

An event line is exactly what goes over the wire as one element of `data`. A control line, which
begins with `{"ddci":`, is ours: the run's header, notes of started attempts, verdicts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Level = Literal["pipeline", "stage", "job", "step"]

LONGEST = 32 * 1024 * 1024
"""Bytes of the longest line that is read; a longer one is reported as bad."""

_CHUNK = 256 * 1024
_EVENT = b'{"type":"cipipeline_resource_request",'
_CONTROL = b'{"ddci":"'
_LEVEL = b'"resource":{"level":"'
_LEVELS: dict[bytes, Level] = {
    b"pipeline": "pipeline",
    b"stage": "stage",
    b"job": "job",
    b"step": "step",
}


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class ControlLine:
    """A line of ours: `kind` is `header`, `started`, `verdicts` or `rejected`."""

    offset: int
    kind: str
    data: bytes

    def decoded(self) -> dict[str, Any] | None:
        """The line as an object; None when it is no JSON object."""
        return _object(self.data)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is neither; `number` counts from 1, `reason` is for the user."""

    offset: int
    number: int
    reason: str


Line = EventLine | ControlLine | BadLine


def level_of(data: bytes) -> Level | None:
    """The level of an event line without decoding it; None when it has none.

    Quotes within JSON texts are escaped, so the first match is the resource itself.
    """
    start = data.find(_LEVEL)
    if start < 0:
        return None
    start += len(_LEVEL)
    return _LEVELS.get(data[start : data.find(b'"', start)])


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
        line = BadLine(offset, number, reason) if reason else _classify(data, offset, number, index)
        if isinstance(line, EventLine):
            index += 1
        yield line


def _pieces(read_at: Callable[[int, int], bytes]) -> Iterator[tuple[int, bytes, str]]:
    """Offset and bytes of each line, or its offset and why it cannot be used."""
    offset = position = 0
    rest = b""
    overlong = False
    while chunk := read_at(position, _CHUNK):
        position += len(chunk)
        *whole, rest = (rest + chunk).split(b"\n")
        for data in whole:
            if overlong:
                yield offset, b"", f"longer than {LONGEST} bytes"
                offset = position - len(rest) - sum(len(each) + 1 for each in whole[1:])
                overlong = False
            else:
                yield offset, data, ""
                offset += len(data) + 1
        if len(rest) > LONGEST:
            overlong, rest = True, b""
    if rest or overlong:
        yield offset, b"", "cut short: the last line has no end"


def _classify(data: bytes, offset: int, number: int, index: int) -> Line:
    if data.startswith(_EVENT) and data.endswith(b"}"):
        level = level_of(data)
        if level is not None:
            return EventLine(offset, index, level, data)
    if data.startswith(_CONTROL) and data.endswith(b"}"):
        kind = data[len(_CONTROL) : data.find(b'"', len(_CONTROL))]
        return ControlLine(offset, kind.decode("ascii", "replace"), data)
    return BadLine(offset, number, "neither an event nor a line of ours" if data else "empty")


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
