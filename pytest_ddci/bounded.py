"""Texts that are fit to leave the process where they were made: of those too long, head and tail.

The other side redacts before it cuts to the limits of the API, and that takes as long as the text
is. So much more than those limits leaves the process that no cut of here is seen in the end,
unless nearly all of a text was secrets.
"""

from __future__ import annotations

import re

LONGEST = 50_000
"""Characters of a message or value, ten times what is kept of it."""

LONGEST_STACK = 300_000
"""Characters of a stack, three times what is kept of it."""

_LEFT_OUT = re.compile(r"\.\.\. (\d{1,15}) characters left out \.\.\.")


def bounded(text: str, longest: int = LONGEST) -> str:
    """At most that many characters and a few words: of a longer text the middle is left out.

    What it is cut at is seen as such by `redact`: half a secret may be left there.
    """
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}... {len(text) - 2 * half} characters left out ...{text[-half:]}"


def left_out(text: str) -> int:
    """How many characters longer it would be if `bounded` had left out nothing, by its words."""
    return sum(max(int(words[1]) - len(words[0]), 0) for words in _LEFT_OUT.finditer(text))
