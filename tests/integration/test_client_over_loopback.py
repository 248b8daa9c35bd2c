"""The client against real servers over real sockets, however badly they behave."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_ddci.client import Client
from pytest_ddci.clock import SystemClock
from pytest_ddci.errors import ClientError
from pytest_ddci.queries import Compute
from tests.fakes import FakeClock
from tests.intake_server import KEY, IntakeServer
from tests.read_api import API_KEY, APP_KEY
from tests.read_server import EVENTS, Fault, ReadServer
from tests.wire import event

if TYPE_CHECKING:
    from pytest_ddci.pages import Events

LIMITED = Fault(status=429, headers={"X-RateLimit-Reset": "3"}, body=b'{"errors":["slow down"]}')


def connect(server: ReadServer, **options: Any) -> Client:  # noqa: ANN401 - as Client takes
    # Nobody sleeps: the clock moves when it is slept on. A transport of our own keeps the
    # proxies of the machine that runs the tests out of this.
    options.setdefault("clock", FakeClock())
    transport = httpx.HTTPTransport()
    return Client(
        API_KEY, APP_KEY, url=server.url, transport=transport, jitter=lambda: 0.0, **options
    )


def walk(client: Client, how: str, **options: Any) -> Events:  # noqa: ANN401 - as both take
    return (client.iter_events if how == "GET" else client.iter_search)("*", **options)


@pytest.mark.parametrize("how", ["GET", "POST"])
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_all_events_come_once_and_in_order(how: str, compressed: bool) -> None:  # noqa: FBT001 - a case
    with ReadServer(2_500, compressed=compressed) as server, connect(server) as client:
        found = [event.get("@ci.job.id") for event in walk(client, how)]
    assert found == list(range(2_500))
    assert [(seen.method, seen.path) for seen in server.seen] == [
        (how, EVENTS if how == "GET" else f"{EVENTS}/search")
    ] * 4


@pytest.mark.parametrize("how", ["GET", "POST"])
@pytest.mark.parametrize(
    "fault",
    [LIMITED, Fault(status=503, body=b"<html>busy</html>"), Fault("cut")],
    ids=["429", "503", "cut"],
)
def test_trouble_between_pages_loses_nothing(how: str, fault: Fault) -> None:
    clock = FakeClock()
    with (
        ReadServer(25, [None, fault, fault]) as server,
        connect(server, clock=clock) as client,
    ):
        found = [event.id for event in walk(client, how, limit=10)]
    assert found == [str(number) for number in range(25)]
    assert clock.slept == ([3.0, 3.0] if fault is LIMITED else [0.25, 0.5])
    cursors = [
        seen.parameters.get("page[cursor]")
        if how == "GET"
        else json.loads(seen.body)["page"].get("cursor")
        for seen in server.seen
    ]
    assert cursors[1] == cursors[2] == cursors[3]


def test_pages_by_hand_are_those_of_the_iterator() -> None:
    with ReadServer(5) as server, connect(server) as client:
        first = client.list_events(limit=3)
        second = client.search_events(limit=3, cursor=first.cursor)
        third = client.list_events(limit=3, cursor=second.cursor)
    assert [[event.id for event in page.data] for page in (first, second, third)] == [
        ["0", "1", "2"],
        ["3", "4"],
        [],
    ]


def test_buckets_come_over_the_wire() -> None:
    with ReadServer(7) as server, connect(server) as client:
        answer = client.aggregate(
            [Compute(aggregation="count"), Compute(aggregation="pc95", metric="@duration")],
            "ci_level:job",
            "now-1d",
            group_by="@ci.status",
        )
    [bucket] = answer.buckets
    assert bucket.computes == {"c0": 7.0, "c1": 7.0}
    assert bucket.by == {"@ci.status": "all"}


def test_queries_of_all_languages_and_lengths_arrive_unchanged() -> None:
    query = '@ci.job.name:"été & =?#%20+ 💥" OR a\\:b\n' + "x" * 5_000
    with ReadServer() as server, connect(server) as client:
        client.list_events(query)
        client.search_events(query)
    listed, searched = server.seen
    assert listed.parameters["filter[query]"] == query
    assert json.loads(searched.body)["filter"]["query"] == query


def test_a_redirect_takes_the_keys_nowhere() -> None:
    with ReadServer(1) as other:
        away = Fault(status=307, headers={"Location": f"{other.url}{EVENTS}"})
        with (
            ReadServer(1, [away]) as server,
            connect(server) as client,
            pytest.raises(ClientError, match="was not followed"),
        ):
            client.list_events()
    assert other.seen == []


def test_wrong_keys_are_refused_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        ReadServer(1) as server,
        Client(KEY[::-1], APP_KEY, url=server.url, transport=httpx.HTTPTransport()) as client,
        pytest.raises(
            ClientError, match=r"the keys were refused \(HTTP 403: Forbidden\)"
        ) as caught,
    ):
        client.list_events()
    assert "HTTP Request: GET" in caplog.text
    assert "send_request_headers" in caplog.text
    for key in (KEY[::-1], APP_KEY):
        assert key not in caplog.text + str(caught.value)


def test_silence_ends_with_the_timeout() -> None:
    begun = time.monotonic()
    with (
        ReadServer(1, [Fault("hang")]) as server,
        connect(server, clock=SystemClock(), timeout=0.2) as client,
        pytest.raises(ClientError, match=r"no answer from 127\.0\.0\.1:"),
    ):
        client.list_events()
    assert time.monotonic() - begun < 5


def test_a_closed_port_is_an_error_that_names_it() -> None:
    server = ReadServer()
    server.close()
    with (
        connect(server) as client,
        pytest.raises(ClientError, match=r"no answer from 127\.0\.0\.1:[0-9]+ .ConnectError"),
    ):
        client.search_events()


def test_several_threads_share_a_client() -> None:
    found: list[list[str | None]] = []
    with ReadServer(50) as server, connect(server) as client:
        threads = [
            threading.Thread(
                target=lambda: found.append([each.id for each in client.iter_search(limit=20)])
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [[str(number) for number in range(50)]] * 4


def test_events_are_sent_to_a_real_intake() -> None:
    now_ns = SystemClock().now_ns()
    events = [json.loads(event("pipeline", at_ns=now_ns))]
    events += [json.loads(event("job", f"j{number}", now_ns)) for number in range(5)]
    old = json.loads(event("job", "old"))
    old["attributes"]["resource"] |= {
        "start": "2020-01-01T00:00:00Z",
        "end": "2020-01-01T00:00:01Z",
    }
    transport = httpx.HTTPTransport()
    with IntakeServer() as server, Client(KEY, url=server.url, transport=transport) as client:
        result = client.send([*events, old])
        again = client.send(events[0])
    assert result.delivered == (0, 1, 2, 3, 4, 5)
    assert [(each.index, each.status) for each in result.rejected] == [(6, 400)]
    assert "cannot be older than 18 hours" in result.rejected[0].detail
    assert again.complete
    assert server.contract_errors == []
    assert len(server.accepted) == 7
