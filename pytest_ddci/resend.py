"""Resend: what `ddci send` does with journals that were not delivered, or not even finished."""

from __future__ import annotations

import os
from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal

from pytest_ddci.accounting import Accounting
from pytest_ddci.clock import SECOND
from pytest_ddci.contents import Contents
from pytest_ddci.delivery import deliver, settle
from pytest_ddci.errors import JournalError
from pytest_ddci.frozen import frozen
from pytest_ddci.recovery import recover
from pytest_ddci.shelf import state_of, undelivered
from pytest_ddci.takeover import take_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_ddci.clock import Clock, Deadline
    from pytest_ddci.delivery import Progress, Sender
    from pytest_ddci.journal import Journal
    from pytest_ddci.lines import BadLine

OLDEST_HOURS = 18
"""Hours since its end after which the API refuses an event (API reference, operation text)."""

_OLDEST_NS = OLDEST_HOURS * 60 * 60 * SECOND
_TOO_OLD = f"older than {OLDEST_HOURS} hours: the API refuses it"

Outcome = Literal["settled", "kept", "busy", "already", "empty", "failed"]


@frozen(kw_only=True)
class Resent:
    """What became of one journal.

    Attributes:
        path: where the journal is now.
        outcome: `settled` (every event delivered or rejected), `kept` (some are still to be
            sent), `busy` (its run is in progress), `already` (delivered before), `empty` (nothing
            was ever written to it), `failed` (it cannot be read or written, or is no journal).
        words: one line for the user.
        accounting: the books of this attempt.
        recovered: events added to finish a killed run.
        expired: events too old to be sent; they count as rejected.
        bad: the first lines that cannot be used.
        untold: how many more of them there are.
        damaged: whether anything is wrong with any of them.
    """

    path: Path
    outcome: Outcome
    words: str
    accounting: Accounting = field(default_factory=Accounting)
    recovered: int = 0
    expired: int = 0
    bad: tuple[BadLine, ...] = ()
    untold: int = 0
    damaged: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing of it is kept, refused or damaged."""
        return (
            self.outcome not in {"kept", "failed"} and self.accounting.complete and not self.damaged
        )


def resend(  # noqa: PLR0913 - its collaborators, by name
    paths: Sequence[Path],
    intake: Callable[[], Sender],
    clock: Clock,
    deadline: Deadline,
    *,
    owner: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Resent]:
    """Deliver what journals still hold; doing it again does no harm and sends nothing twice.

    Each journal is locked, finished if its run was killed, delivered and settled before the next
    one is looked at. What is no journal, or one of a later version, is left as it is.

    Args:
        paths: journals, or directories whose undelivered journals are meant, oldest first.
        intake: makes the intake; called at the first journal with something to send.
        clock: says how old events are.
        deadline: for all journals together.
        owner: whose journals are taken from directories, for others might have put them there;
            everybody's when None, and always those that were named.
        progress: as of `delivery.deliver`, for each journal anew.
    """
    made: list[Sender] = []

    def shared() -> Sender:
        if not made:
            made.append(intake())
        return made[0]

    round_ = _Round(shared, clock, deadline, progress)
    seen: set[str] = set()
    try:
        for path in paths:
            try:
                journals = _journals(path, owner)
            except OSError as error:
                why = f"cannot read {path}: {error.strerror or error}"
                yield Resent(path=path, outcome="failed", words=why)
                continue
            for journal, whose in journals:
                place = os.path.abspath(journal)  # noqa: PTH100 - `resolve` follows links
                if place not in seen:
                    seen.add(place)
                    yield round_.resent(journal, whose)
    finally:
        for sender in made:
            sender.close()


def _journals(path: Path, owner: int | None) -> list[tuple[Path, int | None]]:
    """The journals that a path means, and whose each must be."""
    if not path.is_dir():
        return [(path, None)]
    return [(each, owner) for each in undelivered(path)]


class _Round:
    """One call of `resend`: what every journal is treated with."""

    def __init__(
        self,
        intake: Callable[[], Sender],
        clock: Clock,
        deadline: Deadline,
        progress: Progress | None,
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._deadline = deadline
        self._progress = progress

    def resent(self, path: Path, owner: int | None) -> Resent:
        """What became of a journal; never raises for what is wrong with it."""
        if state_of(path) in {"delivered", "rejected"}:
            return Resent(path=path, outcome="already", words=f"{path}: delivered before")
        try:
            journal = take_over(path, owner)
            if journal is None:
                return Resent(path=path, outcome="busy", words=f"{path}: still being written")
            try:
                return self._sent(journal)
            finally:
                journal.close()
        except JournalError as error:
            return Resent(path=path, outcome="failed", words=str(error))

    def _sent(self, journal: Journal) -> Resent:
        contents, missing = self._examined(journal)
        if not contents.is_journal:
            return _useless(journal, contents)
        if contents.torn:
            # What a killed writer left stays, as a line of its own.
            journal.note(b"")
            contents, missing = self._examined(journal)
        recovered = journal.complete(missing)
        if contents.events + recovered:
            sent = self._delivered(journal, contents, recovered)
        else:
            sent = _empty(journal)
        return replace(
            sent,
            bad=tuple(sorted(contents.bad, key=lambda line: line.number)),
            untold=contents.untold,
            damaged=contents.damaged,
        )

    def _examined(self, journal: Journal) -> tuple[Contents, list[bytes]]:
        """What is in a journal, and what a killed run has not written."""
        contents = Contents(str(journal.path), self._clock.now_ns() - _OLDEST_NS)
        return contents, recover(contents.watch(journal.lines()))

    def _delivered(self, journal: Journal, contents: Contents, recovered: int) -> Resent:
        unsent = contents.unsent(journal.lines())
        report = deliver(
            unsent, self._intake(), self._deadline, self._clock, progress=self._progress
        )
        expired = contents.expired(_TOO_OLD)
        books = report.accounting.plus(expired)
        report = replace(report, accounting=books, expired=contents.expired_spans.ranges())
        outcome: Outcome = "kept" if books.kept else "settled"
        path, trouble = journal.path, ""
        if not books.emitted and not contents.settled:
            outcome, trouble = "failed", "; it holds no event that can be used"
        else:
            try:
                path = settle(journal, report, self._clock.now_ns())
            except JournalError as error:
                outcome, trouble = "failed", f"; {error}"
        return Resent(
            path=path,
            outcome=outcome,
            words=_words(path, books, recovered) + trouble,
            accounting=books,
            recovered=recovered,
            expired=expired.emitted,
        )


def _empty(journal: Journal) -> Resent:
    return Resent(path=journal.path, outcome="empty", words=f"{journal.path}: holds no event")


def _useless(journal: Journal, contents: Contents) -> Resent:
    """What becomes of a file without a line of ours."""
    if not contents.bad:
        return _empty(journal)
    words = f"{journal.path}:{contents.bad[0].number}: no journal, left as it is"
    return Resent(path=journal.path, outcome="failed", words=words)


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
