"""A page of events: those that match, in the order of time, from a place on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci.frozen import frozen
from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.cursors import Place, cursor_after, place_of
from pytest_ddci.local.documents import COLUMNS, document
from pytest_ddci.local.sql import TRUE, bound, filled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ddci.local.database import Database

_FARTHEST = 2**63 - 1
# The first half of the place is one by which whole groups of rows can be skipped.
_BEHIND = {
    "ASC": '("time" >= {0} AND ("time" > {0} OR tie > {1}))',
    "DESC": '("time" <= {0} AND ("time" < {0} OR tie < {1}))',
}


@frozen
class Found:
    """A page of events.

    Attributes:
        data: the events, as the API shows them.
        after: the cursor of the page behind the last of them; None when there are none.
        more: whether that page has events now.
    """

    data: list[dict[str, Any]]
    after: str | None
    more: bool


def matching(condition: Sql, window: tuple[int, int]) -> Sql:
    """What events must be: within a time, both ends included, and matching."""
    first, last = (bound(min(max(ns, -_FARTHEST), _FARTHEST)) for ns in window)
    return filled('("time" BETWEEN {0} AND {1} AND {2})', first, last, condition)


def search(
    database: Database, wanted: Sql, *, ascending: bool, cursor: str | None, limit: int
) -> Found:
    """The first events in order, or the first behind a cursor.

    Events that arrive between two pages are in the place of their time: those behind the cursor
    are given, and no event is given twice.

    Args:
        database: with the view `events`.
        wanted: what the events must be.
        ascending: oldest first, else newest first.
        cursor: where the page begins.
        limit: events at most.

    Raises:
        QueryError: the cursor is none of ours.
    """
    order = "ASC" if ascending else "DESC"
    behind = TRUE
    if cursor is not None:
        behind = filled(_BEHIND[order], *(bound(each) for each in place_of(cursor)))
    # One transaction: rows that are found are there to be fetched.
    database.run("BEGIN")
    rows = database.run(
        'SELECT "time", tie FROM events WHERE {0} AND {1} ORDER BY "time" {2}, tie {2} LIMIT {3}',
        wanted,
        behind,
        Sql(order),
        bound(limit + 1),
    )
    places = [Place(*row) for row in rows]
    page = places[:limit]
    data = _documents(database, page)
    database.run("COMMIT")
    return Found(data, cursor_after(page[-1]) if page else None, len(places) > limit)


def _documents(database: Database, places: Sequence[Place]) -> list[dict[str, Any]]:
    """The documents of these places, in their order."""
    if not places:
        return []
    times = [place.time for place in places]
    rows = database.named(
        'SELECT {0} FROM events WHERE "time" BETWEEN {1} AND {2}'
        " AND tie IN (SELECT unnest(CAST({3} AS UBIGINT[])))",
        COLUMNS,
        bound(min(times)),
        bound(max(times)),
        bound([place.tie for place in places]),
    )
    found = {Place(row["time"], row["tie"]): document(row) for row in rows}
    return [found[place] for place in places]
