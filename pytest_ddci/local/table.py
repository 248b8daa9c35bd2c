"""The table of events: rows come from spools, and of each execution the last event stays.

An execution is what has one level and one id; below the pipeline, one id within its pipeline (API
schema: ids are "unique within each pipeline execution"). A running event gives way to any other.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.columns import DEFINITIONS, NAMES
from pytest_ddci.local.journals import Mark
from pytest_ddci.local.sent import ROWS
from pytest_ddci.local.sql import bound, filled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pytest_ddci.local.database import Database
    from pytest_ddci.local.spool import Spool

_ORDER = '({0}."ci.status" IS DISTINCT FROM \'running\', {0}.run, {0}."at")'
_OURS, _THEIRS = filled(_ORDER, Sql("e")), filled(_ORDER, Sql("b"))
_BASE = Sql(
    "(SELECT rowid AS id, * FROM base.events WHERE rowid NOT IN (SELECT id FROM live.dead))"
)


class Table:
    """The events of some journals and how far those have been read.

    Args:
        database: that it is in.
        name: the schema or the attached database that it is in, a word.
        has_base: whether it adds to the attached, unchangeable table of the database `base`.

    Attributes:
        marks: how far each run has been read.
        skipped: lines of each run that are neither events nor ours.
    """

    def __init__(self, database: Database, name: str, *, has_base: bool = False) -> None:
        self.marks: dict[str, Mark] = {}
        self.skipped: dict[str, int] = {}
        self._run = database.run
        self._has_base = has_base
        self._events = Sql(f"{name}.events")
        self._runs = Sql(f"{name}.runs")
        self._losses = Sql(f"{name}.losses")

    def create(self) -> None:
        """Make the tables, empty."""
        self._run("CREATE TABLE {0} ({1})", self._events, DEFINITIONS)
        self._run("CREATE TABLE {0} (loser VARCHAR, winner VARCHAR)", self._losses)
        self._run(
            "CREATE TABLE {0} (run VARCHAR, position BIGINT, digest VARCHAR, skipped BIGINT)",
            self._runs,
        )
        if self._has_base:
            self._run("CREATE TABLE live.dead (id BIGINT)")
            self._run("INSERT INTO {0} FROM base.losses", self._losses)

    def recall(self, name: str | None = None) -> None:
        """Take over what is written down about runs, here or in the database of that name."""
        runs = self._runs if name is None else Sql(f"{name}.runs")
        for run, position, digest, skipped in self._run("FROM {0}", runs):
            self.marks[run] = Mark(position, digest)
            self.skipped[run] = skipped

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Changes that others see all at once, or not at all when an exception ends them.

        Where there is no base, there are no others, and each statement stands for itself: a large
        transaction would be kept in memory.
        """
        if not self._has_base:
            yield
            return
        marks, skipped = dict(self.marks), dict(self.skipped)
        self._run("BEGIN")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            self.marks, self.skipped = marks, skipped
            with contextlib.suppress(Exception):
                self._run("ROLLBACK")
            raise

    def remove(self, runs: Collection[str]) -> set[str]:
        """Forget runs; which others must be read again, for they had lost events to these."""
        gone = filled("(SELECT unnest(CAST({0} AS VARCHAR[])))", bound(list(runs)))
        again = self._run("SELECT DISTINCT loser FROM {0} WHERE winner IN {1}", self._losses, gone)
        self._run("DELETE FROM {0} WHERE loser IN {1} OR winner IN {1}", self._losses, gone)
        self._run("DELETE FROM {0} WHERE run IN {1}", self._events, gone)
        if self._has_base:
            self._run("INSERT INTO live.dead SELECT id FROM {0} WHERE run IN {1}", _BASE, gone)
        for run in runs:
            self.marks.pop(run, None)
            self.skipped.pop(run, None)
        return {run for (run,) in again if run in self.marks}

    def insert(self, spool: Spool) -> None:
        """Add the events of a spool; lines that turn out to be none are counted as skipped."""
        if not spool.sent:
            return
        rows = Sql(ROWS.text, spool.done())
        added = self._run("INSERT INTO {0} ({1}) {2}", self._events, NAMES, rows)
        if added == [(spool.sent.total(),)]:
            return
        valid = dict(self._run("SELECT run, count(*) FROM ({0}) GROUP BY run", rows))
        for run, sent in spool.sent.items():
            self.skipped[run] = self.skipped.get(run, 0) + sent - valid.get(run, 0)

    def settle(self) -> None:
        """Keep the last event of each execution, and remember which runs have lost to which."""
        self._drop(
            "SELECT e.rowid AS id, e.run AS loser, first_value(e.run) OVER latest AS winner, "
            "row_number() OVER latest AS place FROM {0} e "
            "WHERE e.tie IN (SELECT tie FROM {0} GROUP BY tie HAVING count(*) > 1) "
            "WINDOW latest AS (PARTITION BY e.tie ORDER BY {1} DESC) QUALIFY place > 1",
            self._events,
            _OURS,
        )
        if not self._has_base:
            return
        both = Sql(f"live.events e JOIN {_BASE.text} b ON b.tie = e.tie")
        self._beat(
            "SELECT b.id, b.run AS loser, e.run AS winner FROM {0} WHERE {1} < {2}",
            (both, _THEIRS, _OURS),
        )
        self._run("INSERT INTO live.dead SELECT id FROM beaten")
        self._drop(
            "SELECT e.rowid AS id, e.run AS loser, b.run AS winner FROM {0} WHERE {1} <= {2}",
            both,
            _OURS,
            _THEIRS,
        )

    def save(self) -> None:
        """Write down how far the runs have been read."""
        runs = list(self.marks)
        marks = [self.marks[run] for run in runs]
        self._run("DELETE FROM {0}", self._runs)
        self._run(
            "INSERT INTO {0} SELECT unnest(CAST({1} AS VARCHAR[])), unnest(CAST({2} AS BIGINT[])),"
            " unnest(CAST({3} AS VARCHAR[])), unnest(CAST({4} AS BIGINT[]))",
            self._runs,
            bound(runs),
            bound([mark.position for mark in marks]),
            bound([mark.digest for mark in marks]),
            bound([self.skipped.get(run, 0) for run in runs]),
        )

    def _drop(self, beaten: str, *parts: Sql) -> None:
        """Delete rows of ours that were beaten."""
        self._beat(beaten, parts)
        self._run("DELETE FROM {0} WHERE rowid IN (SELECT id FROM beaten)", self._events)

    def _beat(self, beaten: str, parts: Sequence[Sql]) -> None:
        """Make a table of rows that were beaten, and remember who lost to whom."""
        self._run("CREATE OR REPLACE TEMP TABLE beaten AS {0}", filled(beaten, *parts))
        self._run(
            "INSERT INTO {0} SELECT DISTINCT loser, winner FROM beaten WHERE loser <> winner",
            self._losses,
        )
