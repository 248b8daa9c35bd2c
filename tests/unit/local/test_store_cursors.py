"""Ids and cursors: places in the order of events."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.local.cursors import Place, cursor_after, event_id, place_of

PLACES = st.builds(Place, st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1))


@given(PLACES)
def test_a_cursor_tells_its_place(place: Place) -> None:
    assert place_of(cursor_after(place)) == place


@given(PLACES, PLACES)
def test_different_places_have_different_ids(one: Place, other: Place) -> None:
    assert (event_id(one) == event_id(other)) == (one == other)


def test_an_id_has_the_time_in_milliseconds_where_datadog_has_it() -> None:
    id_ = event_id(Place(1_666_341_894_000_123_456, 7))
    data = base64.urlsafe_b64decode(id_ + "=" * (-len(id_) % 4))
    assert id_.startswith("AgAAAYP5t3")
    assert int.from_bytes(data[3:9], "big") == 1_666_341_894_000


def test_a_cursor_is_the_id_as_datadog_writes_it() -> None:
    place = Place(1_666_341_894_000_000_000, 7)
    cursor = cursor_after(place)
    assert "=" not in cursor
    decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert json.loads(decoded) == {"after": event_id(place)}


def test_padding_is_taken_too() -> None:
    place = Place(5, 7)
    assert place_of(f"{cursor_after(place)}==") == place
