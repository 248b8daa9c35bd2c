"""The snapshot: what has been read of the journals, in columns on disk, for the next process.

A DuckDB file in a sub-directory of the directory of journals. It is written under a
name of its writer's own, renamed when it is complete, and never changed again: any number of
processes read it while others replace it. It tells how far it has read each journal, and whoever
opens it reads on from there. It may be removed at any time; the journals are the truth.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import stat
from hashlib import blake2b
from typing import TYPE_CHECKING

import duckdb

from pytest_ddci.clock import SECOND
from pytest_ddci.disk import Disk
from pytest_ddci.local.columns import DEFINITIONS
from pytest_ddci.local.database import Database
from pytest_ddci.local.sent import ROWS
from pytest_ddci.local.table import Table
from pytest_ddci.shelf import COLUMNS, derived

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_ddci.local.journals import Source
    from pytest_ddci.local.loading import Loader

_READING = 2
"""Which lines of a journal become events; greater when others do."""

_VERSION = blake2b(f"{DEFINITIONS.text}{ROWS.text}{_READING}".encode(), digest_size=4).hexdigest()
_ABANDONED_NS = 3_600 * SECOND
_OUTDATED_NS = 14 * 86_400 * SECOND


class Snapshot:
    """The snapshot of a directory of journals.

    Its name tells how its columns were made and by which DuckDB, so that none is ever
    misunderstood.

    Args:
        directory: where the journals are, absolute.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory / COLUMNS
        self.path = self.directory / f"events-{_VERSION}-{duckdb.__version__}.duckdb"

    def attach_to(self, database: Database) -> bool:
        """Attach it as `base`; False: there is none that can be used."""
        try:
            if not self._is_ours() or not stat.S_ISREG(Disk.lstat(self.path).st_mode):
                return False
            database.attach(self.path, "base", read_only=True)
        except (OSError, duckdb.Error):
            return False
        try:
            database.run("FROM base.runs LIMIT 1")
            database.run("FROM base.losses LIMIT 1")
            database.run("SELECT tie FROM base.events LIMIT 1")
        except duckdb.Error:
            database.run("DETACH base")
            return False
        return True

    def discard(self) -> None:
        """Remove it: it is broken."""
        with contextlib.suppress(OSError):
            Disk.unlink(self.path)

    def build(self, loader: Loader, found: Mapping[str, Source], scratch: Path) -> None:
        """Write a new one that is up to date with the journals.

        Args:
            loader: reads them.
            found: all journals by their runs.
            scratch: a directory of this process alone.

        Raises:
            OSError: it cannot be written.
            duckdb.Error: it cannot be written, or not within the bounds of memory.
        """
        Disk.makedirs(self.directory, mode=0o700, exist_ok=True)
        if not self._is_ours():
            raise NotADirectoryError(errno.ENOTDIR, "a link is not followed", str(self.directory))
        self._hide()
        made = self.directory / f"{Disk.urandom(8).hex()}.new"
        try:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(self.path, made)
            _write(made, loader, found, scratch)
            Disk.replace(made, self.path)
        finally:
            for each in (made, made.with_name(f"{made.name}.wal")):
                with contextlib.suppress(FileNotFoundError):
                    Disk.unlink(each)
        self._tidy()

    def _is_ours(self) -> bool:
        """Whether its directory is one, and no link to another."""
        return stat.S_ISDIR(Disk.lstat(self.directory).st_mode)

    def _hide(self) -> None:
        """Keep git away, also where the directory of journals is one that it looks into."""
        with contextlib.suppress(FileExistsError):
            fd = Disk.create(str(self.directory / ".gitignore"))
            try:
                Disk.write(fd, b"*\n")
            finally:
                Disk.close(fd)

    def _tidy(self) -> None:
        """Remove what killed writers and other versions have left."""
        with contextlib.suppress(OSError):
            now_ns = Disk.lstat(self.path).st_mtime_ns
            for each in derived(self.directory.parent):
                kept_ns = _OUTDATED_NS if each.path.suffix == ".duckdb" else _ABANDONED_NS
                if now_ns - each.made_ns > kept_ns:
                    Disk.unlink(each.path)


def _write(path: Path, loader: Loader, found: Mapping[str, Source], scratch: Path) -> None:
    """Bring the tables of a file up to date; what is no database becomes one."""
    database = Database.create(scratch)
    try:
        loader.update(_table(database, path), found)
        database.run("CHECKPOINT fresh")
        database.run("DETACH fresh")
    finally:
        database.close()


def _table(database: Database, path: Path) -> Table:
    table = Table(database, "fresh")
    if path.exists():
        with contextlib.suppress(duckdb.Error):
            database.attach(path, "fresh", read_only=False)
            table.recall()
            return table
        database.run("DETACH DATABASE IF EXISTS fresh")
        path.unlink()
    database.attach(path, "fresh", read_only=False)
    path.chmod(0o600)
    table.create()
    return table
