"""An interrupt at any line of ours, one after the other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest_ddci

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_OURS = str(Path(pytest_ddci.__file__).parent)


class Interrupt:
    """Raises KeyboardInterrupt at the n-th line of the package that runs.

    Lines are what Python's tracing calls so, and the return from each function.

    Attributes:
        place: where it was raised; empty when the action has fewer lines.
    """

    def __init__(self, number: int) -> None:
        self.place = ""
        self._left = number

    def during(self, action: Callable[[], object]) -> None:
        """Do that, as far as it gets."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            action()
        except KeyboardInterrupt:
            if not self.place:
                raise
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - as sys has it
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        return self._step(frame, event, None)

    def _step(self, frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - as above
        if event in {"line", "return"} and not self.place:
            self._left -= 1
            if self._left == 0:
                self.place = f"{frame.f_code.co_filename}:{frame.f_lineno} ({event})"
                raise KeyboardInterrupt
        return self._step
