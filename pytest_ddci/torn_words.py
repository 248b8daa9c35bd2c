"""Words that a cut to a limit may have torn: half a secret may be left of one.

Texts of ours are redacted before they are cut. What users make with the models of the API is cut
by those, and only then seen by us.
"""

from __future__ import annotations

import re

# What `limits.cut`, `cut_middle` and `cut_name` put where something is missing.
_CUT = re.compile(r"\n?… ?\[(?:\d{1,20} characters cut\](?: …\n)?|[0-9a-f]{16}\])")
_LONGEST_WORD = 4_096


def without_torn_words(text: str, mark: str) -> str:
    """A text that was cut here, with a mark for each of the words that the cut may have torn."""
    parts, done = [], 0
    for missing in _CUT.finditer(text):
        begin, end = missing.span()
        before = _word(text[max(done, begin - _LONGEST_WORD) : begin][::-1])
        # Only a middle that is missing has something behind it.
        after = _word(text[end : end + _LONGEST_WORD]) if missing[0].endswith("\n") else 0
        parts += [text[done : begin - before], mark * bool(before), missing[0], mark * bool(after)]
        done = end + after
    return "".join([*parts, text[done:]])


def _word(text: str) -> int:
    """How long the word is that a text begins with."""
    return len(text.split(maxsplit=1)[0]) if text[:1].strip() else 0
