"""The journal of the run in progress: when its disk fails, it goes on in memory."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_ddci.disk import Disk
from pytest_ddci.errors import JournalError
from pytest_ddci.journal import Journal
from pytest_ddci.lines import BadLine, EventLine
from pytest_ddci.shelf import new_name, prepare
from pytest_ddci.spill import Spill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_ddci.ledger import Range

_CHUNK = 1024 * 1024


class RunJournal(Journal):
    """A journal that neither a full disk nor a lost directory stops.

    Events that the disk does not take are held in memory, up to a limit, and delivered from there.
    What is not delivered is written at the end if the disk has recovered by then, and else lost.

    Attributes:
        lost: events beyond the limit, which were not even held.
    """

    __slots__ = ("_file", "_open", "_spill", "lost")

    def __init__(self, path: Path, fd: int | None, size: int) -> None:
        super().__init__(path, fd, size)
        self.lost = 0
        self._open = True
        self._spill: Spill | None = None
        self._file = _file_of(fd)

    @classmethod
    def begin(cls, directory: Path, header: Mapping[str, object], *, start_ns: int) -> RunJournal:
        """A new journal on disk, else in memory; arguments as of `create`."""
        try:
            return cls.create(directory, header, start_ns=start_ns)
        except JournalError as error:
            journal = cls(directory / new_name(start_ns), None, 0)
            journal._spill = Spill(0, str(error))
            journal.note(cls.headline(header))
            return journal

    @property
    def trouble(self) -> str:
        """Why some of it is in memory only; empty while the disk takes everything."""
        return self._spill.reason if self._spill else ""

    def append(self, lines: Sequence[bytes]) -> None:
        """Append event lines; what neither disk nor memory takes is counted as lost.

        Raises:
            JournalError: the journal is closed.
        """
        try:
            super().append(lines)
        except _FullError:
            self.lost += len(lines)

    def append_attempt(self, lines: bytes, steps: int) -> None:
        """As `append`, of a job and its steps.

        Raises:
            JournalError: the journal is closed.
        """
        try:
            super().append_attempt(lines, steps)
        except _FullError:
            self.lost += 1 + steps

    def note(self, line: bytes) -> None:
        """Append a control line, unless neither disk nor memory takes it.

        Raises:
            JournalError: the journal is closed.
        """
        try:
            super().note(line)
        except _FullError:
            return

    def mend(self) -> None:
        """Find out what is in it, where an interrupt has left half-done what was being written.

        Raises:
            JournalError: the journal cannot be read, or is closed.
        """
        self._regain()
        if self._fd is not None:
            self._size = Disk.fstat(self._fd).st_size
        levels = dict.fromkeys(self.emitted_by_level, 0)
        torn = False
        for line in self.lines():
            torn = isinstance(line, BadLine) and line.endless
            if isinstance(line, EventLine):
                levels[line.level] += 1
        self.emitted, self.emitted_by_level = sum(levels.values()), levels
        if torn:
            self.note(b"")

    def save(self) -> bool:
        """Bring everything to disk again, also after a test has removed the directory.

        Returns:
            Whether all of it is there now.
        """
        self._regain()
        if self._spill is None and self._is_there():
            return True
        try:
            if self._fd is not None and self._spill is not None and self._is_there():
                self._write_all([self._spill.whole()], self._fd)
            else:
                self._write_anew()
        except (OSError, JournalError):
            return False
        self._spill = None
        return True

    def held(self, settled: Iterable[Range]) -> dict[str, int]:
        """The events that are in memory only, counted by level.

        Args:
            settled: which bytes of the journal do not matter any more, in order.
        """
        counts: dict[str, int] = {}
        if self._spill is None:
            return counts
        done = tuple(settled)
        for line in self.lines():
            if not isinstance(line, EventLine) or line.offset < self._spill.base:
                continue
            if not any(start <= line.offset < end for start, end in done):
                counts[line.level] = counts.get(line.level, 0) + 1
        return counts

    def retire(self) -> Path:
        """Close the journal and make it history, if it is still there: the path it now has."""
        if not self._is_there():
            self.close()
            return self.path
        return super().retire()

    def close(self) -> None:
        """Close the file and forget what is in memory; nothing when already closed."""
        self._open = False
        self._regain()
        super().close()

    def _put(self, data: bytes) -> None:
        if self._spill is None:
            if _file_of(self._fd) != self._file:
                self._regain()
            try:
                super()._put(data)
            except JournalError as error:
                if not self._open:
                    raise
                self._spill = Spill(self._size, str(error))
            else:
                return
        if not self._open:
            raise JournalError(f"cannot write {self.path}: it is closed")
        if not self._spill.add(data):
            raise _FullError(self._spill.reason)

    def _read_at(self, offset: int, size: int) -> bytes:
        if self._spill is None or offset < self._spill.base:
            size = min(size, self._spill.base - offset) if self._spill else size
            self._regain()
            return super()._read_at(offset, size)
        return self._spill.read_at(offset, size)

    def _regain(self) -> None:
        """Open the file again where a test has closed it with all else that it found open.

        The descriptor may by now be of a file of the test's, which is neither written nor closed.
        """
        if self._fd is None or _file_of(self._fd) == self._file:
            return
        self._fd = None
        with contextlib.suppress(OSError):
            fd = Disk.extend(str(self.path))
            if _file_of(fd) == self._file and Disk.lock(fd):
                self._fd = fd
            else:
                Disk.close(fd)

    def _is_there(self) -> bool:
        """Whether the open file is what the path leads to."""
        if self._fd is None:
            return False
        try:
            opened, there = Disk.fstat(self._fd), Disk.lstat(self.path)
        except OSError:
            return False
        return (opened.st_dev, opened.st_ino) == (there.st_dev, there.st_ino)

    def _write_anew(self) -> None:
        """Write all of it into a new file of its name."""
        prepare(self.path.parent)
        fd = Disk.create(str(self.path))
        try:
            Disk.lock(fd)
            self._write_all(self._pieces(), fd)
        except BaseException:
            Disk.close(fd)
            Disk.unlink(str(self.path))
            raise
        if self._fd is not None:
            Disk.close(self._fd)
        self._fd, self._file = fd, _file_of(fd)

    def _pieces(self) -> Iterator[bytes]:
        offset = 0
        while piece := self._read_at(offset, _CHUNK):
            yield piece
            offset += len(piece)

    def _write_all(self, pieces: Iterable[bytes], fd: int) -> None:
        written = 0
        before = Disk.fstat(fd).st_size
        try:
            for piece in pieces:
                Disk.write(fd, piece)
                written += len(piece)
        except OSError:
            Disk.truncate(fd, before)
            raise
        self._size = before + written


def _file_of(fd: int | None) -> tuple[int, int] | None:
    """The file behind a descriptor; None when there is none."""
    if fd is None:
        return None
    try:
        status = Disk.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class _FullError(JournalError):
    """Neither the disk nor the memory takes any more."""
