"""Measures: the functions of an aggregation, as SQL over the events of a bucket.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/, `CIAppAggregationFunction`.
What the API leaves open:

* percentiles and the median interpolate between the two nearest values, as numpy does;
* of what has no number, and of nothing at all, every function gives null but `count` and
  `cardinality`, which give 0;
* `count` with a metric counts the events that have it;
* `cardinality`, `most_frequent`, `latest` and `earliest` take texts too; of values that are equally
  frequent, `most_frequent` gives the first one in order; of several texts of one event each
  counts, and its latest and earliest is the first;
* `delta` is the latest value less the earliest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.local.catalogue import Kind, Sql
from pytest_ddci.local.sql import filled

if TYPE_CHECKING:
    from pytest_ddci.local.readings import Values

_ORDER = '("time", tie)'
_LATEST, _EARLIEST = f"arg_max({{0}}, {_ORDER})", f"arg_min({{0}}, {_ORDER})"
_ITEMS = "flatten(list({0}) FILTER ({0} IS NOT NULL))"


def _most_frequent(counts: str) -> str:
    """Of a map of values and how often there are: the first value of those that are most often."""
    counted = "[{{'count': -CAST(e.value AS BIGINT), 'value': e.key}} FOR e IN map_entries(counts)]"
    return f"list_sort({counted.replace('counts', counts)})[1].value"


_OF_TEXTS = {
    "count": "count({0})",
    "cardinality": "count(DISTINCT {0})",
    "latest": _LATEST,
    "earliest": _EARLIEST,
    "most_frequent": _most_frequent("histogram({0})"),
}
_OF_FRACTIONS = {
    **_OF_TEXTS,
    "pc75": "quantile_cont({0}, 0.75)",
    "pc90": "quantile_cont({0}, 0.9)",
    "pc95": "quantile_cont({0}, 0.95)",
    "pc98": "quantile_cont({0}, 0.98)",
    "pc99": "quantile_cont({0}, 0.99)",
    "median": "quantile_cont({0}, 0.5)",
    "min": "min({0})",
    "max": "max({0})",
    "delta": f"({_LATEST} - {_EARLIEST})",
    # Without the errors that add up.
    "sum": "fsum({0})",
    "avg": "favg({0})",
}
_OF_WHOLE = {
    **_OF_FRACTIONS,
    # Exact, whatever they add up to.
    "sum": "sum(CAST({0} AS HUGEINT))",
    "avg": "avg({0})",
}
_OF_LISTS = {
    "count": "count({0})",
    "cardinality": f"coalesce(len(list_distinct({_ITEMS})), 0)",
    "latest": _LATEST.replace("{0}", "({0})[1]"),
    "earliest": _EARLIEST.replace("{0}", "({0})[1]"),
    "most_frequent": _most_frequent(f"list_aggregate({_ITEMS}, 'histogram')"),
}


def measure(function: str, metric: Values | None) -> Sql:
    """A function as an aggregate over the table that its metric was read into.

    Args:
        function: one of the API's sixteen.
        metric: what it is computed of; None only with `count`.
    """
    if metric is None:
        return Sql("count(*)")
    functions = _OF_LISTS if metric.kind is Kind.TEXTS else _OF_TEXTS
    if metric.kind is Kind.NUMBER:
        functions = _OF_WHOLE if metric.whole else _OF_FRACTIONS
    return filled(functions.get(function, "CAST(NULL AS DOUBLE)"), metric.sql)
