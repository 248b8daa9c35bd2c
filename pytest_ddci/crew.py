"""Threads that can be left behind: each does one task, the owner waits as long as it likes.

Not an executor: that joins its threads when the interpreter exits, and a thread held by a silent
server would then hold the user's terminal. These are daemons.
"""

from __future__ import annotations

import contextlib
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

Task = TypeVar("Task")
Result = TypeVar("Result")


@frozen
class Done(Generic[Task, Result]):
    """A finished task: its result, or what it raised."""

    task: Task
    result: Result | None = None
    error: BaseException | None = None


class Crew(Generic[Task, Result]):
    """Does tasks, each in a thread of its own.

    Args:
        work: what is done with a task.
    """

    def __init__(self, work: Callable[[Task], Result]) -> None:
        self._work = work
        # Its waiting is done in C, where no frozen clock of a user's test reaches it.
        self._done: SimpleQueue[Done[Task, Result]] = SimpleQueue()
        self.underway: list[Task] = []
        """Tasks that were started and not yet collected, the oldest first."""

    def start(self, task: Task) -> None:
        """Begin a task; it is done at once, here, when no thread can be had any more."""
        self.underway.append(task)
        thread = Thread(target=self._do, args=(task,), name="ddci-send", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._do(task)

    def collect(self, seconds: float) -> Done[Task, Result] | None:
        """The next finished task; None when there is none within that many real seconds."""
        with contextlib.suppress(Empty):
            done = self._done.get(timeout=max(0.0, seconds))
            self.underway = [task for task in self.underway if task is not done.task]
            return done
        return None

    def _do(self, task: Task) -> None:
        try:
            done = Done(task, self._work(task))
        except BaseException as error:  # noqa: BLE001 - handed to the owner, who decides
            done = Done(task, error=error)
        self._done.put(done)
