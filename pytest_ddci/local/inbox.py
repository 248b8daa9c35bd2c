"""The inbox: the journal of events that a server has received.

One journal after the other, each for a day at most, so that old events go when the bounds of the
directory are exceeded. To begin with they are history, like everything that has been delivered:
`ddci send` does not send them, and readers find them as they find any other.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND
from pytest_ddci.disk import Disk
from pytest_ddci.journal import Journal
from pytest_ddci.retention import KEEP_DAYS, KEEP_MB, apply_retention

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_ddci.clock import Clock
    from pytest_ddci.local.journals import ReadAt

FULL = 64 * 1024 * 1024
"""Bytes of a journal with which a new one is begun, unless others are named."""

LONGEST_NS = 86_400 * SECOND
"""How long one journal is written."""


class Inbox:
    """Keeps events. May be used from several threads.

    Args:
        directory: where journals are; it is made with the first event.
        clock: the time.
        tell: is told which undelivered journals were removed.
        keep: days and megabytes, as of `retention`; here 0 is the default.
        full: bytes of a journal with which a new one is begun.
    """

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        *,
        tell: Callable[[str], object],
        keep: tuple[float, float] = (KEEP_DAYS, KEEP_MB),
        full: int = FULL,
    ) -> None:
        self._directory = Path(os.path.abspath(directory))  # noqa: PTH100 - `resolve` follows links
        self._clock = clock
        self._tell = tell
        self._keep = keep[0] or KEEP_DAYS, keep[1] or KEEP_MB
        self._full = full
        self._journal: _Open | None = None
        self._begun_ns = 0
        self._lock = Lock()

    def add(self, lines: Sequence[bytes]) -> None:
        """Keep the events of a request, all of them or none.

        Raises:
            JournalError: the disk is full, or the directory cannot be written.
        """
        with self._lock:
            self._current().append(lines)

    def own(self, path: Path) -> ReadAt | None:
        """A way to read the journal that is being written, as `Store` asks for it."""
        with self._lock:
            journal = self._journal
            return partial(self._read_at, path) if journal and journal.path == path else None

    def close(self) -> None:
        """Close the journal."""
        with self._lock:
            self._close()

    def _current(self) -> _Open:
        now_ns = self._clock.now_ns()
        journal = self._journal
        if journal is not None:
            is_old = now_ns - self._begun_ns >= LONGEST_NS
            if not is_old and journal.size < self._full and journal.is_there():
                return journal
            self._close()
        # Readers tell by the names which journal is later; those of one second they cannot.
        self._begun_ns = max(now_ns, self._begun_ns + SECOND)
        header = {"pid": os.getpid(), "received": True}
        journal = _Open.create(self._directory, header, start_ns=self._begun_ns, state="delivered")
        self._journal = journal
        for gone in apply_retention(self._directory, now_ns, *self._keep, spare={journal.path}):
            if gone.told:
                self._tell(gone.told)
        return journal

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _read_at(self, path: Path, offset: int, size: int) -> bytes:
        """Read a journal through its writer while there is one, else like any other file."""
        with self._lock:
            if self._journal is not None and self._journal.path == path:
                return self._journal.read_at(offset, size)
        fd = Disk.read_only(str(path))
        try:
            return Disk.read_at(fd, offset, size)
        finally:
            Disk.close(fd)


class _Open(Journal):
    """A journal that others read while it is written."""

    __slots__ = ()

    @property
    def size(self) -> int:
        """Bytes."""
        return self._size

    def read_at(self, offset: int, size: int) -> bytes:
        """At most that many bytes from that offset.

        Raises:
            OSError: it cannot be read.
        """
        if self._fd is None:
            raise OSError(None, "it is closed", str(self.path))
        return Disk.read_at(self._fd, offset, size)

    def is_there(self) -> bool:
        """Whether its path still leads to it: others may remove what has expired."""
        if self._fd is None:
            return False
        try:
            opened, there = Disk.fstat(self._fd), Disk.lstat(self.path)
        except OSError:
            return False
        return (opened.st_dev, opened.st_ino) == (there.st_dev, there.st_ino)
