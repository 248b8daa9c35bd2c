"""SIGTERM: the run is told to end, and its report must be out before it is made to."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from pytest_ddci.forks import Forks
from pytest_ddci.guard import guarded, guarded_always

if TYPE_CHECKING:
    from types import FrameType

    import pytest

    from pytest_ddci.guard import Guard
    from pytest_ddci.reporter import Reporter

EXIT_STATUS = 128 + signal.SIGTERM
"""What a shell says of a process that SIGTERM has ended."""

GRACE = 5.0
"""Seconds that a delivery may take at most once the signal has come."""

_WORD = "SIGTERM"
_PATIENCE = 30
"""Seconds after which a run that does not end by itself is ended."""


class Terminated(KeyboardInterrupt):
    """The run was asked to end by SIGTERM; pytest unwinds as it does for Ctrl-C."""


class Termination:
    """Handles SIGTERM while a session runs, if nobody else does.

    The handler completes the journal at once, wherever the signal has come in; the exception that
    it raises then lets pytest unwind, and the reporter delivers first thing at its end. A second
    SIGTERM ends the process as if nobody handled it, and so does a timer where a test swallows the
    exception.

    Args:
        reporter: is told.
        guard: knows whether code of ours is being interrupted, which must end first.
    """

    def __init__(self, reporter: Reporter, guard: Guard) -> None:
        self.guard = guard
        self._reporter = reporter
        self._owner = 0
        self._alarm = False
        self._session: pytest.Session | None = None
        self._forks = Forks()
        # Held here, where no test that mocks them finds them.
        self._getpid = os.getpid
        self._kill = os.kill
        self._signal = signal.signal

    @guarded
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Take the signal over where that hurts nobody: in the main thread, from no handler."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._owner, self._session = self._getpid(), session
            self._signal(signal.SIGTERM, self._handle)
            self._forks.watch()

    @guarded_always
    def pytest_unconfigure(self) -> None:
        """Give the signal back."""
        self._forks.release()
        if self._owner == self._getpid() and signal.getsignal(signal.SIGTERM) == self._handle:
            self._signal(signal.SIGTERM, signal.SIG_DFL)
        if self._alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._signal(signal.SIGALRM, signal.SIG_DFL)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._getpid() != self._owner:
            # A child that was forked past Python, and inherited the handler.
            self._end_process()
            return
        self._signal(signal.SIGTERM, signal.SIG_DFL)
        self._prepare()
        self.guard.when_idle(self._unwind)

    @guarded_always
    def _prepare(self) -> None:
        self._reporter.hurry(GRACE, EXIT_STATUS)
        self._set_timer()

    def _unwind(self) -> None:
        if self._reporter.is_ending:
            return
        self._reporter.terminate(EXIT_STATUS, _WORD)
        if self._session is not None:
            # Where a test swallows the exception, pytest begins no other one after it.
            self._session.shouldstop = _WORD
        raise Terminated(_WORD)

    def _set_timer(self) -> None:
        """End the process should it not end by itself, unless someone else uses the timer."""
        unused = signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
        if unused and signal.getitimer(signal.ITIMER_REAL)[0] == 0:
            self._alarm = True
            self._signal(signal.SIGALRM, lambda *_: self._end_process())
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)

    def _end_process(self) -> None:
        self._signal(signal.SIGTERM, signal.SIG_DFL)
        self._kill(self._getpid(), signal.SIGTERM)


def can_handle() -> bool:
    """Whether this platform has the signal and the timer."""
    return hasattr(signal, "SIGALRM")
