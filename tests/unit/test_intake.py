from __future__ import annotations

import gzip
import json
import random
import ssl
import tracemalloc
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ddci.body import Body
from pytest_ddci.clock import SECOND, Deadline
from pytest_ddci.intake import Intake
from pytest_ddci.verdict import Verdict
from tests.fakes import FakeClock
from tests.wire import event, event_lines, ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_ddci.lines import EventLine
    from pytest_ddci.receipt import Receipt

KEY = "k3y-0f-th3-t3st"
ACCEPTED = httpx.Response(202, content=b'{"data":null}\n')

Answer = httpx.Response | Exception


def refused(detail: str = "no", status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"detail": detail, "status": str(status)}]})


def sent_ids(request: httpx.Request) -> list[str]:
    return [each["attributes"]["resource"]["id"] for each in json.loads(request.content)["data"]]


class Api:
    """A transport that answers by a script, then accepts; it keeps the requests."""

    def __init__(
        self, *script: Answer, rule: Callable[[httpx.Request], Answer] | None = None
    ) -> None:
        self.requests: list[httpx.Request] = []
        self._script = list(script)
        self._rule = rule or (lambda _: ACCEPTED)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._script.pop(0) if self._script else self._rule(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def sizes(self) -> list[int]:
        return [len(sent_ids(each)) for each in self.requests]


def make(api: Callable[[httpx.Request], httpx.Response], **options: Any) -> Intake:  # noqa: ANN401 - as Intake takes
    options.setdefault("clock", FakeClock())
    return Intake(
        "https://api.example/",
        options.pop("key", KEY),
        transport=httpx.MockTransport(api),
        jitter=lambda: 1.0,
        **options,
    )


def batch(count: int) -> list[EventLine]:
    return event_lines(event("job", str(number)) for number in range(count))


def send(api: Api, events: list[EventLine], seconds: float = 30, **options: Any) -> Receipt:  # noqa: ANN401 - as Intake takes
    clock = options.setdefault("clock", FakeClock())
    with make(api, **options) as intake:
        return intake.send(events, Deadline.after(seconds, clock))


def partition(receipt: Receipt) -> list[int]:
    return sorted(
        [each.offset for each in (*receipt.delivered, *receipt.kept)]
        + [each.offset for each in receipt.rejected]
    )


def test_a_batch_is_the_lines_joined_in_order_byte_for_byte() -> None:
    api, events = Api(), batch(3)
    receipt = send(api, events)
    [request] = api.requests
    assert request.content == b'{"data":[' + b",".join(each.data for each in events) + b"]}"
    assert receipt.delivered == tuple(events)
    assert receipt.requests == 1
    assert receipt.sent_bytes == len(request.content)


def test_a_request_goes_to_the_documented_path_with_the_key_in_a_header() -> None:
    api = Api()
    send(api, batch(1))
    [request] = api.requests
    assert str(request.url) == "https://api.example/api/v2/ci/pipeline"
    assert request.method == "POST"
    assert request.headers["DD-API-KEY"] == KEY
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("pytest-ddci/")


def test_nothing_is_sent_for_an_empty_batch() -> None:
    api = Api()
    assert send(api, []).requests == 0
    assert api.requests == []


def test_compression_changes_the_encoding_only() -> None:
    api, events = Api(), batch(2)
    receipt = send(api, events, gzip=True)
    [request] = api.requests
    assert request.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(request.content) == b"".join(Body(events))
    assert receipt.sent_bytes == Body(events).size


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(408),
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(503),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("hung up"),
    ],
    ids=["408", "429", "500", "502", "503", "refused", "timeout", "hung up"],
)
def test_passing_trouble_is_tried_again(trouble: Answer) -> None:
    api = Api(trouble, trouble)
    receipt = send(api, batch(2))
    assert len(receipt.delivered) == 2
    assert receipt.requests == len(api.requests) == 3


def test_waits_grow_between_attempts() -> None:
    clock = FakeClock()
    send(Api(*[httpx.Response(503)] * 4), batch(1), clock=clock)
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]


def test_after_five_attempts_the_events_are_kept() -> None:
    api = Api(rule=lambda _: refused("overloaded", 503))
    receipt = send(api, batch(2))
    assert len(api.requests) == 5
    assert len(receipt.kept) == 2
    assert receipt.problem == "HTTP 503 Service Unavailable: overloaded"


