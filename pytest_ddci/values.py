"""Parsers of option values: text in, typed value out, or a `ValueError` that says what is allowed.

Every parser takes the text of a command line, an ini file or an environment variable, already
stripped and not empty.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
_FALSE = frozenset({"0", "false", "no", "off", "n", "f"})
_SITE = re.compile(r"(?!app\.|api\.)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_LIKE_A_KEY = re.compile(r"(?=[A-Za-z_-]{0,64}[0-9])(?=[0-9_-]{0,64}[A-Za-z])[A-Za-z0-9_-]{20,}")
_VARIABLE = re.compile(r"!?[A-Za-z0-9_*?]+")
_NO_PART_OF_A_PATH = frozenset("?# \\")
_LONGEST_ID = 200
_LONGEST_TEXT = 1_000


def boolean(text: str) -> bool:
    """`true`/`false`, `yes`/`no`, `on`/`off`, `1`/`0`, in any case."""
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("true or false")


def number(low: float, high: float, unit: str, *, above: bool = False) -> Callable[[str], float]:
    """A parser of finite numbers from `low` (excluded when `above`) to `high`."""
    sign = ">" if above else ">="
    allowed = f"a number of {unit} {sign} {low:g} and <= {high:g}"

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(allowed) from None
        if math.isnan(value) or value > high or value < low or (above and value == low):
            raise ValueError(allowed)
        return value

    return parse


def choice(*words: str) -> Callable[[str], str]:
    """A parser that takes one of the words as they are written."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text

    return parse


def text(value: str) -> str:
    """Any text without control characters, at most 1,000 characters."""
    if len(value) > _LONGEST_TEXT or not value.isprintable():
        raise ValueError(f"printable text of at most {_LONGEST_TEXT} characters")
    return value


def identifier(value: str) -> str:
    """An id: printable, no blanks, at most 200 characters (the API wants any unique string)."""
    if len(value) > _LONGEST_ID or not value.isprintable() or " " in value:
        raise ValueError(f"an id without blanks, at most {_LONGEST_ID} characters")
    return value


def site(value: str) -> str:
    """A Datadog site such as `datadoghq.eu`: the bare domain, neither `app.` nor `https://`."""
    domain = value.lower()
    if not _SITE.fullmatch(domain):
        raise ValueError(
            "a Datadog site such as datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, "
            "ap1.datadoghq.com, ap2.datadoghq.com or datadoghq.eu"
        )
    return domain


def url(value: str) -> str:
    """An http or https url with a host; a slash at the end is dropped."""
    allowed = "a url such as https://api.datadoghq.com"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(allowed) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError(allowed)
    if "@" in parts.netloc or _NO_PART_OF_A_PATH & set(value) or not value.isprintable():
        raise ValueError(f"{allowed}, without user, query or fragment")
    return value.rstrip("/")


def tag(value: str) -> tuple[str, str]:
    """`KEY:VALUE`, split at the first colon; neither side may be empty."""
    key, _, rest = value.partition(":")
    if not key.strip() or not rest.strip():
        raise ValueError("KEY:VALUE")
    return key.strip(), rest.strip()


def metric(value: str) -> tuple[str, float]:
    """`KEY:NUMBER`, split at the last colon; the number must be finite."""
    key, _, rest = value.rpartition(":")
    try:
        amount = float(rest)
    except ValueError:
        raise ValueError("KEY:NUMBER") from None
    if not key.strip() or not math.isfinite(amount):
        raise ValueError("KEY:NUMBER")
    return key.strip(), amount


def pattern(value: str) -> str:
    """A regular expression of Python's `re`."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    return value


def without_keys(words: str) -> str:
    """Words about what is not allowed, without what might be a key in the wrong place."""
    return _LIKE_A_KEY.sub("[redacted]", words)


def refused(value: str) -> str:
    """A value that is not allowed, to be shown in words."""
    return repr(without_keys(value))


def variable(value: str) -> str:
    """A variable's name, in which `*` and `?` stand for other characters; behind `!` is none."""
    if not _VARIABLE.fullmatch(value):
        raise ValueError("the name of a variable, perhaps with * or ?, or ! and such a name")
    return value


def split_tags(value: str) -> list[str]:
    """The items of a variable such as `DD_TAGS`: separated by commas, or by blanks without any."""
    items = value.split(",") if "," in value else value.split()
    return [item.strip() for item in items if item.strip()]


def split_lines(value: str) -> list[str]:
    """The items of a variable that holds one item a line."""
    return [line.strip() for line in value.splitlines() if line.strip()]
