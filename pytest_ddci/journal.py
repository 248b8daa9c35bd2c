"""The journal: one append-only file per run, where every event is before anything is sent.

Its names are those of `shelf`, its lines those of `lines`; its files have mode 0600.
"""

from __future__ import annotations

import contextlib
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.disk import Disk
from pytest_ddci.errors import JournalError
from pytest_ddci.json_text import to_json
from pytest_ddci.lines import level_of, read_lines
from pytest_ddci.shelf import new_name, prepare, sibling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from typing_extensions import Self

    from pytest_ddci.lines import Line
    from pytest_ddci.receipt import Rejection
    from pytest_ddci.shelf import State

VERSION = 1
"""Version of the format, in every header."""

_NAMES_TRIED = 8
_TAIL = 64 * 1024


class Journal:
    """A run's journal, open and locked for its one writer.

    Made by `create` or by `takeover.take_over`. Not for use from several threads at once.

    Attributes:
        path: the file, absolute.
        emitted: events appended through this object.
        emitted_by_level: `emitted` split by level.
    """

    __slots__ = ("_fd", "_size", "emitted", "emitted_by_level", "path")

    def __init__(self, path: Path, fd: int | None, size: int) -> None:
        self.path = path
        self.emitted = 0
        self.emitted_by_level = {"pipeline": 0, "stage": 0, "job": 0, "step": 0}
        self._fd: int | None = fd
        self._size = size

    @classmethod
    def create(
        cls,
        directory: Path,
        header: Mapping[str, object],
        *,
        start_ns: int,
        state: State = "undelivered",
    ) -> Self:
        """A new journal that begins with that header; the directory is made if need be.

        Args:
            directory: where journals live.
            header: `pipeline`, `attributes`, `pid` and `host`; kind and version are added.
            start_ns: when the run began, for the name; nanoseconds since the epoch.
            state: what its name says; `delivered` for events that are not ours to send.

        Raises:
            JournalError: the directory or the file cannot be created or written.
        """
        directory = Path(os.path.abspath(directory))  # noqa: PTH100 - `resolve` follows links
        try:
            prepare(directory)
            path, fd = _new_file(directory, start_ns, state)
        except OSError as error:
            raise JournalError(f"cannot create a journal in {directory}: {_why(error)}") from error
        journal = cls(path, fd, 0)
        try:
            journal.note(cls.headline(header))
        except JournalError:
            journal.close()
            with contextlib.suppress(OSError):
                Disk.unlink(str(path))
            raise
        return journal

    @staticmethod
    def headline(header: Mapping[str, object]) -> bytes:
        """The first line of a journal."""
        line = {"ddci": "header", "version": VERSION, **header}
        return to_json(line).encode("ascii")

    def append(self, lines: Sequence[bytes]) -> None:
        """Append event lines (without newlines), all in one write.

        Raises:
            JournalError: the disk is full or the file is gone; nothing of these lines remains.
        """
        if not lines:
            return
        self._put(b"\n".join(lines) + b"\n")
        self.emitted += len(lines)
        levels = self.emitted_by_level
        for line in lines:
            level = level_of(line)
            if level is not None:
                levels[level] += 1

    def append_attempt(self, lines: bytes, steps: int) -> None:
        """As `append`, of the event of a job and those of its steps: nobody looks for levels.

        Args:
            lines: the events, with newlines between them.
            steps: how many there are besides the job.

        Raises:
            JournalError: as `append`.
        """
        self._put(lines + b"\n")
        self.emitted += 1 + steps
        self.emitted_by_level["job"] += 1
        self.emitted_by_level["step"] += steps

    def note(self, line: bytes) -> None:
        """Append a control line (without newline).

        Raises:
            JournalError: as `append`.
        """
        self._put(line + b"\n")

    def complete(self, lines: Sequence[bytes]) -> int:
        """Append the lines that recovery has made, events and notes: how many events.

        Raises:
            JournalError: as `append`.
        """
        events = [line for line in lines if level_of(line)]
        self.append(events)
        for line in lines[len(events) :]:
            self.note(line)
        return len(events)

    def lines(self) -> Iterator[Line]:
        """What is in the journal, in order; read through the locked descriptor."""
        return read_lines(self._read_at)

    def keep_aside(self, rejections: Iterable[Rejection]) -> Path:
        """Write rejected events, each with the reason, beside the journal; where that is.

        Raises:
            JournalError: that file cannot be written.
        """
        aside = sibling(self.path, "rejected")
        text = b"".join(
            b'{"ddci":"rejected","status":%d,"detail":%s,"event":%s}\n'
            % (each.status, to_json(each.detail).encode("ascii"), self._line_at(each.offset))
            for each in rejections
        )
        try:
            fd = Disk.extend(str(aside), create=True)
            try:
                Disk.write(fd, text)
            finally:
                Disk.close(fd)
        except OSError as error:
            raise JournalError(f"cannot write {aside}: {_why(error)}") from error
        return aside

    def retire(self) -> Path:
        """Close the journal and make it history: the path it now has.

        Raises:
            JournalError: it cannot be renamed; it is closed all the same.
        """
        history = sibling(self.path, "delivered")
        try:
            if sys.platform == "win32":  # pragma: no cover - no open file is renamed there
                self.close()
            Disk.replace(self.path, history)
        except OSError as error:
            raise JournalError(f"cannot rename {self.path}: {_why(error)}") from error
        finally:
            self.close()
        self.path = history
        return history

    def close(self) -> None:
        """Close the file and give up its lock; nothing when already closed."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                Disk.close(fd)

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r}, emitted={self.emitted})"

    def _put(self, data: bytes) -> None:
        if self._fd is None:
            raise JournalError(f"cannot write {self.path}: it is closed")
        try:
            written = Disk.write_some(self._fd, data)
            if written < len(data):
                Disk.write(self._fd, data[written:])
        except OSError as error:
            with contextlib.suppress(OSError):
                Disk.truncate(self._fd, self._size)
            raise JournalError(f"cannot write {self.path}: {_why(error)}") from error
        self._size += len(data)

    def _read_at(self, offset: int, size: int) -> bytes:
        if self._fd is None:
            raise JournalError(f"cannot read {self.path}: it is closed")
        try:
            return Disk.read_at(self._fd, offset, size)
        except OSError as error:
            raise JournalError(f"cannot read {self.path}: {_why(error)}") from error

    def _line_at(self, offset: int) -> bytes:
        pieces = []
        while piece := self._read_at(offset, _TAIL):
            head, newline, _ = piece.partition(b"\n")
            pieces.append(head)
            if newline:
                break
            offset += len(piece)
        return b"".join(pieces)


def read_journal(path: Path) -> Iterator[Line]:
    """The lines of any journal, in order, within bounded memory.

    Not for a journal that this process has open as a `Journal`: see `Disk.lock`.

    Raises:
        JournalError: the file cannot be read.
    """
    try:
        fd = Disk.read_only(str(path))
        try:
            yield from read_lines(partial(Disk.read_at, fd))
        finally:
            Disk.close(fd)
    except OSError as error:
        raise JournalError(f"cannot read {path}: {_why(error)}") from error


def _new_file(directory: Path, start_ns: int, state: State) -> tuple[Path, int]:
    for _ in range(_NAMES_TRIED):
        path = sibling(directory / new_name(start_ns), state)
        try:
            fd = Disk.create(str(path))
        except FileExistsError:
            continue
        if Disk.lock(fd):
            return path, fd
        # Another process looked into the new file before it was locked; leave it and go on.
        Disk.close(fd)
    raise FileExistsError(None, "no free name", str(directory))


def _why(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