def test_an_asked_wait_is_honoured() -> None:
    clock = FakeClock()
    send(Api(httpx.Response(429, headers={"Retry-After": "11"})), batch(1), clock=clock)
    assert clock.slept == [11.0]


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    clock = FakeClock()
    api = Api(httpx.Response(429, headers={"X-RateLimit-Reset": "3600"}))
    receipt = send(api, batch(1), 30, clock=clock)
    assert clock.slept == []
    assert len(receipt.kept) == 1
    assert receipt.problem == "HTTP 429 Too Many Requests, asks to wait 3600 s"


def test_no_request_begins_after_the_deadline() -> None:
    api = Api()
    receipt = send(api, batch(3), 0)
    assert api.requests == []
    assert len(receipt.kept) == 3
    assert receipt.problem == "no time was left"


def test_after_a_failed_batch_the_next_gets_one_attempt_until_one_succeeds() -> None:
    clock, trouble = FakeClock(), httpx.Response(503)
    api = Api(*[trouble] * 6, ACCEPTED, trouble)
    deadline = Deadline.after(300, clock)
    with make(api, clock=clock) as intake:
        requests = [intake.send(batch(1), deadline).requests for _ in range(4)]
    assert requests == [5, 1, 1, 2]


def test_a_single_attempt_can_be_asked_for() -> None:
    clock, api = FakeClock(), Api(httpx.Response(503))
    with make(api, clock=clock) as intake:
        receipt = intake.send(batch(1), Deadline.after(2, clock), attempts=1)
    assert len(api.requests) == 1
    assert len(receipt.kept) == 1


def test_a_batch_that_is_too_large_is_halved_until_it_fits() -> None:
    api = Api(rule=lambda each: refused(status=413) if len(sent_ids(each)) > 2 else ACCEPTED)
    receipt = send(api, batch(7))
    assert ids(receipt.delivered) == [str(number) for number in range(7)]
    assert max(api.sizes[-1], 2) == 2


def test_a_single_event_that_is_too_large_is_rejected() -> None:
    def rule(request: httpx.Request) -> httpx.Response:
        return refused("too large", 413) if "1" in sent_ids(request) else ACCEPTED

    receipt = send(Api(rule=rule), batch(3))
    assert ids(receipt.delivered) == ["0", "2"]
    assert [(each.status, each.detail) for each in receipt.rejected] == [(413, "too large")]


@settings(deadline=None)
@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_exactly_the_offenders_are_rejected(case: tuple[int, set[int]]) -> None:
    count, bad = case
    offenders = {str(number) for number in list(bad)[:15]}

    def rule(request: httpx.Request) -> httpx.Response:
        return refused("bad") if offenders & set(sent_ids(request)) else ACCEPTED

    events = batch(count)
    receipt = send(Api(rule=rule), events, 1_000)
    by_offset = {each.offset: str(number) for number, each in enumerate(events)}
    assert {by_offset[each.offset] for each in receipt.rejected} == offenders
    assert partition(receipt) == [each.offset for each in events]
    assert receipt.kept == ()


def test_a_rejection_has_the_apis_words_and_is_the_problem() -> None:
    receipt = send(Api(rule=lambda _: refused('field "end" is required')), batch(1))
    [rejection] = receipt.rejected
    assert (rejection.status, rejection.detail) == (400, 'field "end" is required')
    assert receipt.problem == 'rejected: HTTP 400 Bad Request: field "end" is required'


def test_a_rejection_without_words_has_the_status() -> None:
    [rejection] = send(Api(rule=lambda _: httpx.Response(400)), batch(1)).rejected
    assert rejection.detail == "HTTP 400 Bad Request"


def test_when_every_event_is_refused_the_rest_is_kept_after_a_while() -> None:
    api = Api(rule=lambda _: refused("I know no gzip"))
    receipt = send(api, batch(1_000), 10_000)
    assert 20 <= len(receipt.rejected) <= 21
    assert len(receipt.kept) == 1_000 - len(receipt.rejected)
    assert len(api.requests) < 60


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_this_batch_and_every_later_one(status: int) -> None:
    clock, api = FakeClock(), Api(rule=lambda _: refused("Forbidden", status))
    deadline = Deadline.after(30, clock)
    with make(api, clock=clock) as intake:
        first, second = intake.send(batch(2), deadline), intake.send(batch(2), deadline)
        assert intake.unauthorised
    assert len(api.requests) == 1
    assert len(first.kept) == len(second.kept) == 2
    assert first.problem == second.problem
    assert "check DD_API_KEY and DD_SITE" in str(first.problem)


