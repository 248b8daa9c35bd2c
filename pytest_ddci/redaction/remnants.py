"""What is left of a value where somebody else has cut a text: a part beside an ellipsis.

pytest shows `'a long te...d its end'`, a logger the first 200 characters and three dots. Where a
value stood there, its beginning or its end is left, and is hidden as the whole would be.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Span = tuple[int, int]
    Parts = dict[str, list[str]]

LEAST = 6
"""Characters of a value that are left, to be taken for a part of it."""

_DOTS = re.compile(r"\.\.\.+")
_ELLIPSIS = re.compile("…")
_BETWEEN = " \n\t'\"[("
_MOST_BETWEEN = 4
_LONGEST = 512
_MOST_ALIKE = 8


class Remnants:
    """Finds beginnings of values before an ellipsis and ends of them after it.

    Args:
        values: the values.
    """

    __slots__ = ("_parts", "_values")

    def __init__(self, values: Sequence[str]) -> None:
        self._values = values
        self._parts: tuple[Parts, Parts] | None = None

    def is_near(self, text: str) -> bool:
        """Whether the text may have one; True of every text that has."""
        return ("..." in text or "…" in text) and bool(self._values)

    def spans(self, text: str) -> Iterator[Span]:
        """Where the text has one."""
        if not self.is_near(text):
            return
        heads, tails = self._known()
        for match in chain(_DOTS.finditer(text), _ELLIPSIS.finditer(text)):
            yield from _before(text, match.start(), heads)
            yield from _after(text, match.end(), tails)

    def _known(self) -> tuple[Parts, Parts]:
        """Beginnings by their last letters and ends by their first."""
        if self._parts is None:
            heads: Parts = {}
            tails: Parts = {}
            for value in self._values:
                for shown in {value, repr(value)[1:-1], json.dumps(value)[1:-1]}:
                    for size in range(LEAST, min(len(shown), _LONGEST) + 1):
                        _add(heads, shown[size - LEAST : size], shown[:size])
                        at = len(shown) - size
                        _add(tails, shown[at : at + LEAST], shown[at:])
            self._parts = heads, tails
        return self._parts


def _add(parts: Parts, letters: str, part: str) -> None:
    alike = parts.setdefault(letters, [])
    if len(alike) < _MOST_ALIKE:
        alike.append(part)


def _before(text: str, end: int, heads: Parts) -> Iterator[Span]:
    low = max(end - _MOST_BETWEEN, 0)
    while True:
        for head in heads.get(text[max(end - LEAST, 0) : end], ()):
            if text.endswith(head, 0, end):
                yield end - len(head), end
        if end <= low or text[end - 1] not in _BETWEEN:
            return
        end -= 1


def _after(text: str, begin: int, tails: Parts) -> Iterator[Span]:
    high = min(begin + _MOST_BETWEEN, len(text))
    while True:
        for tail in tails.get(text[begin : begin + LEAST], ()):
            if text.startswith(tail, begin):
                yield begin, begin + len(tail)
        if begin >= high or text[begin] not in _BETWEEN:
            return
        begin += 1
