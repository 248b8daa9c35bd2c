"""What is sent is the JSON of the events, in pieces."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.body import Body
from pytest_ddci.lines import EventLine

KIBIBYTE = 1024
SIZES = st.lists(st.integers(0, 100 * KIBIBYTE), min_size=1, max_size=9)


def events(sizes: list[int]) -> list[EventLine]:
    return [
        EventLine(0, number, "job", json.dumps({"n": number, "x": "x" * size}).encode())
        for number, size in enumerate(sizes)
    ]


@given(SIZES | st.just([]))
def test_the_pieces_are_the_json_of_the_events_in_order(sizes: list[int]) -> None:
    sent = events(sizes)
    whole = b"".join(Body(sent))
    assert json.loads(whole) == {"data": [json.loads(event.data) for event in sent]}
    assert whole == b'{"data":[' + b",".join(event.data for event in sent) + b"]}"
    assert Body(sent).size == len(whole)


@given(SIZES)
def test_a_piece_is_64_kibibytes_and_at_most_one_event_more(sizes: list[int]) -> None:
    longest = max(len(event.data) for event in events(sizes))
    *full, _ = map(len, Body(events(sizes)))
    assert all(64 * KIBIBYTE <= size <= 65 * KIBIBYTE + longest for size in full)


def test_it_can_be_sent_again() -> None:
    body = Body(events([70 * KIBIBYTE, 3]))
    assert list(body) == list(body)
