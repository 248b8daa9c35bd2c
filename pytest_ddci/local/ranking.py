"""Ranking: which groups an answer has, and in which order.

Groups are nested, as on Datadog's pages: of the first facet as many as its limit, within each of
them as many of the second, and so on, each ranked by its key or by a measure of all its events.
Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/, `CIAppAggregateSort`; its
order is open: keys ascend and measures descend by default, and equal measures go by their keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.measures import measure
from pytest_ddci.local.sql import bound, filled, joined, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ddci.local.database import Database
    from pytest_ddci.local.groups import Group
    from pytest_ddci.local.readings import Values
    from pytest_ddci.queries import GroupSort

_ORDERS = {"asc": Sql("ASC NULLS LAST"), "desc": Sql("DESC NULLS LAST")}


def ranked(database: Database, groups: Sequence[Group], readings: Mapping[str, Values]) -> Sql:
    """What to select the events of the groups from that the answer has.

    Its columns are those of `keyed`, and `r0`, `r1`, ...: the rank of each group among the groups
    beside it, from 1. An event is there for each combination of its keys.

    Args:
        database: with the table `keyed`.
        groups: by what to group.
        readings: what the metrics yield that groups are ranked by.
    """
    for depth, group in enumerate(groups):
        ranks = _ranks(depth)
        names = listed([*ranks, *(each.column for each in groups[: depth + 1])])
        rank = filled(
            "row_number() OVER ({0} ORDER BY {1})",
            filled("PARTITION BY {0}", listed(ranks)) if ranks else Sql(""),
            _order(group),
        )
        database.run(
            "CREATE OR REPLACE TEMP TABLE {0} AS SELECT *, {1} AS {2} FROM "
            "(SELECT {3}, {4} AS m FROM {5} GROUP BY {3}) QUALIFY {2} <= {6}",
            Sql(f"top{depth}"),
            rank,
            Sql(f"r{depth}"),
            names,
            _measure(group.rule.sort, readings),
            _within(_each_key(groups[: depth + 1]), groups[:depth]),
            bound(group.rule.limit),
        )
    return _within(_each_key(groups), groups)


def _each_key(groups: Sequence[Group]) -> Sql:
    """The table `keyed` with a row for each combination of an event's keys."""
    rows = Sql("keyed")
    for group in groups:
        if group.several:
            unnested = "(SELECT * EXCLUDE ({0}), unnest({0}) AS {0} FROM {1})"
            rows = filled(unnested, group.column, rows)
    return rows


def _within(rows: Sql, groups: Sequence[Group]) -> Sql:
    """Those of the rows that are in groups which have been ranked, with their ranks."""
    if not groups:
        return rows
    same = "e.{0} IS NOT DISTINCT FROM t.{0}"
    return filled(
        "(SELECT e.*, {0} FROM {1} e JOIN {2} t ON {3})",
        listed([filled("t.{0}", rank) for rank in _ranks(len(groups))]),
        rows,
        Sql(f"top{len(groups) - 1}"),
        joined("AND", (filled(same, group.column) for group in groups)),
    )


def _ranks(count: int) -> list[Sql]:
    return [Sql(f"r{place}") for place in range(count)]


def _measure(sort: GroupSort, readings: Mapping[str, Values]) -> Sql:
    if sort.type != "measure":
        return Sql("NULL")
    metric = None if sort.metric is None else readings[sort.metric]
    return measure(str(sort.aggregation), metric)


def _order(group: Group) -> Sql:
    sort = group.rule.sort
    if sort.type == "measure":
        return filled("m {0}, {1} ASC NULLS LAST", _ORDERS[sort.order or "desc"], group.column)
    return filled("{0} {1}", group.column, _ORDERS[sort.order or "asc"])