@pytest.mark.parametrize("status", [404, 405, 415])
def test_a_wrong_address_stops_without_blaming_the_key(status: int) -> None:
    clock, api = FakeClock(), Api(rule=lambda _: httpx.Response(status))
    with make(api, clock=clock) as intake:
        for _ in range(2):
            intake.send(batch(1), Deadline.after(30, clock))
        assert not intake.unauthorised
    assert len(api.requests) == 1


def test_a_redirect_is_not_followed() -> None:
    api = Api(httpx.Response(302, headers={"Location": "https://elsewhere.example/x?t=1"}))
    receipt = send(api, batch(1))
    assert len(api.requests) == 1
    assert len(receipt.kept) == 1
    assert "https://elsewhere.example " in str(receipt.problem)


def test_a_page_of_a_proxy_is_not_taken_for_acceptance() -> None:
    receipt = send(Api(httpx.Response(200, html="<h1>Log in</h1>")), batch(1))
    assert len(receipt.kept) == 1


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "is not set"), (" ", "is not set"), ("a\nb", "no API key"), ("clé", "no API key")],
    ids=["empty", "blank", "line end", "not ASCII"],
)
def test_a_key_no_header_can_carry_is_found_before_sending(key: str, said: str) -> None:
    api = Api()
    with make(api, key=key) as intake:
        receipt = intake.send(batch(1), Deadline.after(1, FakeClock()))
        assert intake.unauthorised
    assert api.requests == []
    assert said in str(receipt.problem)
    assert not key.strip() or key not in str(receipt.problem)


@pytest.mark.parametrize(
    "answer",
    [
        refused(f"key {KEY} is wrong", 403),
        refused(KEY, 400),
        httpx.ConnectError(KEY),
        ValueError(KEY),
    ],
    ids=["403", "400", "transport", "anything"],
)
def test_the_key_is_in_nothing_that_is_shown(answer: Answer) -> None:
    clock = FakeClock()
    with make(Api(rule=lambda _: answer), clock=clock) as intake:
        receipt = intake.send(batch(1), Deadline.after(1, clock))
        shown = repr(intake) + repr(receipt)
    assert "[redacted]" in shown
    assert KEY not in shown


@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_an_untrusted_certificate_stops_at_once_and_says_what_helps(link: str) -> None:
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    error = httpx.ConnectError("x")
    setattr(error, link, cause)
    api = Api(error)
    receipt = send(api, batch(1))
    assert len(api.requests) == 1
    assert "self-signed certificate" in str(receipt.problem)
    assert "SSL_CERT_FILE" in str(receipt.problem)


@pytest.mark.parametrize(
    "error",
    [httpx.UnsupportedProtocol("no http"), RuntimeError("a leaked mock"), OSError("no CA file")],
    ids=["protocol", "mock", "file"],
)
def test_anything_unexpected_keeps_the_events_and_stops(error: Exception) -> None:
    clock, api = FakeClock(), Api(error)
    with make(api, clock=clock) as intake:
        receipts = [intake.send(batch(1), Deadline.after(9, clock)) for _ in range(2)]
    assert len(api.requests) == 1
    assert all(len(each.kept) == 1 for each in receipts)
    assert str(error) in str(receipts[0].problem)


def test_an_environment_without_usable_proxies_keeps_the_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://proxy.example")
    clock = FakeClock()
    with Intake("https://api.example", KEY, clock=clock) as intake:
        receipt = intake.send(batch(1), Deadline.after(1, clock))
    assert len(receipt.kept) == 1
    assert "cannot reach api.example" in str(receipt.problem)


