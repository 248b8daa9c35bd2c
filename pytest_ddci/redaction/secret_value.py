"""One value that must not be seen, and where a text has it."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_ddci.redaction.spelling import SAFE, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

LONGEST = 2_048
"""Characters of a value that are looked for as one; a longer one is several."""

_LONG = 512
"""Characters of a value beyond which only its usual spellings are looked for."""

_RARE = 3
_WIDEST = 64


class SecretValue:
    """Finds a value, however it is spelled.

    Args:
        text: the value, not empty, of at most `LONGEST` characters.

    Attributes:
        hints: texts of which at least one is in every text that has the value.
        is_odd: whether it has too few plain letters for such hints: then they are its usual
            spellings, and a text may have another.
    """

    __slots__ = ("_lead", "_patterns", "_text", "hints", "is_odd")

    def __init__(self, text: str) -> None:
        self._text = text
        plain = max(SAFE.findall(text), key=len, default="")
        self.is_odd = len(plain) < _RARE
        self.hints = _usual(text) if self.is_odd or len(text) > _LONG else (plain,)
        first = SAFE.search(text)
        # A pattern that begins with plain letters is found quickly.
        self._lead = text[: first.start()] if first else ""
        self._patterns: tuple[re.Pattern[str], re.Pattern[str]] | None = None

    def spans(self, text: str) -> Iterator[Span]:
        """Where a text has it; worth asking only of one that has a hint, unless it is odd."""
        if len(self._text) > _LONG or SAFE.fullmatch(self._text):
            for way in self.hints:
                yield from occurrences(text, way)
            return
        lead, body = self._compiled()
        match = body.search(text)
        while match:
            begin, end = match.span()
            if self._lead:
                before = lead.search(text, max(begin - _WIDEST * len(self._lead), 0), begin)
                begin = before.start() if before else -1
            if begin >= 0:
                yield begin, end
            match = body.search(text, end if begin >= 0 else match.start() + 1)

    def _compiled(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Patterns of what comes before the first plain letter, and of the rest."""
        if self._patterns is None:
            rest = self._text[len(self._lead) :]
            self._patterns = re.compile(spelled(self._lead) + r"\Z"), re.compile(spelled(rest))
        return self._patterns


def occurrences(text: str, part: str) -> Iterator[Span]:
    """Where a text has exactly that part."""
    at = text.find(part)
    while at >= 0:
        yield at, at + len(part)
        at = text.find(part, at + len(part))


def _usual(text: str) -> tuple[str, ...]:
    """How a text is usually spelled."""
    quoted = [show(text)[1:-1] for show in (repr, ascii, json.dumps)]
    twice = [show(each)[1:-1] for show in (repr, json.dumps) for each in quoted]
    urls = [quote(text, safe=safe, errors="replace") for safe in ("", "/")]
    others = (" ".join(text.split()), html.escape(text), html.escape(text, quote=False))
    ways = dict.fromkeys((text, *quoted, *twice, *urls, *others))
    return (*ways, *(way.replace(":", "_") for way in ways if ":" in way))
