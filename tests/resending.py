"""Journals to be resent, and an intake that takes them as a test wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND, Deadline
from pytest_ddci.journal import Journal
from pytest_ddci.receipt import Receipt, Rejection
from pytest_ddci.resend import Resent, resend
from tests.fakes import FakeClock
from tests.wire import START_NS, header, ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_ddci.lines import EventLine

HOUR = 60 * 60 * SECOND


class FakeIntake:
    """Delivers, but rejects and keeps the ids it is told to."""

    def __init__(self, rejects: str = "", keeps: str = "") -> None:
        self.sent: list[str] = []
        self.closed = False
        self._rejects, self._keeps = rejects, keeps

    def send(self, batch: Sequence[EventLine], deadline: Deadline, *, attempts: int = 5) -> Receipt:
        assert attempts
        assert not deadline.passed
        named = list(zip(ids(batch), batch, strict=True))
        self.sent += [id_ for id_, _ in named]
        return Receipt(
            delivered=tuple(e for id_, e in named if id_ not in (self._rejects, self._keeps)),
            rejected=tuple(
                Rejection(e.offset, 400, "bad") for id_, e in named if id_ == self._rejects
            ),
            kept=tuple(e for id_, e in named if id_ == self._keeps),
            problem="trouble" if self._rejects or self._keeps else None,
            requests=1,
        )

    def close(self) -> None:
        self.closed = True


def write(directory: Path, *lines: bytes, start_ns: int = START_NS) -> Path:
    journal = Journal.create(directory, header(start_ns), start_ns=start_ns)
    for line in lines:
        (journal.note if line.startswith(b'{"ddci"') else lambda each: journal.append([each]))(line)
    journal.close()
    return journal.path


def run(
    paths: Path | list[Path],
    intake: FakeIntake | None = None,
    now_ns: int = START_NS + HOUR,
    seconds: float = 30,
    owner: int | None = None,
) -> list[Resent]:
    intake, clock = intake or FakeIntake(), FakeClock(now_ns)
    paths = paths if isinstance(paths, list) else [paths]
    deadline = Deadline.after(seconds, clock)
    return list(resend(paths, lambda: intake, clock, deadline, owner=owner))
