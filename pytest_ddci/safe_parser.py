"""An argument parser whose complaints hold no secrets."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_ddci.values import without_keys

if TYPE_CHECKING:
    from collections.abc import Callable


class SafeParser(argparse.ArgumentParser):
    """Repeats what it does not understand without its secrets: a key may be in the wrong place.

    Args:
        redact: takes secrets out of a text.
        options: as of `argparse.ArgumentParser`.
    """

    def __init__(self, *, redact: Callable[[str], str], **options: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(**options)
        self._redact = redact

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with status 2."""
        super().error(self._redact(without_keys(message)))
