"""Stand-ins for what the project is given from outside."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeClock:
    """A clock that moves only when somebody sleeps on it or advances it.

    Attributes:
        slept: every wait asked for, in seconds.
    """

    def __init__(self, start_ns: int = 1_800_000_000 * SECOND) -> None:
        self._now_ns = start_ns
        self._guard = threading.Lock()
        self.slept: list[float] = []

    def now_ns(self) -> int:
        return self._now_ns

    wall_ns = now_ns

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        with self._guard:
            self._now_ns += int(seconds * SECOND)


def _keep(line: bytes) -> bytes | None:
    return line


@dataclass(frozen=True, slots=True)
class FakeEditor:
    """Users' hooks that do with every event what a function says."""

    edit: Callable[[bytes], bytes | None] = _keep

    def edits(self) -> bool:
        return self.edit is not _keep
