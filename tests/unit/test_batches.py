from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.batches import MAX_BYTES, MAX_EVENTS, Batch, is_too_large, pack
from pytest_ddci.body import Body
from pytest_ddci.lines import EventLine

ENVELOPE = len(b'{"data":[]}')


def of_size(size: int) -> EventLine:
    return EventLine(0, 0, "job", b"x" * size)


def test_a_batch_has_at_most_a_thousand_events() -> None:
    assert [len(each.events) for each in pack([of_size(1)] * (MAX_EVENTS * 2 + 1))] == [
        MAX_EVENTS,
        MAX_EVENTS,
        1,
    ]


def test_a_body_has_at_most_four_and_a_half_megabytes_with_its_envelope() -> None:
    half = (MAX_BYTES - ENVELOPE - 1) // 2
    assert len(pack([of_size(half), of_size(half)])) == 1
    assert len(pack([of_size(half), of_size(half + 2)])) == 2


def test_an_event_is_too_large_when_it_does_not_fit_alone() -> None:
    assert not is_too_large(of_size(MAX_BYTES - ENVELOPE))
    assert is_too_large(of_size(MAX_BYTES - ENVELOPE + 1))


@given(st.lists(st.integers(0, 2_000_000), max_size=12))
def test_the_size_of_a_batch_is_that_of_its_body_and_no_event_is_lost(sizes: list[int]) -> None:
    events = [of_size(size) for size in sizes]
    batches = pack(events)
    assert [each for batch in batches for each in batch.events] == events
    assert all(batch.size == Body(batch.events).size <= MAX_BYTES for batch in batches)


def test_nothing_is_packed_into_nothing() -> None:
    assert pack([]) == []
    assert Batch().size == ENVELOPE
