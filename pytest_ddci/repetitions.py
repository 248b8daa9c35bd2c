"""Which lines of a journal have been there before: digests of events, in six megabytes at most.

As objects of Python, in a dictionary, they would take three times that.
"""

from __future__ import annotations

from hashlib import blake2b

REMEMBERED = 200_000
"""Events among which repetitions are found; of later ones only what repeats those is."""

_SLOTS = 1 << 19
_DIGEST = 8
_LARGEST = (1 << 32) - 1


class Repetitions:
    """The number of the first line with each event.

    A table with open addressing: a digest is looked for from its own place on, up to an empty one.
    The system gives its pages only as they are used.
    """

    __slots__ = ("_count", "_digests", "_numbers")

    def __init__(self) -> None:
        self._count = 0
        self._digests = memoryview(bytearray(_SLOTS * 8)).cast("Q")
        self._numbers = memoryview(bytearray(_SLOTS * 4)).cast("I")

    def first(self, data: bytes, number: int) -> int:
        """The number of the line that had this event first; this one's, if none had.

        Args:
            data: the event as it stands in the journal.
            number: of the line, counted from 1.
        """
        # Zero is what an empty slot has.
        digest = int.from_bytes(blake2b(data, digest_size=_DIGEST).digest(), "little") or 1
        digests = self._digests
        slot = digest % _SLOTS
        while found := digests[slot]:
            if found == digest:
                return self._numbers[slot]
            slot = (slot + 1) % _SLOTS
        if self._count < REMEMBERED:
            self._count += 1
            digests[slot] = digest
            self._numbers[slot] = min(number, _LARGEST)
        return number
