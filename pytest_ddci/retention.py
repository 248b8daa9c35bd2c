"""Which journals are removed, and when: history within bounds, undelivered events last.

Delivered journals (and rejected events kept aside) go first, the oldest first. An undelivered
journal goes only when the bounds are still exceeded without them, and the user is told. Tracebacks
of errors of ours go with their age.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND
from pytest_ddci.disk import Disk
from pytest_ddci.shelf import entries, errors, is_being_written

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pytest_ddci.shelf import Entry

KEEP_DAYS = 14.0
KEEP_MB = 500.0

_DAY = 24 * 60 * 60 * SECOND
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that was removed; `told` is the line for the user, if it held undelivered events."""

    path: Path
    size: int
    told: str | None


def expired(
    shelf: Sequence[Entry], now_ns: int, keep_days: float = KEEP_DAYS, keep_mb: float = KEEP_MB
) -> list[Entry]:
    """The entries to remove, in the order to remove them.

    Args:
        shelf: every journal file.
        now_ns: the time, in nanoseconds since the epoch.
        keep_days: age, since the run began, beyond which a journal goes.
        keep_mb: megabytes (10^6 bytes) all files may have together.

    With 0 days or 0 MB no history is kept at all; undelivered journals then have the default
    bounds, for they are not history.
    """
    no_history = keep_days <= 0 or keep_mb <= 0
    if no_history:
        keep_days, keep_mb = keep_days or KEEP_DAYS, keep_mb or KEEP_MB
    oldest_ns = now_ns - int(keep_days * _DAY)
    excess = sum(entry.size for entry in shelf) - int(keep_mb * _MB)
    gone = []
    for entry in sorted(shelf, key=_order):
        history = entry.state != "undelivered"
        if entry.start_ns < oldest_ns or excess > 0 or (history and no_history):
            gone.append(entry)
            excess -= entry.size
    return gone


def apply_retention(
    directory: Path,
    now_ns: int,
    keep_days: float = KEEP_DAYS,
    keep_mb: float = KEEP_MB,
    *,
    spare: Collection[Path] = (),
) -> list[Removed]:
    """Remove what has expired and return the journals among it.

    Never touched: a journal that is being written, a symbolic link, a name that is not ours, and
    the files to `spare`, which must include every journal this process has open. A file that
    cannot be removed stays without a word: the next run tries again.

    Raises:
        OSError: the directory cannot be read.
    """
    _remove_errors(directory, now_ns - int((keep_days or KEEP_DAYS) * _DAY))
    shelf = [entry for entry in entries(directory) if entry.path not in spare]
    return [
        Removed(entry.path, entry.size, _told(entry))
        for entry in expired(shelf, now_ns, keep_days, keep_mb)
        if _remove(entry)
    ]


def _remove_errors(directory: Path, oldest_ns: int) -> None:
    for path, at_ns in errors(directory):
        if at_ns < oldest_ns:
            with contextlib.suppress(OSError):
                Disk.unlink(path)


def _order(entry: Entry) -> tuple[bool, int, str]:
    return entry.state == "undelivered", entry.start_ns, entry.path.name


def _told(entry: Entry) -> str | None:
    if entry.state != "undelivered":
        return None
    return f"removed {entry.path} ({entry.size:,} bytes): its events were never delivered"


def _remove(entry: Entry) -> bool:
    try:
        if entry.state == "undelivered" and is_being_written(entry.path):
            return False
        Disk.unlink(entry.path)
    except OSError:
        return False
    return True
