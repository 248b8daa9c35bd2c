r"""Secrets out of texts, before anything is written or sent.

Hidden are the values of environment variables whose names look secret, tokens of well-known
shapes, what is assigned to names that look secret, passwords in URLs, private keys, and what the
user's own patterns find. A text is read as it is: what has been encoded since (JSON, base64) is
not looked into.

How it stays quick: all rules start from a literal, found by `re`'s scan for a literal prefix (the
cheapest there is), and look around only there: 2 MB of ordinary tracebacks take about 15 ms. No
rule repeats a repetition, and each either consumes what it has read or is bounded, so the time
grows with the text's length only.
"""

from __future__ import annotations

import json
import re
import warnings
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_ddci.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Span = tuple[int, int]

MARK = "[redacted]"
"""What stands where a secret was."""

SHORTEST = 6
"""Characters a variable's value must have to be hidden: shorter ones occur by chance."""

_ROUNDS = 50
"""How often a text is read again because marks and secrets touched, before all of it is hidden."""

_SECRET_VARIABLE = re.compile(
    r"KEYS?(?:ID)?(?![A-Z])|TOKEN|SECRET|PASSW|PASSPHRASE|PASS$|(?<=.)PWD$|CREDENTIAL|PRIVATE"
    r"|AUTH(?!ORS?(?![A-Z]))",
)
# What is said about a secret: where it is, what it is called. Never the secret.
_ABOUT = re.compile(
    r"(?:^|[_.-])(?:file|path|dir|sock|home|name|type|mode|host|port|size|count|limit|ttl)$",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:~|/(?:home|users|root|tmp|var|etc|opt|usr|run|mnt|srv|data|private|app|work|workspace"
    r"|builds?|github|secrets)|[a-z]:)[/\\]",
    re.IGNORECASE,
)
_ORDINARY = re.compile(
    "always|bearer|changeme|default|development|disabled|enabled|example|github|gitlab|localhost"
    "|optional|password|postgres|private|production|public|pytest|redacted|required|runner"
    "|secrets?|staging|testing|undefined|username|[0-9]+",
    re.IGNORECASE,
)

# Line breaks may be spelled out; without an end it is all that looks like one.
_PRIVATE_KEY = (
    r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]*(?:-(?!----)[^-]*)*-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\\+[nr]|[\s\"',])+(?:[E>+|][ \t]+)?[A-Za-z0-9+/=]{16,})*)"
)
# Rules in groups: one look for what tells that any of a group may apply, then each of them. The
# looks start from a letter that is rare in ordinary texts.
_SHAPES = tuple(
    (re.compile(near), tuple(re.compile(shape, re.ASCII) for shape in shapes))
    for near, shapes in {
        r"A(?:[KS]IA|Iza)": (
            r"A[KS]IA(?<![A-Z0-9]A.IA)[0-9A-Z]{16}(?![0-9A-Za-z])",  # AWS key ids
            r"AIza[\w-]{35}",  # Google
        ),
        r"J(?<=eyJ)": (
            # JSON Web Tokens, a lost third part included; a line break before may be spelled out.
            r"eyJ(?:(?<![\w-]eyJ)|(?<=\\[nrt]eyJ))[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
        ),
        r"_(?<=gh[pousr]_|npm_|pat_|ive_)(?:(?<=gh._)|(?<=npm_)|(?<=hub_pat_)|(?<=k_live_))": (
            r"gh[pousr]_[A-Za-z0-9]{20,255}",  # GitHub
            r"github_pat_\w{20,255}",
            r"npm_[A-Za-z0-9]{36}",
            r"[rs]k_live_[A-Za-z0-9]{10,255}",  # Stripe
        ),
        r"-(?:(?<=pypi-)|(?<=xox[abeoprs]-)|----BEGIN)": (
            r"pypi-[\w-]{50,}",
            r"xox[abeoprs]-[\w-]{10,255}",  # Slack
            _PRIVATE_KEY,
        ),
        r"gl[a-z]{2,5}-": (
            r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct)-[\w.-]{16,255}",  # GitLab
        ),
        "://": (
            r"://[^\s/:@'\"<>]{0,128}:(?P<secret>[^\s/'\"<>]{1,256})@",  # passwords in URLs
        ),
    }.items()
)

