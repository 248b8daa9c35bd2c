"""The only writer to the terminal: pytest's own reporter, if there is one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pytest_ddci.guard import described
from pytest_ddci.summary import summary_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_ddci.clock import Clock
    from pytest_ddci.summary import Closing

_PATIENCE_NS = 1_000_000_000
_SILENT = -2
# A test may have closed what pytest writes to.
_HEARD_OR_NOT = contextlib.suppress(OSError, ValueError)


class Terminal:
    """Prints through pytest's terminal reporter; nothing under `-qq` or `-p no:terminal`.

    Args:
        config: finds that reporter when it is needed; at configure time there is none yet.
        clock: for the progress line, which appears after a second.
        redact: applied to every line.
        keep_error: writes the traceback of an error of ours to a file and says where it is.
    """

    def __init__(
        self,
        config: pytest.Config,
        clock: Clock,
        redact: Callable[[str], str],
        keep_error: Callable[[Exception], str],
    ) -> None:
        self._config = config
        self._clock = clock
        self._redact = redact
        self._keep_error = keep_error
        self._flush_start_ns = 0
        self._has_progress = False

    def progress(self, sent: int, total: int) -> None:
        """Show how far a flush is, on a terminal and only when it takes longer than a second."""
        now_ns = self._clock.now_ns()
        self._flush_start_ns = self._flush_start_ns or now_ns
        writer = self._writer()
        if writer and writer.isatty and now_ns - self._flush_start_ns > _PATIENCE_NS:
            self._has_progress = True
            with _HEARD_OR_NOT:
                writer.rewrite(f"ddci: sent {sent} of {total} events", erase=True)

    def show(self, closing: Closing) -> None:
        """Print the summary."""
        writer = self._writer()
        if writer is None:
            return
        lines = [f"ddci: {self._redact(line)}" for line in summary_lines(closing)]
        with _HEARD_OR_NOT:
            if self._has_progress:
                writer.rewrite("", erase=True)
            for line in lines:
                writer.write_line(line)

    def show_error(self, error: Exception) -> None:
        """Say in one line that reporting stopped, and keep the traceback."""
        where = self._keep_error(error)
        writer = self._writer()
        if writer:
            trace = f" (traceback in {where})" if where else ""
            said = self._redact(described(error, self._redact))
            writer.write_line(f"ddci: reporting stopped: {said}{trace}")

    def _writer(self) -> Any:  # noqa: ANN401 - the class is private to pytest
        if self._config.getoption("verbose", 0) <= _SILENT:
            return None
        return self._config.pluginmanager.getplugin("terminalreporter")
