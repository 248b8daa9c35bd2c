from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.answers import EventsAnswer
from pytest_ddci.errors import ClientError
from pytest_ddci.pages import Events


def page(*ids: str, after: str | None = None, **meta: Any) -> EventsAnswer:  # noqa: ANN401 - any field of meta
    all_meta: dict[str, Any] = {"page": {"after": after}, **meta}
    return EventsAnswer.of({"data": [{"id": each} for each in ids], "meta": all_meta})


class Book:
    """Pages by their cursors; it keeps the cursors that were asked for."""

    def __init__(self, pages: dict[str | None, EventsAnswer | Exception]) -> None:
        self.asked: list[str | None] = []
        self.pages = pages

    def __call__(self, cursor: str | None) -> EventsAnswer:
        self.asked.append(cursor)
        found = self.pages[cursor]
        if isinstance(found, Exception):
            raise found
        return found


def ids(events: Events) -> list[str | None]:
    return [event.id for event in events]


def test_pages_are_turned_until_one_is_empty_though_it_has_a_cursor() -> None:
    book = Book({None: page("a", "b", after="1"), "1": page("c", after="2"), "2": page(after="3")})
    events = Events(book)
    assert ids(events) == ["a", "b", "c"]
    assert book.asked == [None, "1", "2"]
    assert events.pages == 3


def test_pages_are_turned_until_one_names_no_next() -> None:
    book = Book({None: page("a", after="1"), "1": page("b")})
    assert ids(Events(book)) == ["a", "b"]
    assert book.asked == [None, "1"]


def test_nothing_is_one_empty_page() -> None:
    book = Book({None: EventsAnswer()})
    assert ids(Events(book)) == []
    assert book.asked == [None]


def test_a_page_is_fetched_when_it_is_needed() -> None:
    book = Book({None: page("a", "b", after="1"), "1": page("c")})
    events = Events(book)
    assert book.asked == []
    assert [event.id for event in islice(events, 2)] == ["a", "b"]
    assert book.asked == [None]


def test_an_end_stays_an_end() -> None:
    book = Book({None: page("a")})
    events = Events(book)
    assert ids(events) == ["a"]
    assert ids(events) == []
    assert book.asked == [None]


@pytest.mark.parametrize(
    "pages",
    [
        {None: page("a", after="1"), "1": page("b", after="1")},
        {None: page("a", after="1"), "1": page("b", after="2"), "2": page("c", after="1")},
    ],
    ids=["the same again", "in a circle"],
)
def test_a_cursor_that_comes_again_ends_in_an_error_and_not_in_a_loop(
    pages: dict[str | None, EventsAnswer | Exception],
) -> None:
    book = Book(pages)
    events = Events(book)
    found = [next(events).id for _ in pages]
    assert found == ["a", "b", "c"][: len(pages)]
    for _ in range(2):
        with pytest.raises(ClientError, match=f"the cursor of page {len(pages)} a second time"):
            next(events)
    assert len(book.asked) == len(pages)


def test_after_an_error_the_same_page_is_tried_again() -> None:
    book = Book({None: page("a", after="1"), "1": ClientError("busy")})
    events = Events(book)
    assert next(events).id == "a"
    with pytest.raises(ClientError, match="busy"):
        next(events)
    book.pages["1"] = page("b")
    assert ids(events) == ["b"]


def test_warnings_and_timeouts_of_all_pages_are_gathered() -> None:
    book = Book(
        {
            None: page("a", after="1", warnings=[{"title": "one"}]),
            "1": page("b", after="2", status="timeout"),
            "2": page("c", status="done", warnings=[{"title": "two"}]),
        }
    )
    events = Events(book)
    assert not events.partial
    assert ids(events) == ["a", "b", "c"]
    assert [str(each) for each in events.warnings] == ["one", "two"]
    assert events.timed_out
    assert events.partial


@given(st.lists(st.integers(1, 5), max_size=6), st.booleans())
def test_every_event_comes_once_and_in_order(sizes: list[int], ends_empty: bool) -> None:  # noqa: FBT001 - a case
    pages: dict[str | None, EventsAnswer | Exception] = {}
    count, cursor = 0, None
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1 and not ends_empty
        after = None if last else str(number)
        pages[cursor] = page(*map(str, range(count, count + size)), after=after)
        count, cursor = count + size, after
    if ends_empty or not sizes:
        pages[cursor] = page(after="more")
    assert ids(Events(Book(pages))) == list(map(str, range(count)))
