"""The journals of a directory as the store reads them: whole lines, and only those that are new.

A journal only grows, and may be renamed. It is read up to its last newline, so that a line which
is being written is met by the next look. Nobody's lock is asked for.
"""

from __future__ import annotations

import contextlib
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from pytest_ddci.disk import Disk
from pytest_ddci.frozen import frozen
from pytest_ddci.lines import read_lines
from pytest_ddci.shelf import entries, sibling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pytest_ddci.lines import Line

    ReadAt = Callable[[int, int], bytes]
    """At most so many bytes (second argument) from an offset (first argument)."""

_TAIL = 4 * 1024
_STEP = 64 * 1024


@frozen
class Source:
    """A journal.

    Attributes:
        run: its name without endings, which it keeps when it is renamed.
        path: the file.
        size: bytes when it was looked at.
    """

    run: str
    path: Path
    size: int


@frozen
class Mark:
    """How far a journal has been read.

    Attributes:
        position: bytes; a line ends there.
        digest: of the bytes before, which tells whether they are still the same.
    """

    position: int
    digest: str


START = Mark(0, "")
"""Nothing has been read."""


def sources(directory: Path, known: Iterable[str] = ()) -> dict[str, Source]:
    """The journals of a directory by their runs, oldest first; rejected events are in them too.

    Args:
        directory: where they are; there may be no such directory.
        known: runs to look for by name: one that is renamed while the directory is read may be
            missed under both of its names.

    Raises:
        OSError: the directory cannot be read.
    """
    found = {}
    for entry in entries(directory):
        if entry.state != "rejected":
            run = entry.path.name.partition(".")[0]
            found[run] = Source(run, entry.path, entry.size)
    missed = [run for run in known if run not in found]
    for run in missed:
        path = directory / f"{run}.jsonl"
        for each in (path, sibling(path, "delivered")):
            with contextlib.suppress(FileNotFoundError):
                found[run] = Source(run, each, Disk.lstat(each).st_size)
    return found


@contextlib.contextmanager
def opened(source: Source, own: Callable[[Path], ReadAt | None]) -> Iterator[ReadAt | None]:
    """A way to read a journal, under its other name if it was renamed; None: it is gone.

    Args:
        source: the journal.
        own: gives a way to read a journal that this process itself is writing. Such a one must
            not be opened a second time, because to close it would end its writer's lock.
    """
    for path in dict.fromkeys((source.path, sibling(source.path, "delivered"))):
        read_at = own(path)
        if read_at is not None:
            yield read_at
            return
        try:
            fd = Disk.read_only(str(path))
        except FileNotFoundError:
            continue
        try:
            yield partial(Disk.read_at, fd)
        finally:
            Disk.close(fd)
        return
    yield None


def mark_at(read_at: ReadAt, position: int) -> Mark:
    """The mark of a journal that has been read so far."""
    start = max(0, position - _TAIL)
    tail = read_at(start, position - start)
    return Mark(position, blake2b(tail, digest_size=16).hexdigest())


def holds(read_at: ReadAt, mark: Mark) -> bool:
    """Whether a journal is still what it was up to a mark."""
    return mark == START or mark_at(read_at, mark.position) == mark


def new_lines(read_at: ReadAt, size: int, position: int) -> Iterator[tuple[int, int, Line]]:
    """The whole lines from a position on, each with where it begins and where the next one does.

    Args:
        read_at: reads the journal.
        size: its bytes, beyond which nothing is read.
        position: where a line begins.
    """
    end = _last_end(read_at, size, position)

    def bounded(offset: int, count: int) -> bytes:
        return read_at(position + offset, max(0, min(count, end - position - offset)))

    at, previous = position, None
    for line in read_lines(bounded):
        begins = position + line.offset
        if previous is not None:
            yield at, begins, previous
        at, previous = begins, line
    if previous is not None:
        yield at, end, previous


def _last_end(read_at: ReadAt, size: int, start: int) -> int:
    """Behind the last newline that is not before the start; the start if there is none."""
    while size > start:
        step = min(_STEP, size - start)
        found = read_at(size - step, step).rfind(b"\n")
        if found >= 0:
            return size - step + found + 1
        size -= step
    return start
