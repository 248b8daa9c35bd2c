from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_ddci.client import Client
from pytest_ddci.errors import ClientError, ConfigError, QueryError
from pytest_ddci.queries import Compute, GroupBy
from tests.fakes import FakeClock
from tests.read_api import API_KEY, APP_KEY, JOB, ReadApi, events

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.answers import EventsAnswer

URL = "https://api.example"
WINDOW = {"query": "*", "from": "now-15m", "to": "now"}


def make(api: httpx.BaseTransport, **options: Any) -> Client:  # noqa: ANN401 - as Client takes
    options.setdefault("clock", FakeClock())
    return Client(API_KEY, APP_KEY, url=URL, transport=api, jitter=lambda: 1.0, **options)


def test_a_list_is_a_get_with_the_documented_parameters() -> None:
    api = ReadApi(events("a", after="next"))
    answer = make(api).list_events(
        "@ci.status:error", "now-1h", 1_688_732_708_951, sort="timestamp", limit=5, cursor="here"
    )
    [request] = api.requests
    assert (request.method, request.url.path) == ("GET", "/api/v2/ci/pipelines/events")
    assert dict(request.url.params) == {
        "filter[query]": "@ci.status:error",
        "filter[from]": "now-1h",
        "filter[to]": "1688732708951",
        "sort": "timestamp",
        "page[cursor]": "here",
        "page[limit]": "5",
    }
    assert b"filter%5Bquery%5D=" in request.url.query
    assert request.content == b""
    assert answer.data[0].id == "a"
    assert answer.cursor == "next"


def test_a_search_is_a_post_with_the_documented_body() -> None:
    api = ReadApi()
    make(api).search_events(
        "x", "now-1d", sort="-timestamp", limit=7, cursor="c", timezone="Europe/Paris"
    )
    [request] = api.requests
    assert (request.method, request.url.path) == ("POST", "/api/v2/ci/pipelines/events/search")
    assert request.headers["Content-Type"] == "application/json"
    assert api.bodies == [
        {
            "filter": {"query": "x", "from": "now-1d", "to": "now"},
            "options": {"timezone": "Europe/Paris"},
            "page": {"limit": 7, "cursor": "c"},
            "sort": "-timestamp",
        }
    ]


def test_the_defaults_are_those_of_the_api() -> None:
    api = ReadApi()
    make(api).search_events()
    make(api).list_events()
    search, listed = api.requests
    assert json.loads(search.content) == {"filter": WINDOW, "page": {"limit": 10}}
    assert dict(listed.url.params) == {
        "filter[query]": "*",
        "filter[from]": "now-15m",
        "filter[to]": "now",
        "page[limit]": "10",
    }


def test_times_may_be_datetimes() -> None:
    api = ReadApi()
    make(api).search_events("*", datetime(2026, 1, 1, tzinfo=timezone.utc), time_offset=3_600)
    assert api.bodies[0]["filter"]["from"] == "2026-01-01T00:00:00.000000Z"
    assert api.bodies[0]["options"] == {"time_offset": 3_600}


@pytest.mark.parametrize(
    ("compute", "sent"),
    [
        ("count", [{"aggregation": "count"}]),
        (
            Compute(aggregation="pc95", metric="@duration"),
            [{"aggregation": "pc95", "metric": "@duration"}],
        ),
        (
            ["count", {"aggregation": "avg", "metric": "@duration", "type": "timeseries"}],
            [
                {"aggregation": "count"},
                {"aggregation": "avg", "metric": "@duration", "type": "timeseries"},
            ],
        ),
    ],
    ids=["name", "model", "many"],
)
@pytest.mark.parametrize(
    ("group_by", "groups"),
    [
        ((), None),
        ("@ci.status", [{"facet": "@ci.status"}]),
        (
            [GroupBy(facet="@ci.status", limit=3), "env", {"facet": "service", "total": True}],
            [
                {"facet": "@ci.status", "limit": 3},
                {"facet": "env"},
                {"facet": "service", "total": True},
            ],
        ),
    ],
    ids=["none", "one", "many"],
)
def test_what_to_compute_and_group_by_may_be_written_in_many_ways(
    compute: Any,  # noqa: ANN401 - as aggregate takes
    sent: list[object],
    group_by: Any,  # noqa: ANN401 - as aggregate takes
    groups: list[object] | None,
) -> None:
    api = ReadApi(httpx.Response(200, json={"data": {"buckets": [{"computes": {"c0": 5}}]}}))
    answer = make(api).aggregate(compute, group_by=group_by)
    [request] = api.requests
    assert request.url.path == "/api/v2/ci/pipelines/analytics/aggregate"
    expected = {"compute": sent, "filter": WINDOW, "group_by": groups}
    assert api.bodies == [{name: value for name, value in expected.items() if value is not None}]
    assert answer.buckets[0].computes == {"c0": 5}


def test_both_keys_go_into_headers_and_nowhere_else() -> None:
    api = ReadApi()
    make(api).list_events()
    [request] = api.requests
    assert (request.headers["DD-API-KEY"], request.headers["DD-APPLICATION-KEY"]) == (
        API_KEY,
        APP_KEY,
    )
    assert API_KEY not in str(request.url)
    assert request.headers["User-Agent"].startswith("pytest-ddci/")


def test_only_the_api_key_is_sent_with_events() -> None:
    api = ReadApi(httpx.Response(202, content=b'{"data":null}'))
    with make(api) as client:
        assert client.send(JOB).complete
    [request] = api.requests
    assert request.url.path == "/api/v2/ci/pipeline"
    assert request.headers["DD-API-KEY"] == API_KEY
    assert "DD-APPLICATION-KEY" not in request.headers


