"""Turning pages: all events of a question, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_ddci.answers import AnswerWarning, CIEvent, EventsAnswer


class Events:
    """An iterator over the events of all pages, each fetched when it is needed.

    It ends with the first page that is empty or names no next one. Whatever `next` raises, the
    next call tries again where that one failed: no event is lost or given twice.

    Attributes:
        pages: how many pages have come.
        warnings: what the API has warned of, on any page.
        timed_out: whether the API ran out of time for any page.

    Args:
        fetch: gives the page at a cursor, the first one at None.
    """

    def __init__(self, fetch: Callable[[str | None], EventsAnswer]) -> None:
        self.pages = 0
        self.warnings: list[AnswerWarning] = []
        self.timed_out = False
        self._fetch = fetch
        self._page: Iterator[CIEvent] = iter(())
        self._cursor: str | None = None
        self._turned: set[str] = set()
        self._ended = False

    @property
    def partial(self) -> bool:
        """Whether there may be more events than the API has given so far, pages to come apart."""
        return self.timed_out or bool(self.warnings)

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> CIEvent:
        while True:
            for event in self._page:
                return event
            if self._ended:
                raise StopIteration
            self._turn()

    def _turn(self) -> None:
        if self._cursor in self._turned:
            raise ClientError(
                f"the API gave the cursor of page {self.pages} a second time: its pages go in "
                "circles"
            )
        answer = self._fetch(self._cursor)
        if self._cursor is not None:
            self._turned.add(self._cursor)
        self.pages += 1
        self.warnings += answer.warnings
        self.timed_out |= answer.timed_out
        self._page = iter(answer.data)
        self._cursor = answer.cursor
        # The API gives a cursor even with an empty last page.
        self._ended = not answer.data or self._cursor is None
