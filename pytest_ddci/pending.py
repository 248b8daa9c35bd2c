"""Which collected tests have not finished yet; what is left at the end never ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _Left:
    """The ids of a list that are still to come.

    As long as tests finish in the order of the list, a position says it all, and the list may be
    one that makes its items when they are asked for: of a large suite nothing need be remembered.

    Args:
        ids: in the order in which they are expected.
    """

    __slots__ = ("_head", "_ids", "_length", "_next", "_others")

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = ids
        self._length = len(ids)
        self._next = 0
        self._head = ids[0] if ids else None
        # What is left, once the order was another one.
        self._others: dict[str, None] | None = None
        if len(set(ids)) < len(ids):
            self._spread()

    def __bool__(self) -> bool:
        return self._head is not None or bool(self._others)

    def __contains__(self, nodeid: str) -> bool:
        return nodeid == self._head or nodeid in self._spread()

    def __iter__(self) -> Iterator[str]:
        return iter(self._spread())

    def remove(self, nodeid: str) -> bool:
        """That one is over; False, and nothing is done, if it is not in the list."""
        if nodeid != self._head:
            others = self._spread()
            is_left = nodeid in others
            others.pop(nodeid, None)
            return is_left
        self._next += 1
        self._head = self._ids[self._next] if self._next < self._length else None
        return True

    def _spread(self) -> dict[str, None]:
        if self._others is None:
            self._others = dict.fromkeys(self._ids[self._next :])
            self._ids, self._head = (), None
        return self._others


@dataclass(slots=True)
class Pending:
    """The ids that were collected and have no final attempt.

    Args:
        each: every worker runs every test (`--dist each`), so that ids are kept per worker.
            Otherwise all workers collect the same ids and the first list is the list.
    """

    each: bool = False
    _ids: dict[str, _Left] = field(default_factory=dict)
    _orphans: list[_Left] = field(default_factory=list)

    def collected(self, nodeids: Sequence[str], worker: str) -> None:
        """Take in what a worker collected; a replacement worker inherits what was left over."""
        key = worker if self.each else ""
        if key in self._ids:
            return
        self._ids[key] = self._orphans.pop() if self._orphans else _Left(nodeids)

    def worker_lost(self, worker: str) -> None:
        """That worker runs nothing any more."""
        if self.each and (left := self._ids.get(worker)):
            self._ids[worker] = _Left(())
            self._orphans.append(left)

    def finished(self, nodeid: str, worker: str) -> bool:
        """That test has had its final attempt; whether it is known to be its first one."""
        left = self._ids.get(worker if self.each else "")
        return left is not None and left.remove(nodeid)

    def knows_finished(self, nodeid: str, worker: str) -> bool:
        """Whether that test was collected here and has already had its final attempt."""
        left = self._ids.get(worker if self.each else "")
        return left is not None and nodeid not in left

    def __iter__(self) -> Iterator[str]:
        for left in (*self._ids.values(), *self._orphans):
            yield from left
