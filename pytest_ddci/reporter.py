"""Where the session is known, in the controller or a plain process: pytest's hooks, translated."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.calm_reports import CalmReports
from pytest_ddci.facts import (
    AttemptStarted,
    Collected,
    Deselected,
    InternalError,
    SessionEnded,
    Source,
)
from pytest_ddci.failure import capture
from pytest_ddci.guard import guarded, guarded_always
from pytest_ddci.node_ids import NodeIds
from pytest_ddci.observe import observe_collection
from pytest_ddci.worker_output import why_stopped

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pytest_ddci.clock import Clock
    from pytest_ddci.facts import Fact, Failure
    from pytest_ddci.session import ReportedSession
    from pytest_ddci.terminal import Terminal
    from pytest_ddci.worker import Worker

# How pytest's rewriting of xdist's assertion shows a traceback.
_TRACEBACK = "Traceback (most recent call last)"
_FRAME = "    "
_ASSERTION = "assert False"


class Reporter:
    """Translates what pytest says into facts, and ends the session.

    Args:
        session: takes the facts.
        clock: tells when they arrived.
        terminal: prints the summary.
        worker: runs tests in this process, where they are not run elsewhere.
        must_deliver: an incomplete delivery fails a session that succeeded.
    """

    def __init__(
        self,
        session: ReportedSession,
        clock: Clock,
        terminal: Terminal,
        worker: Worker,
        *,
        must_deliver: bool,
    ) -> None:
        self.guard = worker.guard
        self._reports = CalmReports()
        self._session = session
        self._clock = clock
        self._terminal = terminal
        self._must_deliver = must_deliver
        self._complete = False
        self._interrupted = False
        self._stopped_early = False
        self._reason = ""
        self._exit_status: int | None = None
        self._told = False
        self.is_ending = False

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_sessionstart(self) -> None:
        """Open the journal and announce the pipeline."""
        self._session.start()

    @guarded
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn which tests are to run; under xdist `XdistReporter` does."""
        self.feed(Collected(nodeids=NodeIds(session.items)))

    @guarded
    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what is not to run."""
        self.feed(Deselected(count=len(items)))

    @guarded
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take in a collector that failed or was skipped."""
        fact = observe_collection(report, self._clock.now_ns())
        if fact:
            self.feed(fact)

    @guarded
    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """An attempt begins."""
        path, line, _ = location
        source = Source(path, None if line is None else line + 1)
        self._session.feed(AttemptStarted(nodeid, self._clock.now_ns(), source))

    # Before anything is done with the report, like writing it down.
    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase or subtest is over, or a worker crashed."""
        for fact in self._reports.take(report, self._clock):
            self._session.feed(fact)

    @guarded
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Take in an error of pytest's or a plugin's own."""
        self.feed(InternalError(failure=_as_internal(excinfo)))

    @guarded
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell Ctrl-C from a session that stops itself; pytest has one hook for both."""
        reason, interrupted = why_stopped(excinfo)
        self._reason = self._reason or reason
        self._interrupted = self._interrupted or interrupted
        self._stopped_early = not self._interrupted

    # Outermost: when it goes on, the exit status is final and pytest's own summary is printed.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Report what is left and deliver, also when another plugin raises."""
        self._before_others()
        try:
            answer = yield
        except KeyboardInterrupt:
            self._interrupt(session)
            raise
        except BaseException:
            self._end(session)
            raise
        self._end(session)
        return answer

    def pytest_unconfigure(self) -> None:
        """Leave nothing open, and nothing unsaid, whatever came before."""
        self._close()
        self._tell_error()

    def feed(self, fact: Fact) -> None:
        """Pass on a fact after those of reports that wait; `XdistReporter` uses this too."""
        self._catch_up()
        self._session.feed(fact)

    def note(self, line: str) -> None:
        """Add a line to the summary."""
        self._session.note(line)

    def stopped_by_worker(self, reason: str, *, interrupted: bool) -> None:
        """A worker was interrupted, or told to stop, before this process was."""
        self._interrupted = self._interrupted or interrupted
        self._reason = self._reason or reason

    def hurry(self, seconds: float, exit_status: int) -> None:
        """The process is to end with that status, and delivery within so many seconds."""
        self._exit_status = exit_status
        self._session.hurry(seconds)

    def _catch_up(self) -> None:
        for fact in self._reports.release(self._clock.now_ns()):
            self._session.feed(fact)

    @guarded
    def terminate(self, exit_status: int, reason: str) -> None:
        """Complete the journal now, before anything else of the session ends."""
        self._interrupted, self._reason = True, reason
        self._catch_up()
        self._session.conclude(self._ended(exit_status, reason))

    @guarded
    def _before_others(self) -> None:
        """Where time is short deliver first, before fixtures and workers are torn down."""
        if self._exit_status is not None:
            self._session.deliver(self._terminal.progress)

    def _interrupt(self, session: pytest.Session) -> None:
        """Ctrl-C while others end the session: a second one lets go at once."""
        if not self._interrupted:
            self._interrupted = True
            self._end(session)

    def _end(self, session: pytest.Session) -> None:
        if self._session.is_foreign:
            return
        self._finish(session)
        self._tell_error()
        self._judge(session)

    @guarded_always
    def _close(self) -> None:
        self._session.close()

    def _tell_error(self) -> None:
        if self.guard.error is None or self._told or self._session.is_foreign:
            return
        self._told = True
        # The last word: where not even this can be said, nobody listens.
        with contextlib.suppress(Exception):
            self._terminal.show_error(self.guard.error)

    @guarded_always
    def _judge(self, session: pytest.Session) -> None:
        """Set the exit status where it is for us to say."""
        if self._must_deliver and not self._complete and int(session.exitstatus) == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._exit_status is not None:
            session.exitstatus = self._exit_status

    @guarded
    def _finish(self, session: pytest.Session) -> None:
        self.is_ending = True
        self._stopped_early |= bool(session.shouldstop or session.shouldfail)
        reason = self._reason or _text(session.shouldfail) or _text(session.shouldstop)
        status = int(session.exitstatus) if self._exit_status is None else self._exit_status
        ended = self._ended(status, reason)
        self._catch_up()
        closing = self._session.finish(ended, self._terminal.progress)
        self._complete = closing.accounting.complete and not closing.lost
        self._terminal.show(closing)
        if closing.interrupted:
            raise KeyboardInterrupt

    def _ended(self, exit_status: int, reason: str) -> SessionEnded:
        return SessionEnded(
            at_ns=self._clock.now_ns(),
            exit_status=exit_status,
            interrupted=self._interrupted,
            stopped_early=self._stopped_early,
            reason=reason,
        )


def _as_internal(excinfo: pytest.ExceptionInfo[BaseException]) -> Failure:
    """An internal error is nobody's test: whoever raised it, it says what broke.

    xdist's controller raises that of a worker as an assertion whose text is the traceback.
    """
    failure = replace(capture(excinfo.value), type="InternalError", domain="provider")
    if not failure.message.startswith(_TRACEBACK):
        return failure
    lines = failure.message.splitlines()
    raised = 1 + max(at for at, line in enumerate(lines) if at == 0 or line.startswith(_FRAME))
    words = [line.strip() for line in lines[raised:] if line != _ASSERTION]
    return replace(failure, message="\n".join(words), stack=failure.message)


def _text(said: object) -> str:
    """What `shouldstop` and `shouldfail` say; they are False or a text."""
    return said if isinstance(said, str) else ""
