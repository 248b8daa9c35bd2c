"""Groups: the keys that facets give to events.

An event without the facet is in no group, and in no bucket at all, unless there is a value to be
missing under. An event with several values is in the group of each of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.local.catalogue import Kind, Sql
from pytest_ddci.local.database import can_be_bound
from pytest_ddci.local.documents import plain
from pytest_ddci.local.readings import Values
from pytest_ddci.local.sql import TRUE, bound, filled, joined, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ddci.local.database import Database
    from pytest_ddci.queries import GroupBy, Histogram

TOTAL = "$facet_total"
"""The key of the bucket over all groups of a facet, where the request names none (API schema)."""

# Numbers such as 0.1 are not exact: what they divide to may be a little too large.
_ROUNDING = 1e-12
_NULL = Sql("NULL")


@frozen
class Group:
    """What a facet groups by.

    Attributes:
        rule: what the request says.
        column: of the table `keyed`: the key, NULL where the facet is missing and the value to be
            missing under is of another type.
        several: it is a list of keys.
    """

    rule: GroupBy
    column: Sql
    several: bool

    def key(self, found: str | float | None) -> str | float | None:
        """The key as the answer has it."""
        if found is None:
            return self.rule.missing
        return found if isinstance(found, str) else plain(found)

    @property
    def total(self) -> str | float | None:
        """The key of the bucket over all groups; None: there is none."""
        asked = self.rule.total
        if isinstance(asked, bool):
            return TOTAL if asked else None
        return asked


def keyed(
    database: Database, rules: Sequence[GroupBy], readings: Mapping[str, Values]
) -> list[Group]:
    """Make the table `keyed` of the table `matched`: its events that have all facets, and keys.

    Args:
        database: with the table `matched`.
        rules: what to group by.
        readings: what in `matched` each facet yields.
    """
    groups = []
    columns = [Sql("*")]
    conditions = []
    for place, rule in enumerate(rules):
        values = readings[rule.facet]
        number = values.sql if values.kind is Kind.NUMBER else Sql("CAST(NULL AS DOUBLE)")
        key, present = values.sql, filled("{0} IS NOT NULL", values.sql)
        if rule.histogram:
            key = _binned(number, rule.histogram)
            values = Values(key, Kind.NUMBER)
            present = filled("{0} IS NOT NULL", key)
            if rule.missing is not None:
                # What is outside of the histogram is not missing.
                conditions.append(filled("({0} OR {1} IS NULL)", present, number))
        if rule.missing is None:
            conditions.append(present)
        columns.append(filled("{0} AS {1}", _or_missing(values, rule), Sql(f"k{place}")))
        groups.append(Group(rule, Sql(f"k{place}"), values.kind is Kind.TEXTS))
    database.run(
        "CREATE TEMP TABLE keyed AS SELECT {0} FROM matched WHERE {1}",
        listed(columns),
        joined("AND", conditions, empty=TRUE),
    )
    return groups


def _binned(number: Sql, histogram: Histogram) -> Sql:
    """Where the bin begins that a number is in; the last bin includes its end."""
    bins = math.ceil((histogram.max - histogram.min) / histogram.interval * (1 - _ROUNDING))
    return filled(
        "CASE WHEN {0} BETWEEN {1} AND {2} "
        "THEN {1} + {3} * least(floor((CAST({0} AS DOUBLE) - {1}) / {3}), {4}) END",
        number,
        *(bound(float(each)) for each in (histogram.min, histogram.max, histogram.interval)),
        bound(float(max(bins - 1, 0))),
    )


def _or_missing(values: Values, rule: GroupBy) -> Sql:
    """The key, or the keys, else what is missing is counted under, if that has the same type."""
    missing = rule.missing
    several = values.kind is Kind.TEXTS
    key = filled("list_distinct({0})", values.sql) if several else values.sql
    if missing is None:
        return key
    instead = _NULL
    if isinstance(missing, str):
        if values.kind is not Kind.NUMBER and can_be_bound(missing):
            instead = bound(missing)
    elif values.kind is Kind.NUMBER:
        instead = bound(plain(missing))
    return filled("coalesce({0}, [{1}])" if several else "coalesce({0}, {1})", key, instead)
