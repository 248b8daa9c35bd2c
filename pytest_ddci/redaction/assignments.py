"""What is assigned to names that look secret, in any of the ways that texts assign."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from pytest_ddci.redaction.variables import ABOUT, PATH, SHORTEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

# Names are sought in any case: in a copy of the text with one lower-case byte per character.
_AFTER_NAME = (
    rb"[\w.-]{0,32}(?P<stop>(?:\\{0,3}['\"])?\]?[ \t]{0,24}(?:=(?!=)>?|:(?!:)=?)[ \t]{0,4}"
    rb"|(?:\\{0,3}['\"],)?[ \t]{1,4})"
)
# Each begins with the rarest letter of its names, with which the scan stops least often.
_NAMES = tuple(
    re.compile(word + _AFTER_NAME)
    for word in (
        rb"w(?:(?<=pw)d|(?<=passw)(?:or)?d)",
        rb"passphrase",
        rb"k(?:(?<=tok)en(?!i[sz])|ey(?!error|word|board))",
        rb"c(?:(?<=sec)ret(?!ar)|redential)",
        rb"z(?<=authoriz)ation",
    )
)
_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_.-"
_SECRET_NAME = re.compile(
    rb"passw|passphrase|pwd|secret|token|credential|authorization"
    rb"|(?:api|app|application|access|account|private|secret|shared|signing|encryption|master|auth"
    rb"|deploy|license|webhook)[_.-]?key"
)
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
_SCHEMES = re.compile(
    rb"b(?:earer[ \t]{1,4}(?=[a-z._~+/=-]*[0-9])(?P<token>[\w.~+/=-]{16,4096})"
    rb"|asic[ \t]{1,4}(?P<login>[\w+/-]{6,4096}={0,2}))"
)
_USER_AND_PASSWORD = re.compile(rb"[^\x00-\x1f:]{0,256}:[^\x00-\x08]{0,4096}")
# Datadog's keys are hexadecimal, 32 or 40 digits: nothing but what is said of them tells.
_KEY_BEFORE = re.compile(r"(?i:api|app|application)[ _-]?\Z")
_HEXADECIMAL = re.compile(r"[('\"]?(?P<secret>[0-9a-f]{32}(?:[0-9a-f]{8})?)(?![0-9A-Za-z])")
# Values that need no quotes and are no secrets: words, numbers, attributes, variables.
_HARMLESS = re.compile(
    r"[-+]?[\d._:/-]*|0x[0-9A-Fa-f]+|[A-Za-z_.]*|[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)+|\$[A-Z_]+"
)


def assigned(text: str) -> Iterator[Span]:
    """Where a text has what follows names that look secret, `Bearer` and `Basic`."""
    # One byte per character whatever the text: positions are those of the text.
    low = text.encode("latin-1", "replace").lower()
    for pattern in _NAMES:
        done = 0
        for match in pattern.finditer(low):
            span = _value_after(text, low, match) if match.start() >= done else None
            if span:
                yield span
                done = span[1]
    for match in _SCHEMES.finditer(low):
        if match["token"]:
            yield match.span("token")
        elif _is_login(text[slice(*match.span("login"))]):
            yield match.span("login")


def _value_after(text: str, low: bytes, match: re.Match[bytes]) -> Span | None:
    """Where the value is that belongs to the name in the match, if it is worth hiding."""
    before = low[max(match.start() - 64, 0) : match.start()]
    begin = match.start() - len(before) + len(before.rstrip(_NAME_BYTES))
    name, stop = low[begin : match.start("stop")], match["stop"].rstrip(b" \t")
    option = name.startswith(b"--")
    if not option and name.endswith(b"key") and (told := _told_key(text, match)):
        return told
    if not _SECRET_NAME.search(name) or ABOUT.search(name.decode()):
        return None
    if name.endswith(b"authorization") and (scheme := _SCHEME.match(text, match.end())):
        return scheme.span("secret")
    if not option and not stop.endswith((b"=", b":", b">")):
        return None
    plain = option or (stop == b"=" and low[begin - 1 : begin] in {b"?", b"&"})
    value = (_ANY_VALUE if plain else _VALUE).match(text, match.end())
    if value is None or value["call"] or _is_harmless(value, name, plain=plain):
        return None
    return value.span("quoted" if value["quoted"] else "bare")


def _told_key(text: str, match: re.Match[bytes]) -> Span | None:
    """Where a key is that is only spoken of: `invalid API key 0123...`."""
    found = _HEXADECIMAL.match(text, match.end())
    low = max(match.start() - len("application_"), 0)
    if found is None or not _KEY_BEFORE.search(text, low, match.start()):
        return None
    return found.span("secret")


def _is_harmless(value: re.Match[str], name: bytes, *, plain: bool) -> bool:
    """Whether a value is no secret for all that its name says."""
    found = value["quoted"] or value["bare"]
    if "://" in found or PATH.match(found):
        return True
    if plain:
        return found.startswith("-")
    if value["bare"]:
        return _HARMLESS.fullmatch(found) is not None
    return len(found) < SHORTEST and name.endswith(_OFTEN_PARSED)


def _is_login(text: str) -> bool:
    """Whether a text is a user and a password as the scheme `Basic` writes them."""
    data = text.translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")
    try:
        login = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except binascii.Error:
        return False
    return _USER_AND_PASSWORD.fullmatch(login) is not None
