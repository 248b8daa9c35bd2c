"""The body of a request, made piece by piece while it is sent: the whole of it never stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_ddci.lines import EventLine

_OPENING, _CLOSING = b'{"data":[', b"]}"
# A socket takes about as much at once.
_PIECE = 64 * 1024


class Body:
    """The JSON of events that are sent together; every time it is gone through anew.

    Args:
        events: in the order in which they are sent.

    Attributes:
        size: how long it is, in bytes.
    """

    def __init__(self, events: Sequence[EventLine]) -> None:
        self._events = events
        commas = max(len(events) - 1, 0)
        self.size = sum(len(event.data) for event in events) + commas
        self.size += len(_OPENING) + len(_CLOSING)

    def __iter__(self) -> Iterator[bytes]:
        """Its pieces, of 64 KiB or little more."""
        held, size, before = [_OPENING], 0, b""
        for event in self._events:
            held += before, event.data
            size += len(event.data)
            before = b","
            if size >= _PIECE:
                yield b"".join(held)
                held, size = [], 0
        yield b"".join([*held, _CLOSING])