READS: list[Callable[[Client], object]] = [
    lambda client: client.list_events(limit=0),
    lambda client: client.list_events(from_="yesterday"),
    lambda client: client.search_events(sort="up"),  # type: ignore[arg-type] # that is the point
    lambda client: client.search_events(timezone="UTC", time_offset=0),
    lambda client: client.iter_events(limit=1_001),
    lambda client: client.iter_search(to="now/d"),
    lambda client: client.aggregate("avg"),
    lambda client: client.aggregate(group_by={"limit": 3}),
]


@pytest.mark.parametrize("call", READS)
def test_what_the_api_would_refuse_is_an_error_and_nothing_is_asked(
    call: Callable[[Client], object],
) -> None:
    api = ReadApi()
    with pytest.raises(QueryError, match=r"Field '|options"):
        call(make(api))
    assert api.requests == []


def test_the_pages_of_a_get_differ_in_their_cursor_only_and_do_not_move() -> None:
    clock = FakeClock()
    api = ReadApi(events("a", "b", after="1"), events("c", after="2"), events(after="3"))
    found = make(api, clock=clock).iter_events("x", "now-1d", sort="timestamp", limit=2)
    ids = []
    for each in found:
        ids.append(each.id)
        clock.advance(60)
    assert ids == ["a", "b", "c"]
    first = {
        "filter[query]": "x",
        "filter[from]": "2027-01-14T08:00:00.000Z",
        "filter[to]": "2027-01-15T08:00:00.000Z",
        "sort": "timestamp",
        "page[limit]": "2",
    }
    cursors = [{}, {"page[cursor]": "1"}, {"page[cursor]": "2"}]
    assert [dict(each.url.params) for each in api.requests] == [first | each for each in cursors]


def test_the_pages_of_a_post_differ_in_their_cursor_only_and_do_not_move() -> None:
    clock = FakeClock()
    api = ReadApi(events("a", after="1"), events("b"))
    found = make(api, clock=clock).iter_search("x", to="2030-01-01T00:00:00Z", timezone="UTC+1")
    clock.advance(3_600)
    assert [each.id for each in found] == ["a", "b"]
    # Made absolute when they were asked for, not when the first page was fetched.
    first = {
        "filter": {"query": "x", "from": "2027-01-15T07:45:00.000Z", "to": "2030-01-01T00:00:00Z"},
        "options": {"timezone": "UTC+1"},
        "page": {"limit": 1_000},
    }
    assert api.bodies == [first, {**first, "page": {"limit": 1_000, "cursor": "1"}}]


def test_each_page_has_the_whole_timeout() -> None:
    clock = FakeClock()

    def slow(request: httpx.Request) -> httpx.Response:
        clock.advance(9)
        return events("a", after=str(len(request.url.params)) + str(clock.now_ns()))

    api = ReadApi(slow, slow, slow)
    found = make(api, clock=clock, timeout=10).iter_events()
    assert len(list(found)) == 3
    assert {each.extensions["timeout"]["read"] for each in api.requests} == {10}


def test_pages_that_go_in_circles_end_in_an_error() -> None:
    api = ReadApi(events("a", after="1"), events("b", after="1"))
    found = make(api).iter_search()
    assert (next(found).id, next(found).id) == ("a", "b")
    with pytest.raises(ClientError, match="a second time"):
        next(found)
    assert len(api.requests) == 2


def test_timeouts_and_warnings_of_the_api_are_told() -> None:
    warned: dict[str, Any] = {"status": "timeout", "warnings": [{"title": "Indexes are missing"}]}
    page: EventsAnswer = make(ReadApi(events("a", **warned))).search_events()
    assert page.timed_out
    assert [str(each) for each in page.warnings] == ["Indexes are missing"]
    found = make(ReadApi(events("a", **warned))).iter_search()
    assert [each.id for each in found] == ["a"]
    assert found.partial


def test_events_and_questions_share_a_transport_that_is_closed_with_the_client() -> None:
    accepted = httpx.Response(202, content=b'{"data":null}')
    api = ReadApi(accepted, events("a"), accepted)
    with make(api) as client:
        assert client.send(JOB).complete
        assert client.list_events().data
        assert client.send([JOB]).complete
        assert api.closed == 0
    assert api.closed == 1


CALLS: list[Callable[[Client], object]] = [
    lambda client: client.send(JOB),
    lambda client: client.list_events(),
    lambda client: client.iter_events(),
    lambda client: client.aggregate(),
]


@pytest.mark.parametrize("call", CALLS)
def test_a_closed_client_does_no_more(call: Callable[[Client], object]) -> None:
    api = ReadApi()
    client = make(api)
    client.close()
    client.close()
    with pytest.raises(ClientError, match="the client is closed"):
        call(client)
    assert api.requests == []


@pytest.mark.parametrize("call", CALLS[1:])
def test_reading_needs_an_application_key(call: Callable[[Client], object]) -> None:
    api = ReadApi(httpx.Response(202))
    with Client(API_KEY, url=URL, transport=api, clock=FakeClock()) as client:
        with pytest.raises(ConfigError, match="reading needs an application key: DD_APP_KEY"):
            call(client)
        assert client.send(JOB).complete


def test_a_send_ends_with_the_timeout_and_keeps_the_events() -> None:
    clock = FakeClock()
    api = ReadApi(*[httpx.Response(429, headers={"X-RateLimit-Reset": "6"})] * 9)
    result = make(api, clock=clock, timeout=10).send([JOB, JOB])
    assert result.kept == (0, 1)
    assert sum(clock.slept) <= 10
    assert result.problem is not None
    assert "asks to wait 6 s" in result.problem


def test_every_send_starts_afresh() -> None:
    api = ReadApi(httpx.Response(403), httpx.Response(202))
    with make(api) as client:
        assert client.send(JOB).kept == (0,)
        assert client.send(JOB).complete
