"""The read side of the API over a directory of journals: the same questions, the same answers.

What the server answers over HTTP and what `ddci` shows where there is no account.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from pytest_ddci.disk import Disk
from pytest_ddci.local.conditions import where
from pytest_ddci.local.store import Store
from pytest_ddci.moments import MILLISECOND

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from pytest_ddci.clock import Clock
    from pytest_ddci.local.catalogue import Sql
    from pytest_ddci.local.journals import ReadAt
    from pytest_ddci.queries import AggregateRequest, QueryFilter, SearchRequest

_ID_BYTES = 24


def _nothing_own(_: Path) -> None:
    """No journal is being written by this process."""


class LocalApi:
    """Answers from the journals of a directory. May be used from several threads.

    Args:
        directory: where the journals are; it may come into being later.
        clock: what `now` means.
        own: see `Store`; for a process that itself writes a journal there.
    """

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        *,
        own: Callable[[Path], ReadAt | None] = _nothing_own,
    ) -> None:
        self.store = Store(directory, own=own)
        self._clock = clock

    def events(self, request: SearchRequest) -> dict[str, Any]:
        """One page of events: what list and search answer, as JSON, without `links`.

        As recorded from the API: a page with events names the cursor of the next one, whether or
        not that has any; a page without events names none.

        Raises:
            QueryError: what the API answers with status 400; a `QuerySyntaxError` where the query
                cannot be understood.
        """
        start_ns = self._clock.now_ns()
        condition, window = self._wanted(request.filter, start_ns)
        page = request.page
        found = self.store.search(
            condition, window, sort=request.sort, cursor=page.cursor, limit=page.limit
        )
        meta = self._meta(start_ns)
        if found.data and found.after is not None:
            meta["page"] = {"after": found.after}
        return {"data": found.data, "meta": meta}

    def aggregate(self, request: AggregateRequest) -> dict[str, Any]:
        """The buckets of an aggregation, as JSON.

        Raises:
            QueryError: as `events`.
        """
        start_ns = self._clock.now_ns()
        condition, window = self._wanted(request.filter, start_ns)
        buckets = self.store.aggregate(condition, window, request)
        return {"data": {"buckets": buckets}, "meta": self._meta(start_ns)}

    def close(self) -> None:
        """Give back memory and files."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _wanted(self, asked: QueryFilter, now_ns: int) -> tuple[Sql, tuple[int, int]]:
        return where(asked.query, self.store.catalogue), asked.window(now_ns)

    def _meta(self, start_ns: int) -> dict[str, Any]:
        """What stands beside the data: `elapsed` in milliseconds."""
        elapsed = (self._clock.now_ns() - start_ns) // MILLISECOND
        name = base64.urlsafe_b64encode(Disk.urandom(_ID_BYTES)).decode("ascii")
        return {"elapsed": elapsed, "request_id": f"pddv1{name}", "status": "done"}
