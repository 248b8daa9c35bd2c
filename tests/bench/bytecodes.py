"""Counts the bytecodes that a program executes: `bytecodes.py RESULT -m MODULE [ARG ...]`.

A script of its own that imports nothing of ours, so that only what is measured is counted.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Counter:
    """Counts every instruction of every frame that begins after `start`."""

    def __init__(self) -> None:
        self.count = 0

    def start(self) -> None:
        # `settrace` misses most of them in Python 3.12, where this is new.
        if sys.version_info >= (3, 12):
            tool, events = sys.monitoring.PROFILER_ID, sys.monitoring.events
            sys.monitoring.use_tool_id(tool, "bytecodes")
            sys.monitoring.register_callback(tool, events.INSTRUCTION, self._instruction)
            sys.monitoring.set_events(tool, events.INSTRUCTION)
        else:
            sys.settrace(self._enter)

    def stop(self) -> None:
        if sys.version_info >= (3, 12):
            sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)
        else:
            sys.settrace(None)

    def _instruction(self, *_: object) -> None:
        self.count += 1

    def _enter(self, frame: FrameType, *_: object) -> Callable[..., Any]:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._step

    def _step(self, *_: object) -> Callable[..., Any]:
        self.count += 1
        return self._step


def main(result: str, module: str, argv: list[str]) -> None:
    """Run the module as `python -m` would, and write the count down when it ends."""
    counter = Counter()
    sys.argv = [module, *argv]
    counter.start()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        counter.stop()
        Path(result).write_text(str(counter.count), encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[3], sys.argv[4:])
