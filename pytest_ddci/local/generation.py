"""A generation: a database in memory over one snapshot, and what came since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.local.columns import NAMES
from pytest_ddci.local.database import Database
from pytest_ddci.local.journals import START
from pytest_ddci.local.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_ddci.local.journals import Source
    from pytest_ddci.local.snapshot import Snapshot


class Generation:
    """A database with the view `events`, whose columns are those of `columns`.

    Attributes:
        database: questions take a sibling of it.
        table: what came since the snapshot.

    Args:
        scratch: a directory of this process alone.
        snapshot: what there may be to begin with.
    """

    def __init__(self, scratch: Path, snapshot: Snapshot | None) -> None:
        self.database = Database.create(scratch)
        if snapshot is None or not snapshot.attach_to(self.database):
            self.database.run("ATTACH ':memory:' AS base")
            Table(self.database, "base").create()
        self.database.run("CREATE SCHEMA live")
        self.table = Table(self.database, "live", has_base=True)
        self.table.create()
        self.table.recall("base")
        self._kept = dict(self.table.marks)
        self._tolerated = 0
        self.database.run(
            "CREATE VIEW events AS "
            "SELECT {0} FROM base.events WHERE rowid NOT IN (SELECT id FROM live.dead) "
            "UNION ALL SELECT {0} FROM live.events",
            NAMES,
        )

    def is_outgrown(self, found: Mapping[str, Source], bytes_pending: int) -> bool:
        """Whether the snapshot lacks more than that, or more of it is gone than there still is.

        Args:
            found: all journals by their runs.
            bytes_pending: what may be missing in the snapshot.
        """
        present = gone = 0
        for run, mark in self._kept.items():
            if run in found:
                present += mark.position
            else:
                gone += mark.position
        lacking = self._lacking(found) - self._tolerated
        return lacking > bytes_pending or gone > present + bytes_pending

    def tolerate(self, found: Mapping[str, Source]) -> None:
        """Accept what the snapshot lacks now: a new one would lack it too."""
        self._tolerated = self._lacking(found)

    def _lacking(self, found: Mapping[str, Source]) -> int:
        """Bytes of journals that are not in the snapshot."""
        return sum(
            max(0, source.size - self._kept.get(run, START).position)
            for run, source in found.items()
        )
