"""Contents: what is in a journal that another process has left, and what is still to be sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_ddci.accounting import Accounting
from pytest_ddci.errors import JournalError
from pytest_ddci.journal import VERSION
from pytest_ddci.ledger import Spans
from pytest_ddci.lines import CUT, BadLine, ControlLine, EventLine, stops_short
from pytest_ddci.repetitions import Repetitions
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_ddci.ledger import Range
    from pytest_ddci.lines import Line

TOLD = 100
"""Bad lines that are told one by one."""

_NOWHERE = (sys.maxsize, sys.maxsize)
_UNREADABLE = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


class Contents:
    """What a journal holds, and what earlier flushes have achieved; read first, then sent.

    Memory is bounded: by the first bad lines and the digests of the first events.

    Args:
        name: of the journal, for messages.
        oldest_ns: events that ended before this are not sent.

    Attributes:
        is_journal: whether there is any line of ours in it.
        events: event lines in it.
        settled: what earlier flushes achieved, as ranges of bytes.
        bad: the first lines that cannot be used.
        untold: how many more of them there are.
        damaged: whether anything is wrong with any of them.
        torn: whether the last line has no end.
        expired_spans: events that were too old to be sent.
    """

    def __init__(self, name: str, oldest_ns: int) -> None:
        self.is_journal = False
        self.events = 0
        self.settled: list[Range] = []
        self.bad: list[BadLine] = []
        self.untold = 0
        self.damaged = False
        self.torn = False
        self.expired_spans = Spans()
        self._name = name
        self._oldest = rfc3339(oldest_ns)
        self._started = ""
        self._expired_levels: dict[str, int] = {}
        self._repetitions = Repetitions()

    def watch(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The same lines, read.

        Raises:
            JournalError: the journal has a format that only a later version can read.
        """
        for number, line in enumerate(lines, start=1):
            if isinstance(line, BadLine):
                self._add(line)
                self.torn = line.endless
            else:
                self.is_journal = True
                if isinstance(line, EventLine):
                    self.events += 1
                else:
                    self._remember(line, number)
            yield line
        self.settled.sort()

    def unsent(self, lines: Iterable[Line]) -> Iterator[EventLine]:
        """The events nothing is decided about, of lines that were read before.

        Left out, and noted, are those too old, those damaged, and repetitions.
        """
        settled = iter(self.settled)
        start, end = next(settled, _NOWHERE)
        for number, line in enumerate(lines, start=1):
            if not isinstance(line, EventLine):
                continue
            while end <= line.offset:
                start, end = next(settled, _NOWHERE)
            first = self._repetitions.first(line.data, number)
            if start <= line.offset:
                continue
            resource = line.resource()
            if first != number:
                self._add(_repeated(line, number, first))
            elif resource is None:
                self._add(_damaged(line, number, "a damaged event: no JSON"))
            elif self._is_expired(resource.get("end")):
                self.expired_spans.add([line])
                self._expired_levels[line.level] = self._expired_levels.get(line.level, 0) + 1
            else:
                yield line

    def expired(self, why: str) -> Accounting:
        """The books of the events that were too old."""
        count = sum(self._expired_levels.values())
        return Accounting(
            emitted=count,
            rejected=count,
            emitted_by_level=dict(self._expired_levels),
            problem=f"rejected: {why}" if count else None,
        )

    def _add(self, line: BadLine) -> None:
        self.damaged |= line.severe
        if len(self.bad) < TOLD:
            self.bad.append(line)
        else:
            self.untold += 1

    def _remember(self, line: ControlLine, number: int) -> None:
        found = line.decoded()
        try:
            if found is None:
                raise ValueError(line.kind)
            if line.kind == "header":
                self._begin(found["version"], found["pipeline"]["start"], number)
            elif line.kind == "verdicts":
                offsets = [int(each["offset"]) for each in found["rejected"]]
                self.settled += [
                    *_ranges(found["delivered"]),
                    *_ranges(found.get("expired", [])),
                    *((offset, offset + 1) for offset in offsets),
                ]
        except _UNREADABLE:
            self._add(_damaged(line, number, f"not a line of {line.kind!r}"))

    def _begin(self, version: int, start: str, number: int) -> None:
        if int(version) > VERSION:
            raise JournalError(
                f"{self._name}:{number}: format {version} of journals; this version of pytest-ddci "
                f"knows up to {VERSION}: a later one can send it (nothing was changed)"
            )
        self._started = min(self._started or str(start), str(start))

    def _is_expired(self, end: object) -> bool:
        # Nothing of a run can have ended before the run began.
        return self._started <= self._oldest and isinstance(end, str) and end < self._oldest


def _repeated(line: EventLine, number: int, first: int) -> BadLine:
    return BadLine(line.offset, number, f"repeats line {first}: not sent again", severe=False)


def _damaged(line: EventLine | ControlLine, number: int, words: str) -> BadLine:
    """What is wrong with a line that begins and ends as one of ours."""
    if stops_short(line.data):
        return BadLine(line.offset, number, CUT, severe=False)
    return BadLine(line.offset, number, words)


def _ranges(found: list[list[int]]) -> list[Range]:
    return [(int(start), int(end)) for start, end in found]
