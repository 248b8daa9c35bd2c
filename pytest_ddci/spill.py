"""What a journal holds in memory once its disk takes no more."""

from __future__ import annotations

MOST = 64 * 1024 * 1024
"""Bytes that are held in memory at most; some fifty thousand events."""


class Spill:
    """The end of a journal that is in memory, as if it were in the file.

    Args:
        base: where in the journal it begins: how many bytes are on disk.
        reason: why the disk takes no more, for the user.
    """

    __slots__ = ("_held", "base", "reason")

    def __init__(self, base: int, reason: str) -> None:
        self.base = base
        self.reason = reason
        self._held = bytearray()

    def add(self, data: bytes) -> bool:
        """Hold on to that; False where it would be too much, and nothing of it is held."""
        if len(self._held) + len(data) > MOST:
            return False
        self._held += data
        return True

    def read_at(self, offset: int, size: int) -> bytes:
        """At most that many bytes from that offset of the journal; nothing at the end."""
        start = offset - self.base
        return bytes(self._held[start : start + size])

    def whole(self) -> bytes:
        """All that is held."""
        return bytes(self._held)
