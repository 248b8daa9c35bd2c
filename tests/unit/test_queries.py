from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, get_args
from zoneinfo import ZoneInfo

import pytest
from datadog_api_client.v2.model.ci_app_aggregation_function import CIAppAggregationFunction
from datadog_api_client.v2.model.ci_app_pipeline_events_request import CIAppPipelineEventsRequest
from datadog_api_client.v2.model.ci_app_pipelines_aggregate_request import (
    CIAppPipelinesAggregateRequest,
)
from datadog_api_client.v2.model.ci_app_sort import CIAppSort
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_ddci.clock import SECOND
from pytest_ddci.errors import QueryError
from pytest_ddci.queries import (
    AggregateRequest,
    Aggregation,
    Compute,
    GroupBy,
    QueryFilter,
    QueryOptions,
    SearchRequest,
    Sort,
)
from tests.official_reads import there_and_back

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NOW = 1_800_000_000 * SECOND

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
times = st.sampled_from(["now", "now-15m", "now-1mo", "2026-01-01T00:00:00+01:00", "1688732708951"])
functions = st.sampled_from(get_args(Aggregation))
numbers = st.integers(-1_000, 1_000) | st.floats(-1e9, 1e9, allow_nan=False)


def some(**fields: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """Objects with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


filters = some(**{"from": times, "query": texts, "to": times})
options = some(timezone=st.sampled_from(["UTC", "GMT", "UTC+1", "America/New_York"])) | some(
    time_offset=st.integers(-86_399, 86_399)
)
searches = some(
    filter=filters,
    options=options,
    page=some(cursor=names, limit=st.integers(1, 1_000)),
    sort=st.sampled_from(get_args(Sort)),
)
computes = st.fixed_dictionaries(
    {"aggregation": functions, "metric": names},
    optional={
        "type": st.sampled_from(["total", "timeseries"]),
        "interval": st.sampled_from(["5m", "60000", "1d"]),
    },
)
groups = st.fixed_dictionaries(
    {"facet": names},
    optional={
        "limit": st.integers(1, 2**40),
        "sort": st.fixed_dictionaries(
            {"type": st.sampled_from(["alphabetical", "measure"]), "aggregation": functions},
            optional={"order": st.sampled_from(["asc", "desc"])},
        ).map(lambda sort: {**sort, "metric": "@duration"}),
        "histogram": st.integers(1, 100).map(
            lambda bins: {"interval": 2, "min": 1, "max": 1 + 2 * bins}
        ),
        "missing": texts | numbers,
        "total": st.booleans() | texts | numbers,
    },
)
aggregates = some(
    compute=st.lists(computes, max_size=3),
    filter=filters,
    group_by=st.lists(groups, max_size=3),
    options=options,
)


@given(searches)
def test_a_search_says_what_was_set_and_no_more_and_the_official_client_agrees(
    body: dict[str, Any],
) -> None:
    request = SearchRequest.from_wire(json.dumps(body))
    assert request.body() == body == there_and_back(body, CIAppPipelineEventsRequest)
    assert SearchRequest.of(request.body()) == request


@given(aggregates)
def test_an_aggregate_says_what_was_set_and_no_more_and_the_official_client_agrees(
    body: dict[str, Any],
) -> None:
    request = AggregateRequest.from_wire(json.dumps(body))
    assert request.body() == body == there_and_back(body, CIAppPipelinesAggregateRequest)
    assert AggregateRequest.of(request.body()) == request


def test_the_words_are_those_of_the_official_client() -> None:
    assert set(get_args(Aggregation)) == CIAppAggregationFunction.allowed_values
    assert set(get_args(Sort)) == CIAppSort.allowed_values


def test_the_defaults_are_those_of_the_documentation() -> None:
    request = SearchRequest.from_wire(b"")
    assert (request.filter.query, request.filter.from_, request.filter.to) == (
        "*",
        "now-15m",
        "now",
    )
    assert (request.options.timezone, request.page.limit, request.sort) == ("UTC", 10, None)
    assert Compute(aggregation="count").type == "total"
    group = GroupBy(facet="@ci.status")
    assert (group.limit, group.sort.type, group.total, group.missing) == (
        10,
        "alphabetical",
        False,
        None,
    )
    assert request.body() == {}


def test_null_is_the_same_as_absent() -> None:
    body = {"filter": None, "page": {"cursor": None, "limit": 5}, "sort": None}
    assert SearchRequest.of(body) == SearchRequest.of({"page": {"limit": 5}})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"filter": {"from": "yesterday"}},
            "Field 'filter.from' is invalid: 'yesterday' is no time",
        ),
        (
            {"filter": {"from": "now/d"}},
            "Field 'filter.from' is invalid: 'now/d': times are not rounded",
        ),
        (
            {"filter": {"to": 1.5}},
            "Field 'filter.to' is invalid: Input should be a valid string, not 1.5",
        ),
        ({"filter": {"to": True}}, "Field 'filter.to' is invalid: bool is no time"),
        (
            {"filter": {"query": 5}},
            "Field 'filter.query' is invalid: Input should be a valid string",
        ),
        ({"filter": {"form": "now"}}, "Field 'filter.form' is invalid: there is no such field"),
        ({"filter": "*"}, "Field 'filter' is invalid: Input should be a valid dictionary"),
        (
            {"page": {"limit": 0}},
            "Field 'page.limit' is invalid: Input should be greater than or equal to 1, not 0",
        ),
        ({"page": {"limit": 1001}}, "less than or equal to 1000, not 1001"),
        (
            {"page": {"limit": "25"}},
            "Field 'page.limit' is invalid: Input should be a valid integer, not '25'",
        ),
        (
            {"page": {"limit": True}},
            "Field 'page.limit' is invalid: Input should be a valid integer, not True",
        ),
        ({"page": {"limit": 10**30}}, "not a very large number"),
        ({"page": {"cursor": ""}}, "Field 'page.cursor' is invalid"),
        (
            {"sort": "time"},
            "Field 'sort' is invalid: Input should be 'timestamp' or '-timestamp', not 'time'",
        ),
        (
            {"options": {"timezone": "Mars"}},
            "Field 'options.timezone' is invalid: 'Mars' is no time zone",
        ),
        ({"options": {"time_offset": 86_400}}, "Field 'options.time_offset' is invalid"),
        (
            {"options": {"timezone": "UTC", "time_offset": 0}},
            "Field 'options' is invalid: timezone or time_offset, not both",
        ),
        (
            [],
            "instance of SearchRequest, not an array",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_search_is_said_about_its_field(body: object, error: str) -> None:
    with pytest.raises(QueryError) as caught:
        SearchRequest.of(body)
    [said] = caught.value.errors
    assert error in said


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"compute": [{"aggregation": "p95"}]},
            "Field 'compute[0].aggregation' is invalid: Input should be 'count', 'cardinality'",
        ),
        ({"compute": [{}]}, "Field 'compute[0].aggregation' is invalid: Field required"),
        ({"compute": {"aggregation": "count"}}, "Field 'compute' is invalid"),
        (
            {"compute": [{"aggregation": "count"}, {"aggregation": "avg"}]},
            "Field 'compute[1].metric' is invalid: avg needs a metric, such as @duration",
        ),
        ({"compute": [{"aggregation": "count", "type": "sum"}]}, "Field 'compute[0].type'"),
        (
            {"compute": [{"aggregation": "count", "interval": "5 parsecs"}]},
            "Field 'compute[0].interval' is invalid: '5 parsecs' is no duration",
        ),
        ({"compute": [{"aggregation": "count", "interval": 0}]}, "0 is no interval"),
        ({"compute": [{"aggregation": "count", "interval": []}]}, "Field 'compute[0].interval'"),
        ({"group_by": [{}]}, "Field 'group_by[0].facet' is invalid: Field required"),
        ({"group_by": [{"facet": ""}]}, "Field 'group_by[0].facet' is invalid"),
        ({"group_by": [{"facet": "a", "limit": 0}]}, "Field 'group_by[0].limit' is invalid"),
        ({"group_by": [{"facet": "a", "limit": 2**63}]}, "Field 'group_by[0].limit' is invalid"),
        (
            {"group_by": [{"facet": "a", "limt": 5}]},
            "Field 'group_by[0].limt' is invalid: there is no",
        ),
        (
            {"group_by": [{"facet": "a", "missing": True}]},
            "Field 'group_by[0].missing' is invalid: a text or a number is needed, not True",
        ),
        (
            {"group_by": [{"facet": "a", "total": {}}]},
            "Field 'group_by[0].total' is invalid: a text or a number is needed, not an object",
        ),
        ({"group_by": [{"facet": "a", "total": float("nan")}]}, "a finite number is needed"),
        (
            {"group_by": [{"facet": "a", "sort": {"type": "measure"}}]},
            "Field 'group_by[0].sort.aggregation' is invalid: a measure needs an aggregation",
        ),
        (
            {"group_by": [{"facet": "a", "sort": {"type": "measure", "aggregation": "sum"}}]},
            "Field 'group_by[0].sort.metric' is invalid: sum needs a metric",
        ),
        ({"group_by": [{"facet": "a", "sort": {"order": "up"}}]}, "Field 'group_by[0].sort.order'"),
        (
            {"group_by": [{"facet": "a", "histogram": {"interval": 1, "min": 0, "max": 101}}]},
            "Field 'group_by[0].histogram.max' is invalid: 101 bins: at most 100 are allowed",
        ),
        (
            {"group_by": [{"facet": "a", "histogram": {"interval": 1, "min": 5, "max": 5}}]},
            "Field 'group_by[0].histogram.max' is invalid: greater than min is needed, not 5",
        ),
        (
            {"group_by": [{"facet": "a", "histogram": {"interval": 0, "min": 0, "max": 5}}]},
            "Field 'group_by[0].histogram.interval' is invalid",
        ),
        (
            {
                "group_by": [
                    {"facet": "a", "histogram": {"interval": float("inf"), "min": 0, "max": 1}}
                ]
            },
            "Field 'group_by[0].histogram.interval' is invalid",
        ),
        ({"group_by": [{"facet": "\ud800"}]}, "Field 'group_by[0].facet' is invalid"),
        ({"page": {"cursor": "x"}}, "Field 'page' is invalid: there is no such field"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_what_is_wrong_with_an_aggregate_is_said_about_its_field(body: object, error: str) -> None:
    with pytest.raises(QueryError) as caught:
        AggregateRequest.of(body)
    [said] = caught.value.errors
    assert error in said


def test_every_wrong_field_is_told_but_not_without_end() -> None:
    with pytest.raises(QueryError) as caught:
        SearchRequest.of({"sort": "x", "page": {"limit": 0}, "filter": {"from": ""}})
    assert len(caught.value.errors) == 3
    assert str(caught.value).count("; ") == 2
    with pytest.raises(QueryError) as caught:
        AggregateRequest.of({"compute": [{}] * 1_000})
    assert len(caught.value.errors) == 20


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"sort":"\\ud800"}', b"[" * 100_000, b'{"a":1}x', b"null\x00"],
    ids=lambda body: ascii(body)[:20],
)
def test_a_body_that_is_no_json_is_a_query_error(body: bytes) -> None:
    with pytest.raises(QueryError, match="the body is no JSON"):
        SearchRequest.from_wire(body)


@pytest.mark.parametrize("body", [b"null", b"5", b'"*"', b"[]"])
def test_a_body_that_is_no_object_is_a_query_error(body: bytes) -> None:
    with pytest.raises(QueryError, match="The request: Input should be"):
        AggregateRequest.from_wire(body)


def test_a_histogram_has_a_hundred_bins_despite_binary_fractions() -> None:
    histogram = {"interval": 0.003, "min": 0.1, "max": 0.4}
    group = GroupBy.of({"facet": "@a", "histogram": histogram})
    assert group.body()["histogram"] == histogram


def test_models_can_be_written_in_python_and_do_not_change() -> None:
    request = AggregateRequest(
        compute=[Compute(aggregation="pc95", metric="@duration", interval=60_000)],
        filter=QueryFilter(from_=1_688_732_708_951, query="@ci.status:error"),
        group_by=[GroupBy(facet="@ci.status", total="all")],
    )
    assert request.body() == {
        "compute": [{"aggregation": "pc95", "metric": "@duration", "interval": "60000"}],
        "filter": {"from": "1688732708951", "query": "@ci.status:error"},
        "group_by": [{"facet": "@ci.status", "total": "all"}],
    }
    with pytest.raises(ValidationError, match="frozen"):
        request.compute = ()  # type: ignore[misc] # that is the point


def test_a_time_may_be_an_aware_datetime() -> None:
    when = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert QueryFilter.of({"from": when}).from_ == "2026-01-01T11:00:00.000000Z"
    with pytest.raises(QueryError, match="a time without a time zone"):
        QueryFilter.of({"from": when.replace(tzinfo=None)})


def test_a_filter_knows_its_window() -> None:
    assert QueryFilter().window(NOW) == (NOW - 900 * SECOND, NOW)
    with pytest.raises(QueryError, match="ends before it begins"):
        QueryFilter.of({"from": "now", "to": "now-1d"}).window(NOW)


def test_options_know_their_zone() -> None:
    assert QueryOptions().zone == timezone.utc
    assert QueryOptions.of({"timezone": "Europe/Paris"}).zone == ZoneInfo("Europe/Paris")
    assert QueryOptions.of({"time_offset": -5_400}).zone == timezone(-timedelta(minutes=90))


def test_only_times_that_move_are_made_absolute() -> None:
    body = {
        "filter": {"query": "a", "from": "now-1h", "to": "2030-01-01T00:00Z"},
        "sort": "timestamp",
    }
    assert SearchRequest.of(body).absolute(NOW).body() == {
        "filter": {"query": "a", "from": "2027-01-15T07:00:00.000Z", "to": "2030-01-01T00:00Z"},
        "sort": "timestamp",
    }


def test_a_page_is_the_same_request_with_a_cursor() -> None:
    request = SearchRequest.of({"page": {"limit": 7}, "sort": "timestamp"})
    assert request.at("next").body() == {**request.body(), "page": {"limit": 7, "cursor": "next"}}
    assert request.at(None).body() == request.body()


@given(
    some(
        filter=filters,
        page=some(cursor=names, limit=st.integers(1, 1_000)),
        sort=st.just("timestamp"),
    )
)
def test_parameters_of_a_get_say_the_same_as_a_body(body: dict[str, Any]) -> None:
    request = SearchRequest.of(body)
    again = SearchRequest.from_parameters(request.parameters())
    assert again.model_dump() == request.model_dump()


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"page[limit]": "1001"}, "Field 'page[limit]' is invalid"),
        ({"page[limit]": "ten"}, "Field 'page[limit]' is invalid: Input should be a valid integer"),
        ({"page[limit]": "1" * 40}, "Field 'page[limit]' is invalid"),
        ({"page[limit]": "-1"}, "Field 'page[limit]' is invalid"),
        ({"filter[from]": "soon"}, "Field 'filter[from]' is invalid: 'soon' is no time"),
        ({"sort": "up"}, "Field 'sort' is invalid"),
        ({"filter[form]": "now"}, "Parameter 'filter[form]' is not known: expected filter[query]"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named_as_it_was_written(
    parameters: dict[str, str], error: str
) -> None:
    with pytest.raises(QueryError) as caught:
        SearchRequest.from_parameters(parameters)
    [said] = caught.value.errors
    assert error in said
