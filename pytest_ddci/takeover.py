"""Takeover: a journal that its run has left is opened, to be finished and delivered by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.disk import Disk
from pytest_ddci.errors import JournalError
from pytest_ddci.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path


def take_over(path: Path, owner: int | None = None) -> Journal | None:
    """An existing journal, locked, to be read and appended to; None while its run is in progress.

    Nothing in it is changed: it may turn out to be no journal at all, or one of a later version.

    Args:
        path: the file.
        owner: the user whose file it must be; anybody's will do when None.

    Raises:
        JournalError: there is no such file any more, it is no regular file or another user's, or
            it cannot be opened for writing.
    """
    try:
        fd = Disk.extend(str(path))
    except OSError as error:
        raise JournalError(f"cannot open {path}: {error.strerror or error}") from error
    try:
        if not Disk.lock(fd):
            Disk.close(fd)
            return None
        opened, there = Disk.fstat(fd), Disk.lstat(path)
    except OSError as error:
        Disk.close(fd)
        raise JournalError(f"cannot open {path}: {error.strerror or error}") from error
    # By now another process may have delivered and renamed it.
    if (opened.st_dev, opened.st_ino) != (there.st_dev, there.st_ino):
        Disk.close(fd)
        return None
    if owner is not None and opened.st_uid != owner:
        Disk.close(fd)
        raise JournalError(
            f"{path}: belongs to another user ({opened.st_uid}); name it to have it sent"
        )
    return Journal(path, fd, opened.st_size)
