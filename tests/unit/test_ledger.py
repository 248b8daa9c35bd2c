from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.ledger import Ledger, Spans
from pytest_ddci.lines import EventLine
from pytest_ddci.receipt import Receipt, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable


def journal(count: int) -> list[EventLine]:
    """Events of ten bytes with a note of ninety bytes before each."""
    return [EventLine(index * 100 + 90, index, "job", b"x" * 9) for index in range(count)]


def covered(spans: Spans, events: Iterable[EventLine]) -> set[int]:
    return {
        each.index
        for each in events
        if any(start <= each.offset < end for start, end in spans.ranges())
    }


def test_neighbours_join_across_the_notes_between_them() -> None:
    spans = Spans()
    spans.add(journal(3))
    assert spans.ranges() == ((90, 300),)


@given(st.permutations(range(12)), st.integers(0, 12), st.integers(1, 4))
def test_ranges_cover_exactly_what_was_added_in_any_order(
    order: list[int], taken: int, batch: int
) -> None:
    events = journal(12)
    chosen = [events[index] for index in order[:taken]]
    spans = Spans()
    for start in range(0, taken, batch):
        spans.add(chosen[start : start + batch])
    assert covered(spans, events) == {each.index for each in chosen}


def test_a_run_delivered_in_order_is_one_range() -> None:
    spans, events = Spans(), journal(100)
    for start in (50, 0, 75, 25):
        spans.add(events[start : start + 25])
    assert len(spans.ranges()) == 1


def test_what_is_not_settled_is_kept() -> None:
    ledger, events = Ledger(), journal(4)
    for each in events:
        ledger.saw(each)
    ledger.enter(
        Receipt(
            delivered=tuple(events[:1]),
            rejected=(Rejection(events[1].offset, 400, "bad"),),
            kept=tuple(events[2:3]),
            problem="HTTP 503",
            requests=3,
            sent_bytes=70,
        )
    )
    books = ledger.accounting(1.5)
    assert (books.emitted, books.delivered, books.rejected, books.kept) == (4, 1, 1, 2)
    assert (books.requests, books.sent_bytes, books.seconds) == (3, 70, 1.5)
    assert books.problem == "HTTP 503"
    assert books.emitted_by_level == {"pipeline": 0, "stage": 0, "job": 4, "step": 0}


def test_why_events_are_kept_is_told_before_why_others_were_rejected() -> None:
    ledger, [event] = Ledger(), journal(1)
    ledger.saw(event)
    ledger.reject(Rejection(event.offset, 413, "too large"))
    assert ledger.accounting(0).problem == "rejected: too large"
    ledger.trouble("no time was left")
    ledger.trouble("something later")
    assert ledger.accounting(0).problem == "no time was left"
