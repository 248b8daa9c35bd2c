r"""A text as Python, JSON, URLs, HTML and regular expressions may spell it.

A value is not always seen as it is: an assertion shows its `repr` (or the `repr` of one), a body
is JSON, a URL is quoted by rules of its own, `re.escape` puts backslashes before everything. All
of them leave letters, digits and `_` alone, so those are what a value is found by; what may stand
for anything else is spelled out here. Every repetition is bounded.
"""

from __future__ import annotations

import re
from itertools import groupby
from string import whitespace

SAFE = re.compile(r"[A-Za-z0-9_]+")
"""What every spelling leaves as it is."""

_SLASHES = r"\\{1,8}"
_PERCENT = "%(?:25){0,3}"
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_BACKSPACE = "\b"
# Line breaks come with what a tool puts before a line: `E   `, `  | `, `+ `.
_BLANK = (
    rf"\\{{0,8}}\s|\+|{_PERCENT}(?:20|0[9A-Da-d])|{_SLASHES}(?:[nrtfv]|x0[bcBC]|u00(?:20|0[9A-Da-d]))"
    r"|&#(?:9|1[0-3]|32);|(?<=\s)[E>|-](?=\s)"
)
_MOST_BLANKS = 40


def spelled(text: str) -> str:
    """The source of a regular expression that finds a text however it is spelled."""
    parts = []
    for kind, group in groupby(text, _kind):
        run = "".join(group)
        if kind == "safe":
            parts.append(run)
        elif kind == "blank":
            others = map(_symbol, sorted(set(run) - set(whitespace)))
            parts.append(f"(?:{'|'.join([_BLANK, *others])}){{1,{max(len(run), _MOST_BLANKS)}}}")
        elif kind == "backslash":
            count = len(run)
            one = rf"(?:{_PERCENT}5[cC]|&#92;)"
            parts.append(rf"(?:\\{{{count},{8 * count}}}|{one}{{{count}}})")
        else:
            parts += map(_symbol, run)
    return "".join(parts)


def _kind(char: str) -> str:
    if SAFE.fullmatch(char):
        return "safe"
    if char == "\\":
        return "backslash"
    return "blank" if char.isspace() else "symbol"


def _symbol(char: str) -> str:
    """One character that some spelling writes otherwise."""
    number = ord(char)
    ways = [rf"\\{{0,8}}{re.escape(char)}", _utf8(char, _PERCENT), _utf8(char, f"{_SLASHES}x")]
    ways += [f"{_SLASHES}u{_hex(number, 4)}"] if number <= 0xFFFF else _wide(number)  # noqa: PLR2004 - the last of four digits
    if number <= 0xFF:  # noqa: PLR2004 - the last of two digits
        ways.append(f"{_SLASHES}x{_hex(number, 2)}")
    if 0xD800 <= number <= 0xDFFF:  # noqa: PLR2004 - the surrogates, for which U+FFFD is written
        ways.append("\ufffd")
    if char == ":":
        ways.append("_")  # in the key of a tag
    if char == _BACKSPACE:
        ways.append(f"{_SLASHES}b")
    entity = _ENTITIES.get(char)
    ways.append(f"&(?:{f'{entity}|' if entity else ''}#{number}|#[xX]0*{_hex(number, 1)});")
    return f"(?:{'|'.join(dict.fromkeys(ways))})"


def _wide(number: int) -> list[str]:
    """Beyond four digits: eight of Python's, or the pair of JSON's."""
    high, low = 0xD800 + ((number - 0x10000) >> 10), 0xDC00 + (number & 0x3FF)
    pair = "".join(f"{_SLASHES}u{_hex(half, 4)}" for half in (high, low))
    return [f"{_SLASHES}U{_hex(number, 8)}", pair]


def _utf8(char: str, before: str) -> str:
    # A lone surrogate stands for the byte that was no text.
    how = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    data = char.encode("utf-8", how)
    return "".join(before + _hex(byte, 2) for byte in data)


def _hex(number: int, digits: int) -> str:
    """The number in hexadecimal digits of either case."""
    shown = f"{number:0{digits}x}"
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in shown)
