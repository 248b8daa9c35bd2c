"""What the command line says about aggregations."""

from __future__ import annotations

import pytest

from pytest_ddci.asking.clauses import AUTO, compute_of, groups_of, listed, sort_of
from pytest_ddci.errors import ConfigError
from pytest_ddci.queries import Compute, GroupSort

COUNT = Compute(aggregation="count")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("count", {"aggregation": "count"}),
        (" avg(@duration) ", {"aggregation": "avg", "metric": "@duration"}),
        ("pc95( @tests.failed )", {"aggregation": "pc95", "metric": "@tests.failed"}),
        ("count(@a)", {"aggregation": "count", "metric": "@a"}),
        ("count()", {"aggregation": "count"}),
    ],
)
def test_a_compute_is_a_function_perhaps_of_a_metric(text: str, body: dict[str, str]) -> None:
    assert compute_of(text).body() == body


@pytest.mark.parametrize(
    "text", ["", "avg", "p95(@duration)", "avg(", "avg(@a) x", "1+1", "avg(@a"]
)
def test_anything_else_is_refused_with_its_flag(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--compute "):
        compute_of(text)


def test_an_interval_makes_a_timeseries() -> None:
    assert compute_of("count", "1h").body() == {
        "aggregation": "count",
        "type": "timeseries",
        "interval": "1h",
    }
    assert compute_of("count", AUTO).body() == {"aggregation": "count", "type": "timeseries"}


def test_a_wrong_interval_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"soon. is no duration"):
        compute_of("count", "soon")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("name", {"type": "alphabetical", "order": "asc"}),
        ("name:desc", {"type": "alphabetical", "order": "desc"}),
        ("count", {"type": "measure", "aggregation": "count", "order": "desc"}),
        ("count:asc", {"type": "measure", "aggregation": "count", "order": "asc"}),
        (
            "avg(@a:b):asc",
            {"type": "measure", "aggregation": "avg", "metric": "@a:b", "order": "asc"},
        ),
        ("sum(@a:b)", {"type": "measure", "aggregation": "sum", "metric": "@a:b", "order": "desc"}),
    ],
)
def test_groups_are_sorted_by_name_or_measure(text: str, body: dict[str, str]) -> None:
    assert sort_of(text, [COUNT]).body() == body


@pytest.mark.parametrize("text", ["count:up", "avg", ":asc", "p95(@a):desc"])
def test_another_order_is_refused_with_its_flag(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--sort "):
        sort_of(text, [COUNT])


def test_by_default_the_greatest_of_the_first_compute_come_first() -> None:
    computes = [Compute(aggregation="pc95", metric="@duration"), COUNT]
    assert sort_of(None, computes) == GroupSort(
        type="measure", aggregation="pc95", metric="@duration", order="desc"
    )


@pytest.mark.parametrize("function", ["latest", "earliest", "most_frequent"])
def test_what_has_no_greatest_is_sorted_by_count(function: str) -> None:
    found = sort_of(None, [compute_of(f"{function}(@a)")])
    assert (found.aggregation, found.metric, found.order) == ("count", None, "desc")


def test_each_facet_has_its_groups() -> None:
    first, second = groups_of(["@a", "@b"], 3, GroupSort())
    assert (first.facet, second.facet, first.limit, second.limit) == ("@a", "@b", 3, 3)


def test_items_are_repeated_or_have_commas() -> None:
    assert listed(["@a, @b", "@c", ","]) == ["@a", "@b", "@c"]
