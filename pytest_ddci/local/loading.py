"""Loading: what journals hold, brought into a table; all of it once, then only what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.lines import BadLine, ControlLine, EventLine
from pytest_ddci.local.announced import announcement
from pytest_ddci.local.journals import START, holds, mark_at, new_lines, opened
from pytest_ddci.local.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_ddci.local.journals import ReadAt, Source
    from pytest_ddci.local.table import Table

_SPOOL = "spool.jsonl"


class Loader:
    """Brings tables up to date.

    Args:
        scratch: a directory of this process alone.
        own: see `journals.opened`.

    Attributes:
        unreadable: why journals could not be read the last time, by their runs.
    """

    def __init__(self, scratch: Path, own: Callable[[Path], ReadAt | None]) -> None:
        self.unreadable: dict[str, str] = {}
        self._scratch = scratch
        self._own = own

    def update(self, table: Table, found: Mapping[str, Source]) -> None:
        """Bring a table up to date with journals; others see the change all at once.

        A journal that cannot be read is left as it was.

        Args:
            table: what there is.
            found: all journals by their runs.
        """
        self.unreadable = {}
        gone = {run for run in table.marks if run not in found}
        changed = [
            source
            for run, source in found.items()
            if source.size != table.marks.get(run, START).position
        ]
        if not gone and not changed:
            return
        with table.change():
            stale = gone | {each.run for each in changed if self._is_rewritten(each, table)}
            while stale:
                again = table.remove(stale)
                changed += [found[run] for run in again if run in found]
                stale = again
            self._read(table, {source.run: source for source in changed})
            table.settle()
            table.save()

    def _is_rewritten(self, source: Source, table: Table) -> bool:
        """Whether a journal is no longer what was read of it; also when it is gone."""
        mark = table.marks.get(source.run)
        if mark is None:
            return False
        try:
            with opened(source, self._own) as read_at:
                return read_at is None or not holds(read_at, mark)
        except OSError:
            return False

    def _read(self, table: Table, changed: Mapping[str, Source]) -> None:
        spool = Spool(self._scratch / _SPOOL)
        try:
            for source in changed.values():
                try:
                    with opened(source, self._own) as read_at:
                        if read_at is not None:
                            spool = self._read_one(table, source, read_at, spool)
                except OSError as error:
                    self.unreadable[source.run] = f"cannot read {source.path}: {error.strerror}"
            table.insert(spool)
        finally:
            spool.remove()

    def _read_one(self, table: Table, source: Source, read_at: ReadAt, spool: Spool) -> Spool:
        """Read what is new in a journal; the spool to go on with."""
        run, position = source.run, table.marks.get(source.run, START).position
        bad = 0
        for at, following, line in new_lines(read_at, source.size, position):
            event = line.data if isinstance(line, EventLine) else None
            if isinstance(line, ControlLine):
                event = announcement(line)
            elif isinstance(line, BadLine):
                bad += 1
            if event is not None:
                spool.add(run, at, event)
                if spool.full:
                    table.insert(spool)
                    spool = Spool(self._scratch / _SPOOL)
            position = following
        table.skipped[run] = table.skipped.get(run, 0) + bad
        table.marks[run] = mark_at(read_at, position)
        return spool
