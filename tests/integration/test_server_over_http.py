"""The server over real connections: sizes, compression, other hosts, many at once, slow answers."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timezone
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import freezegun
import httpx
import pytest

from pytest_ddci import Client
from pytest_ddci.clock import SECOND, SystemClock
from pytest_ddci.endpoints import AGGREGATE, LIST, SEARCH, SEND
from pytest_ddci.testing import FakeIntake, fake_intake
from tests.wire import event

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = [
    "'; DROP TABLE events; --",
    "\"); ATTACH '/etc/passwd' AS x; --",
    "/* */ 1=1 OR 1=1",
    "a:(b",
    "\x00",
    "@ci.status:\x00",
    "\ud800",
    "(" * 10_000 + "a" + ")" * 10_000,
    "a " * 500_000,
    "*" * 1_000_000,
    "-" * 1_000_000,
]


@pytest.fixture
def intake() -> Iterator[FakeIntake]:
    with fake_intake() as made:
        yield made


@pytest.fixture
def http(intake: FakeIntake) -> Iterator[httpx.Client]:
    with connected(intake) as client:
        yield client


def connected(intake: FakeIntake) -> httpx.Client:
    return httpx.Client(base_url=intake.url, trust_env=False, timeout=60)


def body(*ids: str) -> bytes:
    now_ns = SystemClock().now_ns() - 60 * SECOND
    return b'{"data":[%s]}' % b",".join(event("job", each, now_ns) for each in ids)


def count(http: httpx.Client) -> int:
    asked = {"compute": [{"aggregation": "count"}]}
    (bucket,) = http.post(AGGREGATE, json=asked).json()["data"]["buckets"]
    return int(bucket["computes"]["c0"])


def got(http: httpx.Client, query: str) -> tuple[int, str]:
    """Status and body of a list, however long its query is."""
    parameters = urlencode({"filter[query]": query}, errors="surrogatepass")
    connection = HTTPConnection(http.base_url.host, http.base_url.port or 0, timeout=60)
    with closing(connection):
        connection.request("GET", f"{LIST}?{parameters}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def spoken(intake: FakeIntake, request: bytes) -> bytes:
    """The first line of what the server answers to these bytes."""
    host, _, port = intake.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


def test_events_go_in_and_come_out_with_our_own_client(intake: FakeIntake) -> None:
    with Client.from_environment(intake.environ) as client:
        sent = client.send(json.loads(body(*map(str, range(25))))["data"])
        assert sent.complete
        assert len(client.list_events("ci_level:job").data) == 10
        found = [each.get("@ci.job.id") for each in client.iter_search("ci_level:job", limit=7)]
        assert sorted(found, key=int) == [str(number) for number in range(25)]
        (bucket,) = client.aggregate(group_by="@ci.status").buckets
        assert (bucket.by, bucket.computes) == ({"@ci.status": "success"}, {"c0": 25})
    assert intake.jobs[0].name == "test 0"
    assert {each.status for each in intake.requests} == {202, 200}


def test_a_compressed_body_is_taken(http: httpx.Client) -> None:
    packed = gzip.compress(body("a", "b"))
    assert http.post(SEND, content=packed, headers={"Content-Encoding": "gzip"}).status_code == 202
    assert count(http) == 2


@pytest.mark.parametrize("path", [SEND, SEARCH])
def test_who_sends_too_much_hears_of_it(http: httpx.Client, path: str) -> None:
    answer = http.post(path, content=b" " * (20 * 1024 * 1024))
    assert answer.status_code == 413
    assert http.get(LIST).status_code == 200


def test_who_sends_endlessly_is_hung_up_on(http: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 1_000_000

    try:
        assert http.post(SEND, content=endless()).status_code == 413
    except httpx.TransportError:
        assert http.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET %s HTTP/1.0\r\n\r\n", b"421"),
        (b"GET %s HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"GET %s HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", b"403"),
        (b"GET %s HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n", b"200"),
        (b"GET http://localhost%s HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"GET %s HTTP/1.1\r\n\r\n", b"400"),
        (b"nonsense %s\r\n\r\n", b"400"),
    ],
    ids=["no-host", "other-host", "other-origin", "own-origin", "absolute", "bad-1.1", "nonsense"],
)
def test_only_its_own_names_and_origins_are_let_in(
    intake: FakeIntake, head: bytes, status: bytes
) -> None:
    assert spoken(intake, head % LIST.encode()).split()[1] == status


def test_a_request_that_breaks_off_harms_nobody(intake: FakeIntake, http: httpx.Client) -> None:
    host, _, port = intake.url.removeprefix("http://").partition(":")
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{" % SEND.encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head)
    assert count(http) == 0
    assert [each.path for each in intake.requests] == [AGGREGATE]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_queries_are_answered_and_change_nothing(http: httpx.Client, query: str) -> None:
    http.post(SEND, content=body("a"))
    asked = json.dumps({"filter": {"query": query}})
    answers = [http.post(path, content=asked) for path in (SEARCH, AGGREGATE)]
    for status, text in (*((each.status_code, each.text) for each in answers), got(http, query)):
        assert status in (200, 400)
        if status == 400:
            (error,) = json.loads(text)["errors"]
            assert error.startswith("input_validation_error(")
            assert len(error) < 1_000
    assert count(http) == 1


def test_many_write_and_read_at_once_and_all_is_found(intake: FakeIntake) -> None:
    done = threading.Event()

    def write(writer: int) -> set[int]:
        with connected(intake) as http:
            return {
                http.post(
                    SEND, content=body(*(f"{writer}-{each}-{n}" for n in range(20)))
                ).status_code
                for each in range(10)
            }

    def read() -> list[int]:
        counts = []
        with connected(intake) as http:
            while not done.is_set():
                counts.append(count(http))
        return counts

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        writers = [pool.submit(write, each) for each in range(4)]
        assert [each.result() for each in writers] == [{202}] * 4
        done.set()
        for reader in readers:
            counts = reader.result()
            assert counts == sorted(counts)
            assert all(each % 20 == 0 for each in counts)
    with connected(intake) as http:
        assert count(http) == 800


def test_a_slow_answer_holds_up_nobody_else_and_ends_with_the_server() -> None:
    with ThreadPoolExecutor(1) as pool:
        with fake_intake(faults=["ok,delay=600,on=list"]) as intake:
            waiting = pool.submit(httpx.get, intake.url + LIST, trust_env=False, timeout=600)
            while not intake.requests:
                time.sleep(0.01)
            with connected(intake) as http:
                assert http.get(LIST).status_code == 200
            assert not waiting.done()
            closed = time.monotonic()
        assert time.monotonic() - closed < 5
        assert waiting.result().status_code == 200


def test_a_delay_is_waited_for() -> None:
    with fake_intake(faults=["ok,delay=0.3"]) as intake, connected(intake) as http:
        began = time.monotonic()
        assert http.get(LIST).status_code == 200
        assert time.monotonic() - began >= 0.3


def test_a_test_that_freezes_time_does_not_freeze_the_server() -> None:
    frozen = freezegun.freeze_time(datetime(2020, 1, 1, tzinfo=timezone.utc))
    with frozen, fake_intake() as intake, connected(intake) as http:
        assert http.post(SEND, content=body("a")).status_code == 202
        assert count(http) == 1


def test_faults_carry_their_headers(intake: FakeIntake) -> None:
    del intake
    with fake_intake(faults=["429x2,X-RateLimit-Reset=0"]) as limited, connected(limited) as http:
        answers: list[Any] = [http.get(LIST) for _ in range(3)]
    assert [each.status_code for each in answers] == [429, 429, 200]
    assert answers[0].headers["X-RateLimit-Reset"] == "0"
    assert answers[0].headers["X-RateLimit-Remaining"] == "0"
