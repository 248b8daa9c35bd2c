r"""Secrets out of texts, before anything is written or sent.

Hidden are the values of environment variables whose names look secret or are named by the user, in
any spelling and where a text was cut; tokens of well-known shapes; what is assigned to names that
look secret; passwords in URLs; private keys; and what the user's own patterns find.

How it stays quick: what is sought is found by a literal, with the searches of `str` and of `re`,
and only there looked at closely: 2 MB of ordinary tracebacks take about 15 ms. No rule repeats a
repetition, and each either consumes what it has read or is bounded, so that the time grows with
the text's length only.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from pytest_ddci.errors import ConfigError
from pytest_ddci.redaction.assignments import assigned
from pytest_ddci.redaction.remnants import Remnants
from pytest_ddci.redaction.secret_value import LONGEST, SecretValue, occurrences
from pytest_ddci.redaction.shapes import shaped
from pytest_ddci.redaction.variables import SHORTEST, secret_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Span = tuple[int, int]

__all__ = ["MARK", "SHORTEST", "Redactor"]

MARK = "[redacted]"
"""What stands where a secret was."""

_ROUNDS = 50
"""How often a text is read again because marks and secrets touched, before all of it is hidden."""

# Whether any rule may find anything; for texts so short that the rules' number counts. Each word
# is sought by its rarest letter, for at each of those that begin a branch the search stops.
_NEAR = re.compile(
    "w(?:(?<=passw)|(?<=pw)d|hsec_)|p(?<=passp)|c(?:(?<=sec)ret|redential|(?<=ac)ca)"
    "|k(?:ey|(?<=tok)en|(?<=ak)(?:ia|cp)|(?<=absk))|z(?:(?<=authoriz)ation|(?<=aiz)a)"
    "|b(?:earer|asic|(?<=ab)ia|(?<=atb)b)|=(?:(?<=signature=)|(?<=sig=))|:(?://|aa)|j(?<=eyj)"
    "|i(?<=asi)a|3(?<=at[ac]tt3)|x(?:ox|app-|(?<=gocspx)-)|v(?:(?<=k_liv)e_|(?<=_v)1_)"
    "|_(?:(?<=npm_)|(?<=k_)test_|(?<=gh[pousr]_)|(?<=github_)pat_|(?<=dd[a-z]{3}_)|(?<=glsa_)"
    "|(?<=glc_)|(?<=shp[a-z]{2}_)|(?<=dckr_)|(?<=lin_)api_|(?<=rubygems_)|(?<=hf_))"
    "|gl[a-z]+-|-(?:(?<=pypi-)|(?<=sk-))|~(?<=q~)"
).search
_SHORT = 1_000
_LONG = 20_000


class Redactor:
    """Replaces secrets in texts by `[redacted]`; what it makes of its own results is the same.

    Args:
        environ: the environment variables, of which the values of those with telling names are
            hidden: six characters or more, neither numbers nor ordinary words nor paths.
        patterns: the user's regular expressions; of one with a group named `secret`, only that
            group is hidden, of any other all that it matches.
        names: variables whose values are hidden whatever their names look like (four characters
            or more), and behind a `!` those whose values are no secrets; `*` and `?` stand for
            other characters.

    Raises:
        ConfigError: a pattern is not a regular expression.
    """

    __slots__ = ("_hints", "_odd", "_patterns", "_remnants")

    def __init__(
        self,
        environ: Mapping[str, str],
        patterns: Sequence[str] = (),
        names: Sequence[str] = (),
    ) -> None:
        texts = tuple(dict.fromkeys(secret_texts(environ, names)))
        pieces = (text[at : at + LONGEST] for text in texts for at in range(0, len(text), LONGEST))
        values = tuple(map(SecretValue, dict.fromkeys(pieces)))
        self._odd = tuple(value for value in values if value.is_odd)
        # Flat, for every text is asked for every one of them.
        self._hints = tuple((hint, value) for value in values for hint in value.hints)
        self._remnants = Remnants(texts)
        self._patterns = tuple(map(_compiled, patterns))

    def __call__(self, text: str) -> str:
        """The text without secrets; the same object if it has none."""
        if len(text) < _SHORT and not self._patterns and not self._odd:
            # Whether nothing in it is worth a closer look; in one go, for this is every name.
            for hint, _ in self._hints:
                if hint in text:
                    break
            else:
                if not _NEAR(text.lower()) and not self._remnants.is_near(text):
                    return text
        for _ in range(_ROUNDS):
            spans = list(self._spans(text))
            if not spans:
                return text
            redacted = _hidden(text, spans)
            if redacted == text:
                return text
            text = redacted
        return MARK

    def _near(self, text: str) -> list[SecretValue]:
        """The values that the text may have."""
        near = [value for hint, value in self._hints if hint in text]
        # Odd values take too long in a long text, for which their usual spellings must do.
        return [*near, *self._odd] if len(text) < _LONG else near

    def _spans(self, text: str) -> Iterator[Span]:
        for value in dict.fromkeys(self._near(text)):
            yield from value.spans(text)
        yield from self._remnants.spans(text)
        yield from shaped(text)
        for pattern in self._patterns:
            yield from _matches(pattern, text)
        yield from assigned(text)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a future Python will read differently
            return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as problem:
        raise ConfigError(
            f"ddci_redact: {pattern!r} is not a regular expression: {problem}"
        ) from None


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    group = pattern.groupindex.get("secret", 0)
    for match in pattern.finditer(text):
        if match.end(group) > match.start(group):
            yield match.span(group)


def _hidden(text: str, spans: Iterable[Span]) -> str:
    """The text with each of the spans, and the marks and spans they touch, become one mark."""
    parts, done, stop = [], 0, -1
    for begin, end in sorted([*spans, *occurrences(text, MARK)]):
        if begin > stop:
            parts += [text[done:begin], MARK]
        done = stop = max(stop, end)
    return "".join([*parts, text[done:]])