class Drip(httpx.SyncByteStream):
    """A body that comes byte by byte, a second each, and never ends."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.clock.advance(1)
            yield b" "


class Broken(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b'{"da'
        raise httpx.ReadError("reset")


class Once(httpx.SyncByteStream):
    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self.data


def test_an_endless_body_is_left_at_the_deadline() -> None:
    clock = FakeClock()
    start_ns = clock.now_ns()
    receipt = send(Api(httpx.Response(202, stream=Drip(clock))), batch(1), 5, clock=clock)
    assert len(receipt.delivered) == 1
    assert clock.now_ns() - start_ns == 5 * SECOND


def test_a_body_that_breaks_off_does_not_undo_an_acceptance() -> None:
    assert len(send(Api(httpx.Response(202, stream=Broken())), batch(1)).delivered) == 1


@pytest.mark.parametrize("stream", [Broken, Drip], ids=["broken", "dripping"])
def test_a_body_that_never_came_accepts_nothing_without_the_apis_own_status(
    stream: Callable[..., httpx.SyncByteStream],
) -> None:
    clock = FakeClock()
    body = stream(clock) if stream is Drip else stream()
    receipt = send(Api(httpx.Response(200, stream=body)), batch(1), 5, clock=clock)
    assert len(receipt.kept) == 1
    assert "not the API's" in str(receipt.problem)


def test_a_compressed_body_is_understood_and_never_expanded_beyond_bounds() -> None:
    words = gzip.compress(b'{"errors":["' + b"x" * 100_000_000 + b'"]}')
    answer = httpx.Response(400, headers={"Content-Encoding": "gzip"}, stream=Once(words))
    tracemalloc.start()
    try:
        [rejection] = send(Api(answer), batch(1)).rejected
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rejection.detail.endswith("xxx...")
    assert most < 5_000_000


def test_a_huge_body_is_not_read_to_its_end() -> None:
    clock = FakeClock()
    words = b'{"errors":["' + b"x" * 1_000_000 + b'"]}'
    [rejection] = send(
        Api(rule=lambda _: httpx.Response(400, content=words)), batch(1), clock=clock
    ).rejected
    assert len(rejection.detail) == 300


def test_the_timeout_of_a_request_is_what_is_left_and_at_most_ten_seconds() -> None:
    api = Api()
    send(api, batch(1), 3)
    send(api, batch(1), 60)
    send(api, batch(1), 60, patience=0.5)
    assert [each.extensions["timeout"]["read"] for each in api.requests] == [3, 10, 0.5]


def test_a_closed_intake_sends_nothing() -> None:
    clock, api = FakeClock(), Api()
    intake = make(api, clock=clock)
    intake.close()
    intake.close()
    receipt = intake.send(batch(1), Deadline.after(1, clock))
    assert api.requests == []
    assert len(receipt.kept) == 1
    assert not intake.unauthorised


def test_an_intake_closed_at_the_last_moment_opens_nothing() -> None:
    class Closing(FakeClock):
        def now_ns(self) -> int:
            intake.close()
            return super().now_ns()

    api, clock = Api(), Closing()
    intake = make(api)
    receipt = intake.send(batch(1), Deadline(clock, FakeClock().now_ns() + SECOND))
    assert api.requests == []
    assert receipt.problem == "no answer from api.example in time"


def test_the_users_random_numbers_are_left_alone() -> None:
    clock, state = FakeClock(), random.getstate()
    api = Api(httpx.Response(503))
    with Intake(
        "https://api.example", KEY, clock=clock, transport=httpx.MockTransport(api)
    ) as intake:
        intake.send(batch(1), Deadline.after(9, clock))
    assert random.getstate() == state
    assert 0.25 <= clock.slept[0] <= 0.5


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_a_probe_sends_an_empty_batch_and_tells_what_the_api_says(
    compressed: bool,  # noqa: FBT001 - a case
) -> None:
    api, clock = Api(refused("data is empty")), FakeClock()
    with make(api, clock=clock) as intake:
        ruling = intake.probe(Deadline.after(1, clock), gzip=compressed)
    [request] = api.requests
    body = gzip.decompress(request.content) if compressed else request.content
    assert body == b'{"data":[]}'
    assert (ruling.verdict, ruling.status, ruling.detail) == (
        Verdict.REJECTED,
        400,
        "data is empty",
    )


def test_a_probe_with_no_key_tells_it_without_a_request() -> None:
    api, clock = Api(), FakeClock()
    with make(api, clock=clock, key="") as intake:
        ruling = intake.probe(Deadline.after(1, clock))
    assert ruling.verdict is Verdict.UNAUTHORISED
    assert api.requests == []


@pytest.mark.parametrize(
    ("error", "unfit"),
    [
        (RuntimeError("no sockets in tests"), True),
        (TypeError("'NoneType' object is not callable"), True),
        (ImportError("no module named httpcore"), True),
        (FileNotFoundError(2, "No such file or directory"), False),
        (httpx.ConnectError("refused"), False),
    ],
    ids=lambda case: type(case).__name__,
)
def test_what_no_network_does_is_told_from_what_one_does(
    error: Exception,
    unfit: bool,  # noqa: FBT001 - a case
) -> None:
    api = Api(*[error] * 9)
    with make(api) as intake:
        intake.send(batch(1), Deadline.after(30, FakeClock()))
        assert intake.unfit is unfit
