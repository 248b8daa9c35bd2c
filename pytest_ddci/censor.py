"""Secrets out of texts: what we know of, then what the users' hooks know of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.errors import RedactionError
from pytest_ddci.redact import MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.user_hooks import UserHooks


class Censor:
    """Takes secrets out of texts; of a text that a hook fails on, nothing is left.

    Args:
        redact: ours.
        hooks: have `pytest_ddci_redact`.
    """

    def __init__(self, redact: Callable[[str], str], hooks: UserHooks) -> None:
        self._redact = redact
        self._hooks = hooks

    def __call__(self, text: str) -> str:
        """The text without secrets; the mark alone where a hook fails."""
        try:
            return self.strict(text)
        except RedactionError:
            return MARK

    def strict(self, text: str) -> str:
        """The text without secrets.

        Raises:
            RedactionError: a hook fails on it.
        """
        text = self._redact(text)
        if not self._hooks.redacts():
            return text
        left = self._hooks.redacted(text)
        return text if left == text else self._redact(left)
