"""Which collected tests have not finished yet; what is left at the end never ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(slots=True)
class Pending:
    """The ids that were collected and have no final attempt.

    Args:
        each: every worker runs every test (`--dist each`), so that ids are kept per worker.
            Otherwise all workers collect the same ids and the first list is the list.
    """

    each: bool = False
    _ids: dict[str, dict[str, None]] = field(default_factory=dict)
    _orphans: list[dict[str, None]] = field(default_factory=list)

    def collected(self, nodeids: Iterable[str], worker: str) -> None:
        """Take in what a worker collected; a replacement worker inherits what was left over."""
        key = worker if self.each else ""
        if key in self._ids:
            return
        self._ids[key] = self._orphans.pop() if self._orphans else dict.fromkeys(nodeids)

    def worker_lost(self, worker: str) -> None:
        """That worker runs nothing any more."""
        if self.each and (left := self._ids.get(worker)):
            self._ids[worker] = {}
            self._orphans.append(left)

    def finished(self, nodeid: str, worker: str) -> None:
        """That test has had its final attempt."""
        ids = self._ids.get(worker if self.each else "")
        if ids is not None:
            ids.pop(nodeid, None)

    def knows_finished(self, nodeid: str, worker: str) -> bool:
        """Whether that test was collected here and has already had its final attempt."""
        ids = self._ids.get(worker if self.each else "")
        return ids is not None and nodeid not in ids

    def __iter__(self) -> Iterator[str]:
        for ids in (*self._ids.values(), *self._orphans):
            yield from ids
