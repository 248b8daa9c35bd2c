"""The way of a journal to the API: by this process, or by another where this one is not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.accounting import Accounting
from pytest_ddci.courier import CourierError
from pytest_ddci.delivery import DeliveryReport, deliver
from pytest_ddci.guard import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.clock import Clock, Deadline
    from pytest_ddci.courier import Courier
    from pytest_ddci.intake import Intake
    from pytest_ddci.run_journal import RunJournal


class Outbound:
    """Delivers, whatever tests have left of the process that they ran in.

    Args:
        open_intake: opens the way to the API.
        clock: the time.
        courier: delivers where this process is not fit for it; None where there is none to be had.

    Attributes:
        notes: what the user should know, a line each.
    """

    def __init__(
        self, open_intake: Callable[[], Intake], clock: Clock, courier: Courier | None
    ) -> None:
        self.notes: list[str] = []
        self._open_intake = open_intake
        self._clock = clock
        self._courier = courier

    def deliver(
        self, journal: RunJournal, deadline: Deadline, progress: Callable[[int, int], None]
    ) -> DeliveryReport:
        """Send what the journal holds.

        Raises:
            KeyboardInterrupt: the user does not want to wait.
            JournalError: the journal cannot be read.
        """
        reason = self._courier.reason() if self._courier else ""
        # What is in memory only, no other process can read.
        if reason and journal.save():
            return self._carried(journal, deadline, reason) or _kept(journal, reason)
        try:
            with self._open_intake() as intake:
                report = deliver(journal.lines(), intake, deadline, self._clock, progress=progress)
        except Exception as error:
            carried = self._carried(journal, deadline, described(error))
            if carried:
                return carried
            # What is not installed as it should be is no error of ours.
            if isinstance(error, ImportError):
                return _kept(journal, described(error))
            raise
        if not intake.unfit:
            return report
        carried = self._carried(journal, deadline, report.accounting.problem or "it failed")
        return carried if carried and carried.delivered else report

    def _carried(self, journal: RunJournal, deadline: Deadline, why: str) -> DeliveryReport | None:
        """What a courier says; None where there is none to be had."""
        if self._courier is None or not journal.save():
            return None
        try:
            report = self._courier.deliver(journal.path, deadline)
        except CourierError as error:
            self.notes.append(f"warning: {error}")
            return None
        if report.delivered:
            self.notes.append(f"sent by another process: in this one {why}")
        return report


def _kept(journal: RunJournal, why: str) -> DeliveryReport:
    """All of it stays."""
    levels = dict(journal.emitted_by_level)
    books = Accounting(
        emitted=journal.emitted, kept=journal.emitted, emitted_by_level=levels, problem=why
    )
    return DeliveryReport(books)
