"""Texts that do no harm to a terminal, and that fit into columns."""

from __future__ import annotations

import unicodedata

_WIDE = frozenset("WF")
_NO_WIDTH = frozenset({"Mn", "Me"})


def escaped(text: str) -> str:
    """The text on one line, with everything that is not printable escaped.

    Control characters, escape sequences, line breaks of every kind, characters that change the
    direction of writing and undecodable bytes cannot do anything to a terminal.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def lines_of(text: str) -> list[str]:
    """The lines of a text, each escaped; tabs become blanks."""
    return [escaped(line.expandtabs(4)) for line in text.rstrip().split("\n")]


def width(text: str) -> int:
    """How many columns a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def fit(text: str, limit: int, dots: str = "…") -> str:
    """A printable text in that many columns at most; what is too long misses its middle.

    The end of a test's id tells it from its neighbours as the beginning does from the others.
    """
    if width(text) <= limit:
        return text
    room = limit - width(dots)
    if room <= 0:
        return dots[: max(limit, 0)]
    tail = _taken(text[::-1], room // 2)[::-1]
    return _taken(text, room - width(tail)) + dots + tail


def cut(text: str, limit: int, dots: str = "…") -> str:
    """A printable text in that many columns at most; what is too long misses its end."""
    if width(text) <= limit:
        return text
    room = limit - width(dots)
    return _taken(text, room) + dots if room > 0 else dots[: max(limit, 0)]


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The text with blanks up to so many columns, before it when `right`."""
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks


def _columns(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def _taken(text: str, columns: int) -> str:
    """The beginning of a text that fits."""
    for place, char in enumerate(text):
        columns -= _columns(char)
        if columns < 0:
            return text[:place]
    return text
