"""Imports of a library without what it takes along for other users of it."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def without(*names: str) -> Iterator[None]:
    """Within it those modules cannot be imported for the first time; afterwards they can.

    Not for a process in which anybody else wants what is imported then.

    Args:
        names: modules that what is imported can do without.
    """
    absent = [name for name in names if name not in sys.modules]
    # The language's own way to say that a module is not there: `import` raises
    # ModuleNotFoundError.
    sys.modules.update(dict.fromkeys(absent, cast("ModuleType", None)))
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


@contextlib.contextmanager
def deferred(name: str) -> Iterator[None]:
    """What is imported within it gets that module, which is loaded when something of it is used.

    Fit for any process: whoever imports the module himself, then or later, gets the real one, and
    what was imported here works with it as ever. httpx takes trio along wherever that is
    installed, for what its asynchronous clients may need: a tenth of a second.

    Args:
        name: a module without a dot; where it is loaded already, or not there, nothing changes.
    """
    if name in sys.modules or importlib.util.find_spec(name) is None:
        yield
        return
    standing_in = _Deferred(name)
    sys.modules[name] = standing_in
    try:
        yield
    finally:
        standing_in.leave()


class _Deferred(ModuleType):
    """Stands in for a module until it is used."""

    def leave(self) -> None:
        """Make way for the real one."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a module has anything
        self.leave()
        return getattr(importlib.import_module(self.__name__), name)
