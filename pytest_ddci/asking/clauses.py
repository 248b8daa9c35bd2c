"""What the command line says about aggregations, as parts of a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_ddci.errors import ConfigError, QueryError
from pytest_ddci.queries import Compute, GroupBy, GroupSort

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AUTO = "auto"
"""The interval that the API chooses itself: 150 points."""

NAME = "name"
"""The order of the groups' own values."""

_CALL = re.compile(r"(\w+)(?:\(\s*(.*?)\s*\))?", re.ASCII)
_ORDERS = ("asc", "desc")
# Their values are texts or times: no group is greater by one of them.
_NO_MEASURES = frozenset({"latest", "earliest", "most_frequent"})


def compute_of(text: str, interval: str | None = None) -> Compute:
    """`count`, or a function of a metric such as `pc95(@duration)`.

    Args:
        text: as it was typed.
        interval: the width of a timeseries' intervals, or `auto`; None for one value.

    Raises:
        ConfigError: it is none, or the API has no such function.
    """
    function, metric = _called("--compute", text)
    asked: dict[str, object] = {"aggregation": function, "metric": metric}
    if interval is not None:
        asked["type"] = "timeseries"
        asked["interval"] = None if interval == AUTO else interval
    try:
        return Compute.of(asked)
    except QueryError as error:
        raise ConfigError(f"--compute {text!r}: {error}") from None


def groups_of(facets: Iterable[str], limit: int, sort: GroupSort) -> tuple[GroupBy, ...]:
    """The groups of each facet: so many at most, in that order."""
    return tuple(GroupBy(facet=facet, limit=limit, sort=sort) for facet in facets)


def sort_of(text: str | None, computes: Sequence[Compute]) -> GroupSort:
    """`name`, or a measure as `compute_of` takes it, with `:asc` or `:desc` behind it or not.

    Args:
        text: as it was typed; None for the first compute, or the count where that is no measure.
        computes: what is computed.

    Raises:
        ConfigError: it is none.
    """
    if text is None:
        first = computes[0]
        if first.aggregation in _NO_MEASURES:
            return GroupSort(type="measure", aggregation="count", order="desc")
        return GroupSort(
            type="measure", aggregation=first.aggregation, metric=first.metric, order="desc"
        )
    what, colon, order = text.rpartition(":")
    if not colon or order not in _ORDERS:
        what, order = text, ""
    if what == NAME:
        return GroupSort.of({"type": "alphabetical", "order": order or "asc"})
    function, metric = _called("--sort", what)
    asked = {"aggregation": function, "metric": metric, "order": order or "desc"}
    try:
        return GroupSort.of({"type": "measure", **asked})
    except QueryError as error:
        raise ConfigError(f"--sort {text!r}: {error}") from None


def listed(texts: Iterable[str]) -> list[str]:
    """The items of an option that may be repeated, and may have several with commas between."""
    return [item.strip() for text in texts for item in text.split(",") if item.strip()]


def _called(flag: str, text: str) -> tuple[str, str | None]:
    found = _CALL.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{flag} {text!r}: expected count or FUNCTION(@METRIC)")
    return found[1], found[2] or None
