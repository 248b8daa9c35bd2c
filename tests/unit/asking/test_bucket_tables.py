"""Buckets as tables."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_ddci.answers import Bucket
from pytest_ddci.asking.bucket_tables import buckets_table, is_empty
from pytest_ddci.asking.clauses import compute_of
from pytest_ddci.queries import AggregateRequest
from pytest_ddci.screen.canvas import Canvas
from pytest_ddci.screen.surface import Surface

CANVAS = Canvas(Surface(), str, 0)


def told(
    buckets: list[dict[str, Any]], computes: list[str], *facets: str, interval: str | None = None
) -> list[list[str]]:
    """Titles and rows."""
    request = AggregateRequest.of(
        {
            "compute": [compute_of(each, interval) for each in computes],
            "group_by": [{"facet": facet} for facet in facets],
        }
    )
    table = buckets_table([Bucket.of(each) for each in buckets], request, CANVAS)
    return [
        [column.title for column in table.columns],
        *([piece.text for piece in row] for row in table.rows),
    ]


def test_there_is_a_column_for_each_facet_and_each_compute() -> None:
    buckets = [
        {"by": {"@ci.status": "error", "@a": True}, "computes": {"c0": 3, "c1": 1.5e9}},
        {"by": {"@ci.status": "success"}, "computes": {"c0": 1_000, "c1": None}},
    ]
    assert told(buckets, ["count", "avg(@duration)"], "@ci.status", "@a") == [
        ["@ci.status", "@a", "count", "avg(@duration)"],
        ["error", "True", "3", "1.50 s"],
        ["success", "", "1000", ""],
    ]


@pytest.mark.parametrize(
    ("compute", "value", "shown"),
    [
        ("cardinality(@duration)", 12, "12"),
        ("avg(@tests.failed)", 1.25, "1.25"),
        ("delta(@duration)", -2e9, "-2.00 s"),
        ("most_frequent(@ci.job.name)", "a\x1b", r"a\x1b"),
        ("latest(@ci.queue_time)", 5_000_000, "5.0 ms"),
        ("max(@flag)", True, "True"),
    ],
)
def test_values_are_told_by_what_they_are(compute: str, value: object, shown: str) -> None:
    assert told([{"computes": {"c0": value}}], [compute])[1] == [shown]


def test_a_timeseries_has_a_row_for_each_time() -> None:
    points = [{"time": "2026-11-22T05:00:00.000Z", "value": 2}]
    more = [*points, {"time": "2026-11-22T04:00:00.000Z", "value": 1}]
    buckets = [{"by": {"@a": "x"}, "computes": {"c0": more, "c1": points}}]
    assert told(buckets, ["count", "sum(@b)"], "@a", interval="1h") == [
        ["@a", "time", "count", "sum(@b)"],
        ["x", "2026-11-22T04:00:00.000Z", "1", ""],
        ["x", "2026-11-22T05:00:00.000Z", "2", "2"],
    ]


@pytest.mark.parametrize(
    ("compute", "value", "empty"),
    [
        ("count", 0, True),
        ("count", 1, False),
        ("cardinality(@a)", 0, True),
        ("sum(@a)", 0, False),
        ("avg(@a)", None, True),
        ("count", [], True),
        ("count", [{"time": "t", "value": 1}], False),
    ],
)
def test_a_bucket_of_nothing_is_nothing(compute: str, value: object, empty: bool) -> None:  # noqa: FBT001 - a row of a table
    bucket = Bucket.of({"computes": {"c0": value}})
    assert is_empty(bucket, [compute_of(compute)]) is empty
