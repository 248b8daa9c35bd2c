"""Ids of events and cursors of pages, which are opaque to all but this module.

An id is unpadded base64url of 20 bytes: 3 of a constant, the time in milliseconds (6 bytes, as in
the ids that Datadog gives), what the time has beyond them in nanoseconds (3), and the tie (8). A
cursor is unpadded base64url of `{"after":"<id>"}`, as recorded from Datadog. Both tell a place in
the order of events, which needs no event to be there.
"""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from pytest_ddci.errors import QueryError
from pytest_ddci.moments import MILLISECOND

_CONSTANT = b"\x02\x00\x00"
_SIZE = 20
_LONGEST = 200


class Place(NamedTuple):
    """A place in the order of events.

    Attributes:
        time: nanoseconds since the epoch.
        tie: orders events with equal times.
    """

    time: int
    tie: int


def event_id(place: Place) -> str:
    """The id of the event at that place."""
    milliseconds, rest = divmod(place.time, MILLISECOND)
    return _text(
        _CONSTANT
        + milliseconds.to_bytes(6, "big", signed=True)
        + rest.to_bytes(3, "big")
        + place.tie.to_bytes(8, "big")
    )


def cursor_after(place: Place) -> str:
    """The cursor of the page that begins behind that place."""
    return _text(json.dumps({"after": event_id(place)}, separators=(",", ":")).encode("ascii"))


def place_of(cursor: str) -> Place:
    """The place that a cursor tells.

    Raises:
        QueryError: it is no cursor that was given here.
    """
    try:
        found = json.loads(_bytes(cursor))
        data = _bytes(found["after"])
    except (ValueError, TypeError, KeyError, RecursionError):
        data = b""
    if len(data) != _SIZE or not data.startswith(_CONSTANT):
        raise QueryError("Field 'page.cursor' is invalid: it is no cursor that was given here")
    time = int.from_bytes(data[3:9], "big", signed=True) * MILLISECOND
    return Place(time + int.from_bytes(data[9:12], "big"), int.from_bytes(data[12:], "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    if len(text) > _LONGEST:
        raise ValueError("too long")
    bare = text.rstrip("=").encode("ascii")
    return base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True)
