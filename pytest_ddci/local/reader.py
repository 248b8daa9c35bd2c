"""A place in a query's text, and what can be read there: gaps, phrases, words.

Special characters and their escapes: https://docs.datadoghq.com/logs/explorer/search_syntax/.
"""

from __future__ import annotations

import re
from typing import NoReturn

from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from pytest_ddci.local.tree import Wild

WILDCARDS = 100
"""Wildcards in one value. Ours: a pattern is compiled, and what it costs grows with them."""

# Curly quotes count for nothing: editors insert them, Datadog's search ignores them.
_GAP = re.compile(r"[\s“”]+")
_TEXT = re.compile(r"(?:\\.|[^\s“”\"()\[\]{}!:~^?*\\><])+", re.DOTALL)
_WILD = re.compile(r"[*?]")
_PHRASE = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

_HINTS = {
    "\\": r"a `\` at the end escapes nothing",
    ":": r"the name of a field is missing before `:`; in a value it is written `\:`",
    "!": r"to exclude is `-` or `NOT`; in a value `!` is written `\!`",
    "~": r"there is no fuzzy search; in a value `~` is written `\~`",
    "^": r"there are no boosts; in a value `^` is written `\^`",
    ">": r"a comparison is `@duration:>5`; in a value `>` is written `\>`",
    "<": r"a comparison is `@duration:<5`; in a value `<` is written `\<`",
}
_SPECIAL = '"()[]{}=-+?*'


class Reader:
    """Reads a query from left to right.

    Attributes:
        at: where it is, in characters from 0.
    """

    def __init__(self, query: str) -> None:
        self.query = query
        self.at = 0

    @property
    def next(self) -> str:
        """The next character; empty at the end."""
        return self.query[self.at : self.at + 1]

    def sees(self, text: str) -> bool:
        """Whether the text comes next."""
        return self.query.startswith(text, self.at)

    def take(self, text: str) -> bool:
        """Reads the text if it comes next."""
        found = self.sees(text)
        self.at += len(text) * found
        return found

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Reads what the pattern matches here, if it does."""
        found = pattern.match(self.query, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def gap(self) -> bool:
        """Reads whitespace, of which there may be none."""
        return self.match(_GAP) is not None

    def phrase(self) -> str:
        """Reads a quoted text; returns what it says."""
        found = _PHRASE.match(self.query, self.at)
        if found is None:
            self.fail('the closing `"` is missing')
        self.at = found.end()
        return unescaped(found[1])

    def word(self) -> tuple[str | Wild, ...]:
        """Reads literal texts and wildcards; of several `*` in a row, one."""
        start = self.at
        parts: list[str | Wild] = []
        while True:
            if text := self.match(_TEXT):
                parts.append(unescaped(text))
            elif wild := self.match(_WILD):
                if parts[-1:] != [Wild(wild)] or wild == "?":
                    parts.append(Wild(wild))
            else:
                break
        if self.sees("\\") or not parts:
            self.fail_here()
        if sum(isinstance(part, Wild) for part in parts) > WILDCARDS:
            self.fail(f"more than {WILDCARDS} wildcards in one value", start)
        return tuple(parts)

    def end_value(self) -> None:
        """Makes sure that a value ends here.

        Raises:
            QuerySyntaxError: something else follows without a gap.
        """
        if self.next not in ("", ")") and not _GAP.match(self.query, self.at):
            self.fail_here()

    def fail_here(self) -> NoReturn:
        """Raises a QuerySyntaxError about the next character."""
        if self.next in _HINTS:
            self.fail(_HINTS[self.next])
        if self.next in _SPECIAL:
            self.fail(
                rf"`{self.next}` is not expected here; in a value it is written `\{self.next}`, "
                "or the value in quotes"
            )
        self.fail("a space is expected here")

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        """Raises a QuerySyntaxError here, or at another place."""
        raise QuerySyntaxError(problem, self.at if at is None else at, self.query)


def literal(parts: tuple[str | Wild, ...]) -> str | None:
    """The text of a word without wildcards; None: it has some."""
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None


def unescaped(text: str) -> str:
    r"""The text with each `\x` as `x`, whatever character it is."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text
