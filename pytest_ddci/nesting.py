"""A pytest that a test starts: it is not reported, unless its own command line asks for it.

The outer session leaves its mark in the environment while it runs; what the inner one inherits
(`DDCI_ENABLED`, `PYTEST_ADDOPTS`, the outer ini file) was not meant for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.guard import guarded, guarded_always

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from pytest_ddci.guard import Guard

MARK = "DDCI_OUTER_SESSION"


def is_silent(environ: Mapping[str, str], args: Sequence[object]) -> bool:
    """Whether a session in that environment, invoked with those arguments, stays unreported."""
    return MARK in environ and "--ddci" not in [str(argument) for argument in args]


class NestingMark:
    """Marks the environment while a reported session runs, and restores it afterwards.

    Args:
        environ: the environment.
        guard: shared with everything of ours in this process.
    """

    def __init__(self, environ: MutableMapping[str, str], guard: Guard) -> None:
        self.guard = guard
        self._environ = environ
        self._before = environ.get(MARK)

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_sessionstart(self) -> None:
        """From now on sessions started from here are nested; xdist's workers inherit that."""
        self._environ[MARK] = "1"

    @guarded_always
    def pytest_unconfigure(self) -> None:
        """The session is over."""
        if self._before is None:
            self._environ.pop(MARK, None)
        else:
            self._environ[MARK] = self._before
