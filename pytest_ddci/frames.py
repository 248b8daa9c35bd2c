"""The frames of a traceback as Python prints them, without marks below the lines.

To place those marks Python parses the line of each frame, and it keeps an object for each frame:
for a deep stack that takes ten times what the lines themselves do.
"""

from __future__ import annotations

import linecache
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_REPEATED = 3
"""How often the same frame is shown in a row, as Python does."""


class Frames(traceback.StackSummary):
    """The stack of a `traceback.TracebackException`, read from the traceback when it is shown.

    Args:
        tb: the first frame; None for a stack without any.
    """

    def __init__(self, tb: TracebackType | None) -> None:
        super().__init__()
        self._tb = tb

    def __bool__(self) -> bool:
        return self._tb is not None

    def format(self, **_: object) -> list[str]:
        """A text for each frame; of many equal ones the first and how many more there are.

        Colours, which later versions of Python may ask for, are not given.
        """
        texts: list[str] = []
        before, count, tb = None, 0, self._tb
        files: set[str] = set()
        while tb is not None:
            code, number = tb.tb_frame.f_code, tb.tb_lineno
            frame = code.co_filename, number, code.co_name
            if frame != before:
                texts += _more(count)
                before, count = frame, 0
            count += 1
            if count <= _REPEATED:
                if code.co_filename not in files:
                    files.add(code.co_filename)
                    linecache.checkcache(code.co_filename)
                line = linecache.getline(code.co_filename, number, tb.tb_frame.f_globals).strip()
                shown = f"    {line}\n" if line else ""
                texts.append(f'  File "{frame[0]}", line {number}, in {frame[2]}\n{shown}')
            tb = tb.tb_next
        return texts + _more(count)


def _more(count: int) -> list[str]:
    """How often a frame was there that is not shown so often."""
    left = count - _REPEATED
    if left <= 0:
        return []
    return [f"  [Previous line repeated {left} more time{'s' if left > 1 else ''}]\n"]