# Names are sought in any case: in a copy of the text with one lower-case byte per character.
_AFTER_NAME = (
    rb"[\w.-]{0,32}(?P<stop>(?:\\{0,3}['\"])?\]?[ \t]{0,24}(?:=(?!=)>?|:(?!:)=?)[ \t]{0,4}"
    rb"|(?:\\{0,3}['\"],)?[ \t]{1,4})"
)
_NAMES = tuple(
    re.compile(word + _AFTER_NAME)
    for word in (
        rb"pass(?:w(?:or)?d|phrase)",
        rb"w(?<=pw)d",
        rb"secret(?!ar)",
        rb"k(?<=tok)en(?!i[sz])",
        rb"key(?!error|word|board)",
        rb"credential",
        rb"z(?<=authoriz)ation",
    )
)
_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_.-"
_SECRET_NAME = re.compile(
    rb"passw|passphrase|pwd|secret|token|credential|authorization"
    rb"|(?:api|app|application|access|account|private|secret|shared|signing|encryption|master|auth"
    rb"|deploy|license|webhook)[_.-]?key"
)
# Whether any rule may find anything; for texts so short that the rules' number counts.
_NEAR = re.compile(
    "pass[wp]|pwd|secret|token|key|credential|authorization|bearer|a[ks]ia|aiza|eyj|xox|://|npm_"
    "|pypi-|k_live_|gh[pousr]_|github_pat_|gl[a-z]+-"
)
_SHORT = 1_000
_OFTEN_PARSED = (b"token", b"tokens")
_QUOTED = (
    r"[bBrRuUfF]{0,2}(?P<quote>\\{0,3}['\"])"
    r"(?P<quoted>(?:(?!(?P=quote))(?:\\.|[^\\\r\n])){1,4096})"
)
_VALUE = re.compile(rf"{_QUOTED}|(?P<bare>[^\s'\"`,;&(){{}}\[\]<>|\\]{{6,4096}})(?P<call>[(\[])?")
_ANY_VALUE = re.compile(rf"{_QUOTED}|(?P<bare>[^\s'\"&#<>,;]{{1,4096}})(?P<call>(?!))?")
_SCHEME = re.compile(
    r"[bB]?\\{0,3}['\"]?(?i:bearer|basic|digest|negotiate|token|apikey)[ \t]{1,4}"
    r"(?P<secret>[^\s'\"\\,;]{1,4096})"
)
_BEARER = re.compile(rb"bearer[ \t]{1,4}(?=[a-z._~+/=-]*[0-9])(?P<secret>[\w.~+/=-]{16,4096})")
# Values that need no quotes and are no secrets: words, numbers, attributes, variables.
_HARMLESS = re.compile(
    r"[-+]?[\d._:/-]*|0x[0-9A-Fa-f]+|[A-Za-z_.]*|[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)+|\$[A-Z_]+"
)


class Redactor:
    """Replaces secrets in texts by `[redacted]`; what it makes of its own results is the same.

    Args:
        environ: the environment variables, of which the values of those with telling names are
            hidden: six characters or more, neither numbers nor ordinary words nor paths.
        patterns: the user's regular expressions; of one with a group named `secret`, only that
            group is hidden, of any other all that it matches.

    Raises:
        ConfigError: a pattern is not a regular expression.
    """

    __slots__ = ("_patterns", "_values")

    def __init__(self, environ: Mapping[str, str], patterns: Sequence[str] = ()) -> None:
        self._values = _secret_values(environ)
        self._patterns = tuple(map(_compiled, patterns))

    def __call__(self, text: str) -> str:
        """The text without secrets; the same object if it has none."""
        if len(text) < _SHORT and self._far(text):
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

    def _far(self, text: str) -> bool:
        """Whether nothing in the text is worth a closer look."""
        if self._patterns or _NEAR.search(text.lower()):
            return False
        return not any(value in text for value in self._values)

    def _spans(self, text: str) -> Iterator[Span]:
        for value in self._values:
            yield from _occurrences(text, value)
        for near, patterns in _SHAPES:
            if near.search(text):
                yield from chain.from_iterable(_matches(pattern, text) for pattern in patterns)
        yield from chain.from_iterable(_matches(pattern, text) for pattern in self._patterns)
        yield from _assigned(text)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a future Python will read differently
            return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as problem:
        raise ConfigError(
            f"ddci_redact: {pattern!r} is not a regular expression: {problem}"
        ) from None


