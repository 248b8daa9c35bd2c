"""Buckets as tables: a column for each facet, and one for each thing computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.screen import amounts
from pytest_ddci.screen.ink import Piece
from pytest_ddci.screen.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_ddci.answers import Bucket
    from pytest_ddci.queries import AggregateRequest, Compute
    from pytest_ddci.screen.canvas import Canvas

_IN_NANOSECONDS = frozenset({"@duration", "@ci.queue_time", "duration", "ci.queue_time"})
_NO_AMOUNTS = frozenset({"count", "cardinality"})


def buckets_table(buckets: Sequence[Bucket], request: AggregateRequest, canvas: Canvas) -> Table:
    """The buckets in their order, of a timeseries a row for each time."""
    facets = [each.facet for each in request.group_by]
    labels = [_label(each) for each in request.compute]
    series = any(each.type == "timeseries" for each in request.compute)
    columns = [Column(canvas.text(each), folds=True) for each in facets]
    columns += [Column("time")] if series else []
    columns += [Column(canvas.text(each), right=True) for each in labels]
    rows = []
    for bucket in buckets:
        by = [Piece(canvas.text(bucket.by.get(facet, ""))) for facet in facets]
        rows += [[*by, *cells] for cells in _cells(bucket, request.compute, canvas, series=series)]
    return Table(columns, rows)


def is_empty(bucket: Bucket, computes: Sequence[Compute]) -> bool:
    """Whether nothing was found: counts of zero, no points, no values."""
    for place, compute in enumerate(computes):
        value = bucket.computes.get(f"c{place}")
        nothing = value is None or value == ()
        if not nothing and not (compute.aggregation in _NO_AMOUNTS and value == 0):
            return False
    return True


def _label(compute: Compute) -> str:
    return f"{compute.aggregation}({compute.metric})" if compute.metric else compute.aggregation


def _cells(
    bucket: Bucket, computes: Sequence[Compute], canvas: Canvas, *, series: bool
) -> Iterator[list[Piece]]:
    values = [bucket.computes.get(f"c{place}") for place in range(len(computes))]
    if not series:
        yield [_cell(value, each, canvas) for value, each in zip(values, computes, strict=True)]
        return
    points = [
        {point.time: point.value for point in value} if isinstance(value, tuple) else {}
        for value in values
    ]
    for time in sorted({time for each in points for time in each if time}):
        yield [
            Piece(canvas.text(time), "faint"),
            *(
                _cell(found.get(time), each, canvas)
                for found, each in zip(points, computes, strict=True)
            ),
        ]


def _cell(value: object, compute: Compute, canvas: Canvas) -> Piece:
    if value is None:
        return Piece("")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Piece(canvas.text(value))
    if compute.metric in _IN_NANOSECONDS and compute.aggregation not in _NO_AMOUNTS:
        return Piece(amounts.duration(value) if value >= 0 else f"-{amounts.duration(-value)}")
    return Piece(amounts.number(value))
