"""Aggregation: buckets of computed values, as the API answers them.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/#aggregate-pipelines-events.
Values are called `c0`, `c1`, ... in the order of the request, groups by their facets as these were
sent. A timeseries has points where it has values, as on Datadog. Where nothing matches, there are
no groups; without groups there is the one bucket.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

from pytest_ddci import moments
from pytest_ddci.errors import QueryError
from pytest_ddci.local.buckets import LONGEST, Buckets, default_interval
from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.documents import plain
from pytest_ddci.local.groups import keyed
from pytest_ddci.local.measures import measure
from pytest_ddci.local.ranking import ranked
from pytest_ddci.local.readings import Readings
from pytest_ddci.local.sql import filled, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_ddci.local.catalogue import Catalogue
    from pytest_ddci.local.database import Database
    from pytest_ddci.local.groups import Group
    from pytest_ddci.local.readings import Values
    from pytest_ddci.queries import AggregateRequest, Compute

    Ranks = tuple[float, ...]
    """A bucket's place: the rank of each of its groups; a total comes last."""

FACETS = 8
"""Facets to group by at most. Ours: what an answer costs doubles with each that has a total."""


def aggregate(
    database: Database,
    catalogue: Catalogue,
    wanted: Sql,
    window: tuple[int, int],
    request: AggregateRequest,
) -> list[dict[str, Any]]:
    """The buckets of an answer, in order.

    Args:
        database: with the view `events`.
        catalogue: knows the columns of facets and metrics.
        wanted: what the events must be.
        window: the times that were asked for, in nanoseconds since the epoch.
        request: what is asked; of its filter nothing is used here.

    Raises:
        QueryError: it groups by too many facets, or by one of them twice, or an interval of it
            is too long.
    """
    rules = request.group_by
    if len(rules) > FACETS:
        raise QueryError(f"Field 'group_by' is invalid: {len(rules)} facets; {FACETS} are allowed")
    if len({rule.facet for rule in rules}) < len(rules):
        raise QueryError("Field 'group_by' is invalid: it has the same facet twice")
    intervals = _intervals(request.compute, window)
    readings = Readings(catalogue, _names(request)).read(database, wanted)
    groups = keyed(database, rules, readings)
    [(first, last)] = database.run('SELECT min("time"), max("time") FROM keyed')
    if first is None and groups:
        return []
    series = {
        interval: Buckets(interval, request.options.zone, first or 0, last or 0)
        for interval in intervals.values()
    }
    found: dict[Ranks, dict[str, Any]] = {}
    ways = ((True,) if group.total is None else (True, False) for group in groups)
    for kept in product(*ways):
        cells = _Cells(database, readings, groups, kept)
        found |= _buckets(cells, request.compute, intervals, series)
    return [found[ranks] for ranks in sorted(found)]


class _Cells:
    """Computes values of groups; those that are not kept make way for their total."""

    def __init__(
        self,
        database: Database,
        readings: Mapping[str, Values],
        groups: Sequence[Group],
        kept: Sequence[bool],
    ) -> None:
        self._database = database
        self._readings = readings
        self._groups = list(zip(groups, kept, strict=True))
        self._active = [group for group, keep in self._groups if keep]
        self._rows = ranked(database, self._active, readings)

    def compute(
        self, computes: Sequence[Compute], bucket: Sql | None = None
    ) -> Iterator[tuple[Ranks, dict[str, Any], int, tuple[Any, ...]]]:
        """Ranks and keys of each group, a bucket of time in it, and the values there.

        Args:
            computes: what to compute.
            bucket: the bucket of an event, for a timeseries.
        """
        count = len(self._active)
        names = [Sql(f"r{place}") for place in range(count)]
        names += [group.column for group in self._active]
        values = [
            measure(each.aggregation, None if each.metric is None else self._readings[each.metric])
            for each in computes
        ]
        rows = self._database.run(
            # The count makes it an aggregation also where there is nothing else.
            "SELECT {0} FROM {1} {2}",
            listed([*names, filled("{0} AS bucket", bucket or Sql("0")), *values, Sql("count(*)")]),
            self._rows,
            self._grouped(names if bucket is None else [*names, Sql("bucket")]),
        )
        for row in rows:
            place, by = self._named(row[:count], row[count : 2 * count])
            yield place, by, row[2 * count], row[2 * count + 1 : -1]

    @staticmethod
    def _grouped(names: Sequence[Sql]) -> Sql:
        return filled("GROUP BY {0}", listed(names)) if names else Sql("")

    def _named(self, ranks: tuple[int, ...], keys: tuple[Any, ...]) -> tuple[Ranks, dict[str, Any]]:
        place: list[float] = []
        by = {}
        found = iter(zip(ranks, keys, strict=True))
        for group, keep in self._groups:
            rank, key = next(found) if keep else (math.inf, None)
            place.append(rank)
            by[group.rule.facet] = group.key(key) if keep else group.total
        return tuple(place), by


def _buckets(
    cells: _Cells,
    computes: Sequence[Compute],
    intervals: Mapping[int, int],
    series: Mapping[int, Buckets],
) -> dict[Ranks, dict[str, Any]]:
    """Buckets by their places: one value for each total, a list of points for each timeseries."""
    totals = [place for place in range(len(computes)) if place not in intervals]
    found = {}
    for ranks, by, _, values in cells.compute([computes[place] for place in totals]):
        made: dict[str, Any] = {f"c{place}": [] for place in range(len(computes))}
        made |= {f"c{place}": _value(value) for place, value in zip(totals, values, strict=True)}
        found[ranks] = {"by": by, "computes": made}
    for interval, buckets in series.items():
        places = [place for place in intervals if intervals[place] == interval]
        cell = cells.compute([computes[place] for place in places], buckets.sql)
        for ranks, _, bucket, values in sorted(cell, key=lambda each: each[2]):
            for place, value in zip(places, values, strict=True):
                if _value(value) is not None:
                    point = {"time": buckets.time(bucket), "value": _value(value)}
                    found[ranks]["computes"][f"c{place}"].append(point)
    return found


def _names(request: AggregateRequest) -> list[str]:
    """All facets and metrics, each once."""
    names = [rule.facet for rule in request.group_by]
    names += [each.metric for each in request.compute if each.metric is not None]
    sorts = (rule.sort for rule in request.group_by)
    names += [sort.metric for sort in sorts if sort.type == "measure" and sort.metric is not None]
    return list(dict.fromkeys(names))


def _intervals(computes: Sequence[Compute], window: tuple[int, int]) -> dict[int, int]:
    """The intervals of timeseries, in nanoseconds, by their places among the computes."""
    found = {}
    for place, compute in enumerate(computes):
        if compute.type != "timeseries":
            continue
        asked = compute.interval
        found[place] = default_interval(*window) if asked is None else moments.interval_ns(asked)
        if found[place] > LONGEST:
            raise QueryError(f"Field 'compute[{place}].interval' is invalid: at most 500w")
    return found


def _value(value: Any) -> Any:  # noqa: ANN401 - a text, a number, or null
    """A value as JSON has it."""
    if isinstance(value, float):
        return plain(value) if math.isfinite(value) else None
    return value
