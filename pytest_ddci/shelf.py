"""The directory of journals: what its files are called, which it has, how it is made.

run-<UTC start>-<8 hex>.jsonl             being written, or holding events not yet accepted
run-<UTC start>-<8 hex>.delivered.jsonl   every event accepted or rejected: local history
run-<UTC start>-<8 hex>.rejected.jsonl    the rejected events, each with the API's words
error-<ns since the epoch>.txt            the traceback of an error of ours
.columns/                                 what readers have made of journals; see `local.snapshot`
"""

from __future__ import annotations

import contextlib
import re
import stat
from calendar import timegm
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

from pytest_ddci.clock import SECOND
from pytest_ddci.disk import Disk
from pytest_ddci.frozen import frozen
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from pathlib import Path

State = Literal["undelivered", "delivered", "rejected"]

_NAME = re.compile(
    r"run-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{8}(\.delivered|\.rejected)?\.jsonl"
)
COLUMNS = ".columns"
"""The directory, beside the journals, of what has been made of them."""

_DERIVED = (".duckdb", ".new", ".wal")
_ERROR = re.compile(r"error-(\d{1,20})\.txt", re.ASCII)


@frozen
class Entry:
    """A journal file.

    Attributes:
        path: the file.
        state: undelivered (or still being written), delivered, or rejected events kept aside.
        start_ns: when its run began, by its name; nanoseconds since the epoch.
        size: bytes.
    """

    path: Path
    state: State
    start_ns: int
    size: int


@frozen
class Derived:
    """A file that readers have made of journals; it can be made again.

    Attributes:
        path: the file.
        made_ns: when it was written last; nanoseconds since the epoch.
        size: bytes.
    """

    path: Path
    made_ns: int
    size: int


def new_name(start_ns: int) -> str:
    """A name for the journal of a run that began then."""
    started = rfc3339(start_ns).partition(".")[0].replace("-", "").replace(":", "")
    return f"run-{started}Z-{Disk.urandom(4).hex()}.jsonl"


def sibling(path: Path, state: State) -> Path:
    """The file beside a journal that holds the same run in another state."""
    run = path.name.partition(".")[0]
    return path.with_name(f"{run}.jsonl" if state == "undelivered" else f"{run}.{state}.jsonl")


def state_of(path: Path) -> State | None:
    """What a file's name says about it; None when it is no name of ours."""
    named = _NAME.fullmatch(path.name)
    return None if named is None else _state(named)


def entries(directory: Path) -> list[Entry]:
    """The journal files of a directory, oldest first; none when there is no such directory.

    Symbolic links, and files with other names, are nobody's business here.
    """
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in Disk.listdir(str(directory)):
            path = directory / name
            named = _NAME.fullmatch(name)
            if named is None:
                continue
            with contextlib.suppress(FileNotFoundError):
                status = Disk.lstat(path)
                if stat.S_ISREG(status.st_mode):
                    entry = Entry(path, _state(named), _start_ns(named), status.st_size)
                    found.append((entry.start_ns, status.st_mtime_ns, name, entry))
    # A name knows the second in which a run began: of two in one second the last word decides.
    return [entry for _, _, _, entry in sorted(found, key=itemgetter(0, 1, 2))]


def undelivered(directory: Path) -> list[Path]:
    """The journals of a directory that are open or undelivered, oldest first."""
    return [entry.path for entry in entries(directory) if entry.state == "undelivered"]


def is_being_written(path: Path) -> bool:
    """Whether a run is writing the journal.

    Not for a journal of this very process: to look would end its lock.

    Raises:
        OSError: it cannot be opened for writing, and nobody can say.
    """
    fd = Disk.extend(str(path))
    try:
        return not Disk.lock(fd)
    finally:
        Disk.close(fd)


def error_name(at_ns: int) -> str:
    """A name for the traceback of an error of ours that happened then."""
    return f"error-{at_ns}.txt"


def errors(directory: Path) -> list[tuple[Path, int]]:
    """The tracebacks in a directory, and when each happened; none when there is no such directory.

    Symbolic links, and files with other names, are nobody's business here.
    """
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in Disk.listdir(str(directory)):
            named = _ERROR.fullmatch(name)
            if named is None:
                continue
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISREG(Disk.lstat(directory / name).st_mode):
                    found.append((directory / name, int(named[1])))
    return found


def derived(directory: Path) -> list[Derived]:
    """What has been made of the journals of a directory, oldest first.

    Symbolic links, and files with other names, are nobody's business here.
    """
    made, found = directory / COLUMNS, []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if not stat.S_ISDIR(Disk.lstat(made).st_mode):
            return []
        for name in Disk.listdir(str(made)):
            if not name.endswith(_DERIVED):
                continue
            with contextlib.suppress(FileNotFoundError):
                status = Disk.lstat(made / name)
                if stat.S_ISREG(status.st_mode):
                    found.append(Derived(made / name, status.st_mtime_ns, status.st_size))
    return sorted(found, key=lambda each: (each.made_ns, each.path.name))


def prepare(directory: Path) -> None:
    """Make the directory with mode 0700; a new or empty one also ignores itself to git.

    Raises:
        OSError: it cannot be made or read.
    """
    Disk.makedirs(directory, mode=0o700, exist_ok=True)
    if Disk.listdir(str(directory)):
        return
    with contextlib.suppress(FileExistsError):
        fd = Disk.create(str(directory / ".gitignore"))
        try:
            Disk.write(fd, b"*\n")
        finally:
            Disk.close(fd)


def _state(named: re.Match[str]) -> State:
    if named[7] is None:
        return "undelivered"
    return "delivered" if named[7] == ".delivered" else "rejected"


def _start_ns(named: re.Match[str]) -> int:
    year, month, day, hour, minute, second = (int(each) for each in named.groups()[:6])
    try:
        return timegm((year, month, day, hour, minute, second)) * SECOND
    except ValueError:
        return 0
