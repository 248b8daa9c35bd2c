"""A spool: event lines on their way from journals into DuckDB.

DuckDB's JSON reader reads whole files. So what is new in any number of journals is put into one
file of this process alone, each line with the run and the offset that it comes from.
"""

from __future__ import annotations

import glob
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FULL = 64 * 1024 * 1024
"""Bytes at which a spool is full."""

_ROOM = 256


class Spool:
    """Collects event lines; closed by `done`, used once.

    Attributes:
        sent: how many lines of each run it holds.

    Args:
        path: the file, made or written over.
    """

    def __init__(self, path: Path) -> None:
        self.sent: Counter[str] = Counter()
        self._path = path
        self._size = 0
        self._longest = 0
        self._file = path.open("wb")

    @property
    def full(self) -> bool:
        """Whether it is time to use it."""
        return self._size >= FULL

    def add(self, run: str, at: int, event: bytes) -> None:
        """Add a line.

        Args:
            run: the name of its journal, which needs no escaping.
            at: its offset there.
            event: its event, as it goes over the wire.
        """
        text = b'{"run":"%s","at":%d,%s\n' % (run.encode("ascii"), at, event[1:])
        self._file.write(text)
        self.sent[run] += 1
        self._size += len(text)
        self._longest = max(self._longest, len(text))

    def done(self) -> tuple[str, int]:
        """Close the file; the parameters of `sent.ROWS` to read it."""
        self._file.close()
        return glob.escape(str(self._path)), self._longest + _ROOM

    def remove(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)
