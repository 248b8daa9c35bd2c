"""Numbers and durations as queries write them."""

from __future__ import annotations

import re

from pytest_ddci.errors import QueryError
from pytest_ddci.moments import duration_ns

NUMBER = "-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?"
"""A number, as a regular expression for Python and DuckDB."""

_NUMBER = re.compile(NUMBER, re.ASCII)
_WHOLE = re.compile("-?[0-9]{1,18}", re.ASCII)


def number(text: str) -> int | float | None:
    """The number that a text is, infinity for what no float holds; None: it is none."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else None


def quantity(text: str, unit: str | None) -> int | float | None:
    """A number, or where the unit is nanoseconds a duration such as `2ms`; None: it is neither."""
    plain = number(text)
    if plain is not None or unit != "ns":
        return plain
    try:
        return duration_ns(text)
    except QueryError:
        return None
