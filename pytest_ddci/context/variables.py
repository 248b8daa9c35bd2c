"""Reading environment variables: blank means absent, and every value is clean text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_DIGITS = 9
_FALSE = frozenset({"", "0", "false", "no", "off"})
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without surrounding blanks, undecodable bytes replaced by U+FFFD.

    The operating system's bytes reach Python as lone surrogates, which no JSON encoder for the
    wire accepts.
    """
    return _NOT_TEXT.sub("\ufffd", text).strip()


class Variables:
    """An environment as the providers read it.

    Args:
        environ: names and values; never changed.
    """

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, *names: str) -> str | None:
        """The first of these variables that is set to something, as clean text."""
        for name in names:
            value = self._environ.get(name)
            if value and (text := clean(value)):
                return text
        return None

    def on(self, name: str) -> bool:
        """Whether the variable is set to anything but blank, `0`, `false`, `no` or `off`."""
        return (self.get(name) or "").lower() not in _FALSE

    def number(self, name: str) -> int | None:
        """The variable as a whole number of at most nine digits; None if it is not one."""
        value = self.get(name) or ""
        return (
            int(value)
            if value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
            else None
        )

    def starting(self, prefix: str) -> Iterator[tuple[str, str]]:
        """What follows the prefix in each variable's name, with its value."""
        for name in self._environ:
            if name.startswith(prefix) and (value := self.get(name)):
                yield name[len(prefix) :], value
