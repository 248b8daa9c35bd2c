"""Resend: what `ddci send` does with journals that were not delivered, or not even finished."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from pytest_ddci.accounting import Accounting
from pytest_ddci.clock import SECOND
from pytest_ddci.delivery import deliver, settle
from pytest_ddci.errors import JournalError
from pytest_ddci.journal import Journal
from pytest_ddci.ledger import Spans
from pytest_ddci.lines import BadLine, ControlLine, EventLine
from pytest_ddci.recovery import recover
from pytest_ddci.shelf import state_of, undelivered
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_ddci.clock import Clock, Deadline
    from pytest_ddci.delivery import Progress, Sender
    from pytest_ddci.ledger import Range

OLDEST_HOURS = 18
"""Hours since its end after which the API refuses an event (API reference, operation text)."""

_OLDEST_NS = OLDEST_HOURS * 60 * 60 * SECOND
_BAD_LINES_TOLD = 100
_NOWHERE = (sys.maxsize, sys.maxsize)
_TOO_OLD = f"older than {OLDEST_HOURS} hours: the API refuses it"

Outcome = Literal["settled", "kept", "busy", "already", "empty", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """What became of one journal.

    Attributes:
        path: where the journal is now.
        outcome: `settled` (every event delivered or rejected), `kept` (some are still to be
            sent), `busy` (its run is in progress), `already` (delivered before), `empty` (it
            holds no event), `failed` (it cannot be read or written).
        words: one line for the user.
        accounting: the books of this attempt.
        recovered: events added to finish a killed run.
        expired: events too old to be sent; they count as rejected.
        bad: lines that are neither events nor ours.
    """

    path: Path
    outcome: Outcome
    words: str
    accounting: Accounting = field(default_factory=Accounting)
    recovered: int = 0
    expired: int = 0
    bad: tuple[BadLine, ...] = ()


def resend(
    paths: Sequence[Path],
    intake: Callable[[], Sender],
    clock: Clock,
    deadline: Deadline,
    *,
    progress: Progress | None = None,
) -> Iterator[Resent]:
    """Deliver what journals still hold; doing it again does no harm and sends nothing twice.

    Each journal is locked, finished if its run was killed, delivered and settled before the next
    one is looked at.

    Args:
        paths: journals, or directories whose undelivered journals are meant, oldest first.
        intake: makes the intake; called at the first journal with something to send.
        clock: says how old events are.
        deadline: for all journals together.
        progress: as of `delivery.deliver`, for each journal anew.
    """
    made: list[Sender] = []

    def shared() -> Sender:
        if not made:
            made.append(intake())
        return made[0]

    try:
        for path in _journals(paths):
            yield _resent(path, shared, clock, deadline, progress)
    finally:
        for each in made:
            each.close()


def _journals(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from undelivered(path)
        else:
            yield path


def _resent(
    path: Path,
    intake: Callable[[], Sender],
    clock: Clock,
    deadline: Deadline,
    progress: Progress | None,
) -> Resent:
    if state_of(path) in {"delivered", "rejected"}:
        return Resent(path=path, outcome="already", words=f"{path}: delivered before")
    try:
        journal = Journal.reopen(path)
        if journal is None:
            return Resent(path=path, outcome="busy", words=f"{path}: still being written")
        try:
            return _sent(journal, intake, clock, deadline, progress)
        finally:
            journal.close()
    except JournalError as error:
        return Resent(path=path, outcome="failed", words=str(error))


def _sent(
    journal: Journal,
    intake: Callable[[], Sender],
    clock: Clock,
    deadline: Deadline,
    progress: Progress | None,
) -> Resent:
    recovered = recover(journal.lines())
    journal.append(recovered)
    contents = _Contents(journal, clock.now_ns() - _OLDEST_NS)
    if not contents.events:
        return Resent(
            path=journal.path,
            outcome="empty",
            words=f"{journal.path}: holds no event",
            bad=tuple(contents.bad),
        )
    report = deliver(contents.unsent(), intake(), deadline, clock, progress=progress)
    report = replace(
        report,
        accounting=report.accounting.plus(contents.expired()),
        expired=contents.expired_spans.ranges(),
    )
    path = settle(journal, report, clock.now_ns())
    return Resent(
        path=path,
        outcome="kept" if report.accounting.kept else "settled",
        words=_words(path, report.accounting, len(recovered)),
        accounting=report.accounting,
        recovered=len(recovered),
        expired=contents.expired().emitted,
        bad=tuple(contents.bad),
    )


class _Contents:
    """What a journal holds and what earlier flushes achieved.

    Args:
        journal: open and finished.
        oldest_ns: events that ended before this are not sent.
    """

    def __init__(self, journal: Journal, oldest_ns: int) -> None:
        self.events = 0
        self.bad: list[BadLine] = []
        self.expired_spans = Spans()
        self._journal = journal
        self._oldest = rfc3339(oldest_ns)
        self._started = ""
        self._settled: list[Range] = []
        self._expired_levels: dict[str, int] = {}
        for number, line in enumerate(journal.lines(), start=1):
            if isinstance(line, EventLine):
                self.events += 1
            elif isinstance(line, ControlLine):
                try:
                    self._remember(line)
                except (AttributeError, KeyError, TypeError, ValueError):
                    self.bad.append(BadLine(line.offset, number, f"not a line of {line.kind!r}"))
            elif len(self.bad) < _BAD_LINES_TOLD:
                self.bad.append(line)
        self._settled.sort()

    def unsent(self) -> Iterator[EventLine]:
        """The events nothing is decided about, without those too old, which are noted."""
        settled = iter(self._settled)
        start, end = next(settled, _NOWHERE)
        for line in self._journal.lines():
            if not isinstance(line, EventLine):
                continue
            while end <= line.offset:
                start, end = next(settled, _NOWHERE)
            if start <= line.offset:
                continue
            if self._is_expired(line):
                self.expired_spans.add([line])
                self._expired_levels[line.level] = self._expired_levels.get(line.level, 0) + 1
            else:
                yield line

    def expired(self) -> Accounting:
        """The books of the events that were too old."""
        count = sum(self._expired_levels.values())
        return Accounting(
            emitted=count,
            rejected=count,
            emitted_by_level=dict(self._expired_levels),
            problem=f"rejected: {_TOO_OLD}" if count else None,
        )

    def _remember(self, line: ControlLine) -> None:
        found = line.decoded() or {}
        if line.kind == "header":
            pipeline = found.get("pipeline")
            start = pipeline.get("start") if isinstance(pipeline, dict) else None
            self._started = start if isinstance(start, str) else ""
        elif line.kind == "verdicts":
            self._settled += _ranges(found.get("delivered"))
            self._settled += _ranges(found.get("expired"))
            for each in found.get("rejected") or ():
                self._settled.append((int(each["offset"]), int(each["offset"]) + 1))

    def _is_expired(self, line: EventLine) -> bool:
        # Nothing of a run can have ended before the run began, so most runs decode nothing.
        if self._started > self._oldest:
            return False
        attributes = (line.decoded() or {}).get("attributes")
        resource = attributes.get("resource") if isinstance(attributes, dict) else None
        end = resource.get("end") if isinstance(resource, dict) else None
        return isinstance(end, str) and end < self._oldest


def _ranges(found: object) -> list[Range]:
    return [(int(start), int(end)) for start, end in found] if isinstance(found, list) else []


def _words(path: Path, books: Accounting, recovered: int) -> str:
    parts = [f"{books.delivered} of {books.emitted} events delivered"]
    if books.rejected:
        parts.append(f"{books.rejected} rejected")
    if books.kept:
        parts.append(f"{books.kept} kept")
    if recovered:
        parts.append(f"{recovered} of them made up for a killed run")
    problem = f" ({books.problem})" if books.problem else ""
    return f"{path}: {', '.join(parts)}{problem}"
