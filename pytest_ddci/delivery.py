"""Delivery: the event lines of a journal, in batches, to the intake, within one deadline.

Jobs and steps go first, four batches at a time, then stages; the pipeline is in the very last
request, so that Datadog has its parts when it arrives. A run that fits into one request is one
request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_ddci.batches import MAX_BYTES, Batch, is_too_large, pack
from pytest_ddci.clock import SECOND, Deadline
from pytest_ddci.crew import Crew
from pytest_ddci.frozen import frozen
from pytest_ddci.json_text import to_json
from pytest_ddci.ledger import Ledger
from pytest_ddci.lines import EventLine
from pytest_ddci.receipt import Receipt, Rejection
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from pytest_ddci.accounting import Accounting
    from pytest_ddci.clock import Clock
    from pytest_ddci.journal import Journal
    from pytest_ddci.ledger import Range
    from pytest_ddci.lines import Line

    Progress = Callable[[int, int], None]

_TICK = 0.25
_SLACK = 0.3
"""Seconds after the deadline in which an interrupted thread may still hand in its receipt."""


class Sender(Protocol):
    """What delivery asks of an intake."""

    def send(
        self, batch: Sequence[EventLine], deadline: Deadline, *, attempts: int = ...
    ) -> Receipt:
        """What became of every event of the batch; never raises for what a network does."""

    def close(self) -> None:
        """Interrupt every `send` under way; later ones keep their events."""


@frozen
class DeliveryReport:
    """What a flush achieved.

    Attributes:
        accounting: the books.
        delivered: which bytes of the journal hold accepted events.
        rejected: every refused event.
        expired: which bytes hold events too old to be sent (they count as rejected, too).
    """

    accounting: Accounting
    delivered: tuple[Range, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    expired: tuple[Range, ...] = ()

    def verdicts(self, now_ns: int) -> bytes:
        """The control line that remembers this report in the journal."""
        line = {
            "ddci": "verdicts",
            "at": rfc3339(now_ns),
            "delivered": self.delivered,
            "rejected": [
                {"offset": each.offset, "status": each.status, "detail": each.detail}
                for each in self.rejected
            ],
            "expired": self.expired,
        }
        return to_json(line).encode("ascii")


def deliver(  # noqa: PLR0913 - its collaborators, by name
    lines: Iterable[Line],
    intake: Sender,
    deadline: Deadline,
    clock: Clock,
    *,
    parallel: int = 4,
    progress: Progress | None = None,
) -> DeliveryReport:
    """Send the events among the lines; every one that is not settled in time counts as kept.

    Returns at the deadline plus 0.3 s at most, whatever the network does: what still waits then
    is interrupted by closing the intake, and left behind. Memory is that of the batches under
    way and of the stages. Threads exist only inside.

    Args:
        lines: of one journal, in order; only its events count.
        intake: where to; closed when the deadline passes or the user interrupts.
        deadline: when to stop waiting.
        clock: measures the flush.
        parallel: batches of jobs and steps under way at once.
        progress: called from this thread, at most four times a second, with the events settled
            and the events read so far.

    Raises:
        KeyboardInterrupt: the user does not want to wait; the journal is as it was.
        JournalError: the lines cannot be read any further.
    """
    start_ns = clock.now_ns()
    flush = _Flush(intake, deadline, parallel, progress)
    try:
        flush.run(lines)
    except BaseException:
        intake.close()
        raise
    return DeliveryReport(
        flush.ledger.accounting((clock.now_ns() - start_ns) / SECOND),
        flush.ledger.spans.ranges(),
        tuple(flush.ledger.rejected),
    )


def announce(line: bytes, intake: Sender, deadline: Deadline) -> Receipt:
    """Send one event that is in no journal (a running pipeline): one attempt, failure harmless.

    Returns at the deadline plus 0.3 s at most; a send under way then is interrupted by closing
    the intake.
    """
    event = EventLine(0, 0, "pipeline", line)
    crew = Crew[EventLine, Receipt](lambda each: intake.send([each], deadline, attempts=1))
    try:
        crew.start(event)
        done = None
        while done is None and not deadline.passed:
            done = crew.collect(min(_TICK, deadline.remaining()))
        if done is None:
            intake.close()
            done = crew.collect(_SLACK)
    except BaseException:
        intake.close()
        raise
    if done is None or done.result is None:
        return Receipt(kept=(event,), problem=_unheard(done.error if done else None))
    return done.result


def settle(journal: Journal, report: DeliveryReport, now_ns: int) -> Path:
    """Write a report into its journal and close it: where the journal is now.

    Rejected events are kept aside; with nothing left to send the journal becomes history.

    Raises:
        JournalError: a file cannot be written or renamed; the journal is closed all the same.
    """
    try:
        journal.note(report.verdicts(now_ns))
        if report.rejected:
            journal.keep_aside(report.rejected)
        if report.accounting.kept == 0:
            return journal.retire()
    finally:
        journal.close()
    return journal.path


class _Flush:
    """One delivery under way."""

    def __init__(
        self, intake: Sender, deadline: Deadline, parallel: int, progress: Progress | None
    ) -> None:
        self.ledger = Ledger()
        self._intake = intake
        self._deadline = deadline
        self._parallel = parallel
        self._progress = progress
        self._told_ns = deadline.clock.now_ns()
        self._crew = Crew[Batch, Receipt](lambda batch: intake.send(batch.events, deadline))

    def run(self, lines: Iterable[Line]) -> None:
        batch = Batch()
        last: list[EventLine] = []
        whole = True
        for line in lines:
            if not isinstance(line, EventLine) or not self._usable(line):
                continue
            if line.level in {"stage", "pipeline"}:
                last.append(line)
                continue
            if not batch.fits(line):
                self._dispatch(batch)
                batch, whole = Batch(), False
            batch.add(line)
        last.sort(key=lambda event: event.level == "pipeline")
        if whole:
            batches = pack([*batch.events, *last])
            jobs, batches = (batches, []) if len(batches) <= 1 else ([batch], pack(last))
        else:
            jobs, batches = [batch], pack(last)
        for group in (jobs, batches[:-1], batches[-1:]):
            for each in group:
                self._dispatch(each)
            self._wait_for(0)

    def _usable(self, event: EventLine) -> bool:
        self.ledger.saw(event)
        if is_too_large(event):
            detail = f"the event has {len(event.data):,} bytes, a request at most {MAX_BYTES:,}"
            self.ledger.reject(Rejection(event.offset, 413, detail))
            return False
        return True

    def _dispatch(self, batch: Batch) -> None:
        self._wait_for(self._parallel - 1)
        if not batch.events:
            return
        if self._deadline.passed:
            self.ledger.trouble("no time was left")
        else:
            self._crew.start(batch)

    def _wait_for(self, underway: int) -> None:
        """Collect receipts until at most so many batches are under way, or until the deadline."""
        while len(self._crew.underway) > underway and not self._deadline.passed:
            self._collect(min(_TICK, self._deadline.remaining()))
            self._tell()
        if self._deadline.passed and self._crew.underway:
            self._intake.close()
            slack = Deadline.after(_SLACK, self._deadline.clock)
            while self._crew.underway and self._collect(slack.remaining()):
                pass
            if self._crew.underway:
                self.ledger.trouble("no answer in time")
                self._crew.underway.clear()

    def _collect(self, seconds: float) -> bool:
        done = self._crew.collect(seconds)
        if done is None:
            return False
        if done.result is None:
            self.ledger.trouble(_unheard(done.error))
        else:
            self.ledger.enter(done.result)
        return True

    def _tell(self) -> None:
        now_ns = self._deadline.clock.now_ns()
        if self._progress is not None and now_ns - self._told_ns >= _TICK * SECOND:
            self._told_ns = now_ns
            self._progress(self.ledger.settled, self.ledger.emitted)


def _unheard(error: BaseException | None) -> str:
    """Why a batch has no receipt; the error's own words might repeat what is secret."""
    return f"internal error: {type(error).__name__}" if error else "no answer in time"
