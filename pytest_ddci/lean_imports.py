"""Imports in a process that is all ours, without what a library takes along for other users."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


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
