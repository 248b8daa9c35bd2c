"""Children that tests fork: they die of SIGTERM as they would without us."""

from __future__ import annotations

import os
import signal
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Forks:
    """Gives a forked child the signal's default before it can get one.

    A handler of Python's is not enough: an interpreter that has just forked forgets the signals
    that have come by then (CPython, `PyOS_AfterFork_Child`), and a child that is terminated as
    soon as it is started would live on. So the signal waits while a fork is under way.
    """

    def __init__(self) -> None:
        self._active = False
        self._masks: dict[int, set[signal.Signals | int]] = {}
        # Held here, where no test that mocks them finds them.
        self._mask = signal.pthread_sigmask
        self._signal = signal.signal
        self._thread = threading.get_ident

    def watch(self) -> None:
        """From now on. The interpreter has no way to forget this; `release` makes it idle."""
        self._active = True
        weak = weakref.WeakMethod
        os.register_at_fork(
            before=_if_alive(weak(self._before)),
            after_in_parent=_if_alive(weak(self._after)),
            after_in_child=_if_alive(weak(self._in_child)),
        )

    def release(self) -> None:
        """Children keep what handler there is."""
        self._active = False

    def _before(self) -> None:
        if self._active:
            self._masks[self._thread()] = self._mask(signal.SIG_BLOCK, {signal.SIGTERM})

    def _after(self) -> None:
        mask = self._masks.pop(self._thread(), None)
        if mask is not None:
            self._mask(signal.SIG_SETMASK, mask)

    def _in_child(self) -> None:
        if self._active and self._thread() == threading.main_thread().ident:
            self._signal(signal.SIGTERM, signal.SIG_DFL)
        self._active = False
        self._after()


def _if_alive(method: weakref.WeakMethod[Callable[[], None]]) -> Callable[[], None]:
    def call() -> None:
        found = method()
        if found is not None:
            found()

    return call
