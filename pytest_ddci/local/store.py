"""The store: questions about the events of a directory of journals, answered by DuckDB.

The journals stay the truth. What has been read of them is kept in columns, in a snapshot on disk
that processes share and, for what came since, in memory; every question first looks for what is
new.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from pytest_ddci.local.aggregation import aggregate
from pytest_ddci.local.facets import Facets
from pytest_ddci.local.generation import Generation
from pytest_ddci.local.journals import sources
from pytest_ddci.local.loading import Loader
from pytest_ddci.local.searching import matching, search
from pytest_ddci.local.snapshot import Snapshot
from pytest_ddci.local.store_error import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from pytest_ddci.local.catalogue import Catalogue, Sql
    from pytest_ddci.local.database import Database
    from pytest_ddci.local.journals import ReadAt, Source
    from pytest_ddci.local.searching import Found
    from pytest_ddci.queries import AggregateRequest

Answer = TypeVar("Answer")

PENDING = 4 * 1024 * 1024
"""Bytes of journals that every process reads anew; it pays to put more of them in a snapshot."""

_NOT_BROKEN = (duckdb.ProgrammingError, duckdb.DataError, duckdb.OutOfMemoryException)


def _nothing_own(_: Path) -> None:
    """No journal is being written by this process."""


class Store:
    """The events of a directory of journals. May be used from several threads.

    Args:
        directory: where the journals are; it may come into being later.
        own: gives, for the path of a journal that this very process is writing, a way to read it
            through its writer's descriptor (at most so many bytes from an offset), for others
            None. Needed there because closing any descriptor of a file ends its lock.
        pending: bytes of journals that may be missing in the snapshot.

    Attributes:
        catalogue: which columns hold what a query names, to compile queries with.
    """

    def __init__(
        self,
        directory: Path,
        *,
        own: Callable[[Path], ReadAt | None] = _nothing_own,
        pending: int = PENDING,
    ) -> None:
        self.catalogue: Catalogue = Facets()
        self._directory = Path(os.path.abspath(directory))  # noqa: PTH100 - `resolve` follows links
        self._scratch = tempfile.TemporaryDirectory(prefix="ddci-", ignore_cleanup_errors=True)
        self._loader = Loader(Path(self._scratch.name), own)
        self._snapshot: Snapshot | None = Snapshot(self._directory)
        self._generation: Generation | None = None
        self._pending = pending
        self._lock = Lock()

    def close(self) -> None:
        """Give back memory and files; the store cannot be used any more."""
        with self._lock:
            if self._generation is not None:
                self._generation.database.close()
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def search(
        self,
        condition: Sql,
        window: tuple[int, int],
        *,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int = 10,
    ) -> Found:
        """The events that match, in pages.

        Args:
            condition: what a query was compiled to with the `catalogue`.
            window: the earliest and the latest time of an event, in nanoseconds since the epoch.
            sort: `timestamp`, oldest first, or `-timestamp`, newest first, which is the default.
            cursor: `Found.after` of the page before.
            limit: events at most.

        Raises:
            QueryError: the cursor is none of ours.
            StoreError: it was too much for the memory or the disk there is.
        """
        wanted = matching(condition, window)
        ascending = sort == "timestamp"
        return self._ask(
            lambda database: search(
                database, wanted, ascending=ascending, cursor=cursor, limit=limit
            )
        )

    def aggregate(
        self, condition: Sql, window: tuple[int, int], request: AggregateRequest
    ) -> list[dict[str, Any]]:
        """The buckets that a request asks for, as the API shows them.

        Args:
            condition: what a query was compiled to with the `catalogue`.
            window: the earliest and the latest time of an event, in nanoseconds since the epoch.
            request: what to compute; its filter is not used.

        Raises:
            QueryError: the request groups by too many facets, or by one of them twice, or an
                interval of it is too long.
            StoreError: it was too much for the memory or the disk there is.
        """
        wanted = matching(condition, window)
        return self._ask(
            lambda database: aggregate(database, self.catalogue, wanted, window, request)
        )

    def refresh(self) -> None:
        """Read what is new in the journals; every question does so first."""
        with self._lock:
            self._refreshed()

    def skipped(self) -> dict[str, int]:
        """How many lines are neither events nor ours, by the runs that have such lines."""
        with self._lock:
            counts = self._refreshed().table.skipped
            return {run: count for run, count in counts.items() if count}

    def unfinished(self) -> list[str]:
        """The runs by whose journals a pipeline is running, oldest first."""
        running = "SELECT DISTINCT run FROM events WHERE ci_level = 'pipeline' AND "
        rows = self._ask(lambda database: database.run(f"{running} \"ci.status\" = 'running'"))
        return sorted(run for (run,) in rows)

    def unreadable(self) -> dict[str, str]:
        """Why journals could not be read now, by their runs."""
        with self._lock:
            self._refreshed()
            return dict(self._loader.unreadable)

    def _ask(self, question: Callable[[Database], Answer]) -> Answer:
        """The answer as of now; where the snapshot turns out to be broken, without it."""
        try:
            return self._answer(question)
        except _NOT_BROKEN as error:
            raise self._failed(error) from error
        except duckdb.Error:
            with self._lock:
                self._generation = None
                if self._snapshot is not None:
                    self._snapshot.discard()
        try:
            return self._answer(question)
        except duckdb.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: duckdb.Error) -> StoreError:
        reason = str(error).partition("\n")[0]
        return StoreError(f"no answer from the journals in {self._directory}: {reason}")

    def _answer(self, question: Callable[[Database], Answer]) -> Answer:
        with self._lock:
            database = self._refreshed().database.sibling()
        with contextlib.closing(database):
            return question(database)

    def _refreshed(self) -> Generation:
        current = self._generation or self._opened()
        found = sources(self._directory, current.table.marks)
        if current.is_outgrown(found, self._pending):
            current = self._rebuilt(found) or current
            current.tolerate(found)
        self._loader.update(current.table, found)
        self._generation = current
        return current

    def _opened(self) -> Generation:
        return Generation(Path(self._scratch.name), self._snapshot)

    def _rebuilt(self, found: Mapping[str, Source]) -> Generation | None:
        """With a new snapshot; where none can be written, it is among what is temporary."""
        scratch = Path(self._scratch.name)
        for snapshot in (self._snapshot, Snapshot(scratch)):
            if snapshot is None:
                break
            self._snapshot = snapshot
            for _ in range(2):
                try:
                    snapshot.build(self._loader, found, scratch)
                except OSError:
                    break
                except duckdb.Error:
                    # What it goes on from may be broken.
                    snapshot.discard()
                else:
                    return self._opened()
        self._snapshot = None
        return None