def _secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values to hide, and how they look in a `repr`, in JSON and in a URL."""
    found: dict[str, None] = {}
    for name, value in environ.items():
        stripped = value.strip()
        if _SECRET_VARIABLE.search(name.upper()) and _is_secret(name, stripped):
            for shown in (
                stripped,
                repr(stripped)[1:-1],
                json.dumps(stripped)[1:-1],
                quote(stripped, safe="", errors="replace"),
            ):
                found[shown] = None
    return tuple(found)


def _is_secret(name: str, value: str) -> bool:
    if len(value) < SHORTEST or _ORDINARY.fullmatch(value):
        return False
    return not _ABOUT.search(name) and not _PATH.match(value)


def _occurrences(text: str, value: str) -> Iterator[Span]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + len(value))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    group = pattern.groupindex.get("secret", 0)
    for match in pattern.finditer(text):
        if match.end(group) > match.start(group):
            yield match.span(group)


def _assigned(text: str) -> Iterator[Span]:
    """What follows names that look secret, and `Bearer`."""
    # One byte per character whatever the text: positions are those of the text.
    low = text.encode("latin-1", "replace").lower()
    for pattern in _NAMES:
        done = 0
        for match in pattern.finditer(low):
            span = _value_after(text, low, match) if match.start() >= done else None
            if span:
                yield span
                done = span[1]
    yield from (match.span("secret") for match in _BEARER.finditer(low))


def _value_after(text: str, low: bytes, match: re.Match[bytes]) -> Span | None:
    """Where the value is that belongs to the name in the match, if it is worth hiding."""
    before = low[max(match.start() - 64, 0) : match.start()]
    begin = match.start() - len(before) + len(before.rstrip(_NAME_BYTES))
    name, stop = low[begin : match.start("stop")], match["stop"].rstrip(b" \t")
    if not _SECRET_NAME.search(name) or _ABOUT.search(name.decode()):
        return None
    if name.endswith(b"authorization") and (scheme := _SCHEME.match(text, match.end())):
        return scheme.span("secret")
    option = name.startswith(b"--")
    if not option and not stop.endswith((b"=", b":", b">")):
        return None
    plain = option or (stop == b"=" and low[begin - 1 : begin] in {b"?", b"&"})
    value = (_ANY_VALUE if plain else _VALUE).match(text, match.end())
    if value is None or value["call"] or _harmless(value, name, plain=plain):
        return None
    return value.span("quoted" if value["quoted"] else "bare")


def _harmless(value: re.Match[str], name: bytes, *, plain: bool) -> bool:
    """Whether a value is no secret for all that its name says."""
    found = value["quoted"] or value["bare"]
    if "://" in found or _PATH.match(found):
        return True
    if plain:
        return found.startswith("-")
    if value["bare"]:
        return _HARMLESS.fullmatch(found) is not None
    return len(found) < SHORTEST and name.endswith(_OFTEN_PARSED)


def _hidden(text: str, spans: Iterable[Span]) -> str:
    """The text with each of the spans, and the marks and spans they touch, become one mark."""
    parts, done, stop = [], 0, -1
    for begin, end in sorted([*spans, *_occurrences(text, MARK)]):
        if begin > stop:
            parts += [text[done:begin], MARK]
        done = stop = max(stop, end)
    return "".join([*parts, text[done:]])
