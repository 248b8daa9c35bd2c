"""Dispatch: a run's journal on its way out at the end of the session."""

from __future__ import annotations

import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ddci.accounting import Accounting
from pytest_ddci.clock import Deadline
from pytest_ddci.delivery import settle
from pytest_ddci.disk import Disk
from pytest_ddci.errors import JournalError
from pytest_ddci.frozen import frozen
from pytest_ddci.outbound import Outbound
from pytest_ddci.shelf import sibling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config
    from pytest_ddci.courier import Courier
    from pytest_ddci.delivery import DeliveryReport
    from pytest_ddci.intake import Intake
    from pytest_ddci.ledger import Range
    from pytest_ddci.run_journal import RunJournal


@frozen(kw_only=True)
class Dispatched:
    """What became of a journal.

    Attributes:
        accounting: the books; what is lost is in none of them.
        aside: where rejected events are kept; None without any.
        lost: how many events are neither delivered nor on disk.
        stored: whether there is a file of it.
        notes: what went wrong beside the delivery, a line each.
    """

    accounting: Accounting
    aside: Path | None = None
    lost: int = 0
    stored: bool = True
    notes: tuple[str, ...] = ()


class Dispatch:
    """Delivers a journal and puts it away; one for each session.

    Args:
        config: whether to send, and for how long.
        clock: the time.
        open_intake: opens the way to the API; asked only where something is sent.
        courier: delivers where this process is not fit for it; None where there is none to be had.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        open_intake: Callable[[], Intake],
        courier: Courier | None = None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._outbound = Outbound(open_intake, clock, courier)
        self._deadline: Deadline | None = None
        self._grace: Deadline | None = None
        self._report: DeliveryReport | None = None

    def hurry(self, seconds: float) -> None:
        """Whether a delivery is under way or still to come: it ends within so many seconds."""
        self._grace = Deadline.after(seconds, self._clock)
        if self._deadline:
            self._deadline.hurry(seconds)

    def deliver(self, journal: RunJournal, progress: Callable[[int, int], None]) -> None:
        """Send what the journal holds; again, if a first try has left some and time is left.

        Does nothing where nothing is to be sent.

        Raises:
            KeyboardInterrupt: the user does not want to wait.
            JournalError: the journal cannot be read.
        """
        if not self._config.sends or (self._report and not self._report.accounting.kept):
            return
        if self._deadline is None:
            self._deadline = Deadline.after(self._config.timeout, self._clock)
            if self._grace:
                self._deadline.hurry(self._grace.remaining())
        elif self._deadline.passed:
            return
        self._report = self._outbound.deliver(journal, self._deadline, progress)

    def settle(self, journal: RunJournal) -> Dispatched:
        """Put the journal away as the delivery has left it; it is closed afterwards."""
        notes = list(self._outbound.notes)
        # Also what is delivered already: it is the history of this run.
        why, saved = journal.trouble, journal.save()
        if not saved:
            why = why or journal.trouble or "the journal is gone"
        lost = {} if saved else journal.held(self._settled())
        if why:
            notes.append(f"warning: {why}")
        books = _without(self._books(journal), lost)
        aside = None
        if self._report is None:
            journal.close()
        else:
            aside = self._put_away(journal, self._report, notes)
        return Dispatched(
            accounting=books,
            aside=aside,
            lost=sum(lost.values()) + journal.lost,
            stored=_is_file(journal.path),
            notes=tuple(notes),
        )

    def _books(self, journal: RunJournal) -> Accounting:
        if self._report:
            return self._report.accounting
        return Accounting(
            emitted=journal.emitted,
            kept=journal.emitted,
            emitted_by_level=dict(journal.emitted_by_level),
        )

    def _settled(self) -> Iterable[Range]:
        if self._report is None:
            return
        yield from self._report.delivered
        for each in self._report.rejected:
            yield each.offset, each.offset + 1

    def _put_away(
        self, journal: RunJournal, report: DeliveryReport, notes: list[str]
    ) -> Path | None:
        try:
            settle(journal, report, self._clock.now_ns())
        except JournalError as error:
            notes.append(f"warning: {error}")
            return None
        return sibling(journal.path, "rejected") if report.rejected else None


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(Disk.lstat(path).st_mode)
    except OSError:
        return False


def _without(books: Accounting, lost: Mapping[str, int]) -> Accounting:
    """The books without events that were lost: they are neither kept nor anything else."""
    count = sum(lost.values())
    if not count:
        return books
    levels = {level: n - lost.get(level, 0) for level, n in books.emitted_by_level.items()}
    return replace(
        books, emitted=books.emitted - count, kept=books.kept - count, emitted_by_level=levels
    )
