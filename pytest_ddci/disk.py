"""The file functions a journal lives by, held where mocks of a user's tests do not reach them.

Test suites replace `open`, functions of `os`, or (pyfakefs) every module's reference to them.
Class attributes escape all of these, and so a test that fakes the file system still gets its own
result written to the real one.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    _Pread = Callable[[int, int, int], bytes]

_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0)
_SAFE = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})

if sys.platform == "win32":  # pragma: no cover - Windows only
    import msvcrt

    def _lock(fd: int) -> None:
        """Lock a byte far beyond the end: on Windows a locked byte cannot be read by others."""
        os.lseek(fd, 0x7FFF_FFFE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    def _read_at(fd: int, offset: int, size: int) -> bytes:
        """Moving the position harms nobody: every write goes to the end."""
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, size)

else:
    import fcntl

    def _lock(fd: int) -> None:
        """A record lock on the whole file: it ends with this process, not with its children."""
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _read_at(fd: int, offset: int, size: int, pread: _Pread = os.pread) -> bytes:
        return pread(fd, size, offset)


class Disk:
    """Functions of `os` as they were at import; each raises OSError as those do."""

    close = staticmethod(os.close)
    fstat = staticmethod(os.fstat)
    getpid = staticmethod(os.getpid)
    listdir = staticmethod(os.listdir)
    lstat = staticmethod(os.lstat)
    makedirs = staticmethod(os.makedirs)
    replace = staticmethod(os.replace)
    truncate = staticmethod(os.ftruncate)
    unlink = staticmethod(os.unlink)
    urandom = staticmethod(os.urandom)
    _acquire = staticmethod(_lock)
    _open = staticmethod(os.open)
    _read_at = staticmethod(_read_at)
    write_some = staticmethod(os.write)

    @classmethod
    def create(cls, path: str) -> int:
        """A new file, mode 0600, to append to and to read; never through a symlink."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | _SAFE
        return cls._open(path, flags, 0o600)

    @classmethod
    def extend(cls, path: str, *, create: bool = False) -> int:
        """An existing file to append to and to read, or a new one; never through a symlink.

        Only a regular file will do; anything else is an OSError, at once.
        """
        flags = os.O_RDWR | os.O_APPEND | _SAFE | (os.O_CREAT if create else 0)
        try:
            return cls._open_regular(path, flags)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise OSError(error.errno, "a symbolic link is not followed", path) from error

    @classmethod
    def read_only(cls, path: str) -> int:
        """A file to read; only a regular one, anything else is an OSError at once."""
        return cls._open_regular(path, _READ_ONLY | getattr(os, "O_CLOEXEC", 0))

    @classmethod
    def _open_regular(cls, path: str, flags: int) -> int:
        """A regular file: nobody waits for the other end of a pipe, or reads a device for ever."""
        fd = cls._open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
        if not stat.S_ISREG(cls.fstat(fd).st_mode):
            cls.close(fd)
            raise OSError(errno.EINVAL, "no regular file", path)
        return fd

    @classmethod
    def write(cls, fd: int, data: bytes) -> None:
        """Write all of it, in one call unless the system takes less."""
        written = cls.write_some(fd, data)
        while written < len(data):
            written += cls.write_some(fd, memoryview(data)[written:])

    @classmethod
    def read_at(cls, fd: int, offset: int, size: int) -> bytes:
        """At most that many bytes from that offset; nothing at the end."""
        return cls._read_at(fd, offset, size)

    @classmethod
    def lock(cls, fd: int) -> bool:
        """Take the writer's lock of a file, without waiting; False when another process has it.

        A file system without locks counts as unlocked: the lock protects a run in progress from
        `ddci send`, and is not worth losing the run for.

        A record lock is lost when this process closes *any* descriptor of the file. Whoever
        holds it reads through the same descriptor.
        """
        try:
            cls._acquire(fd)
        except OSError as error:
            return error.errno in _NO_LOCKS
        return True
