"""What an xdist worker hands back to its controller at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.guard import described, guarded, guarded_always

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ddci.guard import Guard

KEY = "ddci"
"""Under which workers are told that they take part, and under which they answer."""


def why_stopped(excinfo: pytest.ExceptionInfo[BaseException]) -> tuple[str, bool]:
    """Why a session ends early, and whether that was Ctrl-C; pytest has one hook for both."""
    return str(excinfo.value) or excinfo.typename, excinfo.type is KeyboardInterrupt


class WorkerOutput:
    """Counts what only the worker sees and puts it where xdist takes it along.

    Args:
        output: xdist's `config.workeroutput`.
        key: under which the controller looks.
        guard: shared with everything of ours in this process.
    """

    def __init__(self, output: dict[str, Any], key: str, guard: Guard) -> None:
        self.guard = guard
        self._output = output
        self._key = key
        self._deselected = 0
        self._stopped = ""
        self._interrupted = False

    @guarded
    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what is not to run."""
        self._deselected += len(items)

    @guarded
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember why this worker ended early; xdist tells the controller always the same."""
        reason, self._interrupted = why_stopped(excinfo)
        self._stopped = ascii(reason)[1:-1]

    # Also after an error: it tells about that.
    @pytest.hookimpl(tryfirst=True)
    @guarded_always
    def pytest_sessionfinish(self) -> None:
        """Hand back, before xdist's own hook sends the output."""
        error = self.guard.error
        self._output[self._key] = {
            "deselected": self._deselected,
            "stopped": self._stopped,
            "interrupted": self._interrupted,
            "problem": "" if error is None else f"stamping stopped: {described(error)}",
        }
