"""Which journals are removed, and when: history within bounds, undelivered events last.

Delivered journals (and rejected events kept aside) go first, the oldest first. An undelivered
journal goes only when the bounds are still exceeded without them, and the user is told. Tracebacks
of errors of ours go with their age. What readers have made of journals counts like them; it goes
with the last of those it can have been made of, and before any undelivered journal.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND
from pytest_ddci.disk import Disk
from pytest_ddci.frozen import frozen
from pytest_ddci.shelf import Derived, Entry, derived, entries, errors, is_being_written

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

KEEP_DAYS = 14.0
KEEP_MB = 500.0

_DAY = 24 * 60 * 60 * SECOND
_MB = 1_000_000


@frozen
class Removed:
    """A file that was removed; `told` is the line for the user, if it held undelivered events."""

    path: Path
    size: int
    told: str | None


def expired(
    shelf: Sequence[Entry],
    now_ns: int,
    keep_days: float = KEEP_DAYS,
    keep_mb: float = KEEP_MB,
    made: Sequence[Derived] = (),
) -> list[Entry | Derived]:
    """The files to remove, in the order to remove them.

    Args:
        shelf: every journal file.
        now_ns: the time, in nanoseconds since the epoch.
        keep_days: age, since the run began, beyond which a journal goes.
        keep_mb: megabytes (10^6 bytes) all files may have together.
        made: what has been made of journals, oldest first.

    With 0 days or 0 MB no history is kept at all, nor what was made of it; undelivered journals
    then have the default bounds, for they are not history.
    """
    no_history = keep_days <= 0 or keep_mb <= 0
    if no_history:
        keep_days, keep_mb = keep_days or KEEP_DAYS, keep_mb or KEEP_MB
    oldest_ns = now_ns - int(keep_days * _DAY)
    ordered = _ordered(shelf, made)
    excess = sum(each.size for each in ordered) - int(keep_mb * _MB)
    gone = []
    for each in ordered:
        is_old = isinstance(each, Entry) and each.start_ns < oldest_ns
        is_history = isinstance(each, Derived) or each.state != "undelivered"
        if is_old or excess > 0 or (is_history and no_history):
            gone.append(each)
            excess -= each.size
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
    removed = [
        Removed(each.path, each.size, _told(each))
        for each in expired(shelf, now_ns, keep_days, keep_mb, derived(directory))
        if _remove(each) and isinstance(each, Entry)
    ]
    _remove_orphans(directory)
    return removed


def _remove_orphans(directory: Path) -> None:
    """Remove what was made before any journal that there still is began."""
    began = [each.start_ns for each in entries(directory) if each.state != "rejected"]
    for each in derived(directory):
        if each.made_ns < min(began, default=each.made_ns + 1):
            _remove(each)


def _remove_errors(directory: Path, oldest_ns: int) -> None:
    for path, at_ns in errors(directory):
        if at_ns < oldest_ns:
            with contextlib.suppress(OSError):
                Disk.unlink(path)


def _ordered(shelf: Sequence[Entry], made: Sequence[Derived]) -> list[Entry | Derived]:
    """What goes first, first: of what was made, the newest is in use."""
    by_age = sorted(shelf, key=lambda each: (each.start_ns, each.path.name))
    history = [each for each in by_age if each.state != "undelivered"]
    undelivered = [each for each in by_age if each.state == "undelivered"]
    return [*made[:-1], *history, *made[-1:], *undelivered]


def _told(entry: Entry) -> str | None:
    if entry.state != "undelivered":
        return None
    return f"removed {entry.path} ({entry.size:,} bytes): its events were never delivered"


def _remove(each: Entry | Derived) -> bool:
    try:
        is_undelivered = isinstance(each, Entry) and each.state == "undelivered"
        if is_undelivered and is_being_written(each.path):
            return False
        Disk.unlink(each.path)
    except OSError:
        return False
    return True
