from __future__ import annotations

import logging
import pickle
import ssl
import traceback
from typing import TYPE_CHECKING

import httpx
import pytest

from pytest_ddci.answers import EventsAnswer
from pytest_ddci.clock import SECOND, Deadline
from pytest_ddci.config import Secret
from pytest_ddci.errors import ClientError
from pytest_ddci.reader import Question, Reader
from tests.fakes import FakeClock
from tests.read_api import API_KEY, APP_KEY, EMPTY, ReadApi, Reply, events

if TYPE_CHECKING:
    from collections.abc import Iterator

SEARCH = Question("/search", body={"page": {"limit": 1}})


def ask(
    api: ReadApi, clock: FakeClock | None = None, seconds: float = 30, question: Question = SEARCH
) -> EventsAnswer:
    clock = clock or FakeClock()
    keys = (Secret(API_KEY), Secret(APP_KEY))
    reader = Reader("https://api.example", keys, clock=clock, transport=api, jitter=lambda: 1.0)
    return reader.ask(question, EventsAnswer, Deadline.after(seconds, clock))


def refusal(api: ReadApi, clock: FakeClock | None = None, seconds: float = 30) -> ClientError:
    with pytest.raises(ClientError) as caught:
        ask(api, clock, seconds)
    return caught.value


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(408),
        httpx.Response(429, content=b"<html>slow down</html>"),
        httpx.Response(500, json={"errors": ["oops"]}),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(503),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("hung up"),
    ],
    ids=["408", "429", "500", "502", "503", "refused", "timeout", "hung up"],
)
def test_passing_trouble_is_tried_again(trouble: Reply) -> None:
    api, clock = ReadApi(trouble, trouble, events("a")), FakeClock()
    assert ask(api, clock).data[0].id == "a"
    assert clock.slept == [0.5, 1.0]
    assert len({(each.method, each.url, each.content) for each in api.requests}) == 1


def test_trouble_that_does_not_pass_is_an_error_after_five_attempts() -> None:
    api = ReadApi(*[httpx.Response(503, json={"errors": ["maintenance"]})] * 9)
    error = refusal(api)
    assert len(api.requests) == 5
    assert str(error) == "api.example/search: HTTP 503 Service Unavailable: maintenance"
    assert (error.status, error.errors) == (503, ("maintenance",))


def test_attempts_end_with_the_deadline() -> None:
    clock, api = FakeClock(), ReadApi(*[httpx.Response(500)] * 9)
    refusal(api, clock, seconds=2)
    assert sum(clock.slept) < 2
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": "7"}, 7),
        ({"Retry-After": "9"}, 9),
        ({"X-RateLimit-Reset": "7", "Retry-After": "9"}, 9),
        ({"X-RateLimit-Reset": str(1_800_000_011)}, 11),
        ({"X-RateLimit-Reset": "soon"}, 0.5),
    ],
    ids=str,
)
def test_a_rate_limit_is_waited_for(headers: dict[str, str], wait: float) -> None:
    clock = FakeClock()
    assert ask(ReadApi(httpx.Response(429, headers=headers), events("a")), clock).data
    assert clock.slept == [wait]


def test_a_rate_limit_longer_than_the_deadline_is_an_error_at_once() -> None:
    clock = FakeClock()
    limited = httpx.Response(
        429, headers={"X-RateLimit-Reset": "1800"}, json={"errors": ["Rate limit"]}
    )
    error = refusal(ReadApi(limited), clock)
    assert clock.slept == []
    assert error.retry_after == 1_800
    assert str(error).endswith("HTTP 429 Too Many Requests: Rate limit, asks to wait 1800 s")


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415, 422])
def test_what_is_wrong_with_a_question_is_not_asked_again(status: int) -> None:
    api = ReadApi(httpx.Response(status, json={"errors": ["no", "never"]}))
    error = refusal(api)
    assert len(api.requests) == 1
    assert (error.status, error.errors, error.retry_after) == (status, ("no", "never"), None)
    assert f"HTTP {status}" in str(error)
    assert "no; never" in str(error)


def test_errors_in_the_shape_of_the_intake_are_understood() -> None:
    error = {"detail": "Malformed payload", "status": "400", "title": "Bad Request"}
    assert refusal(ReadApi(httpx.Response(400, json={"errors": [error]}))).errors == (
        "Malformed payload",
    )


@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_are_told_with_what_to_check(status: int) -> None:
    api = ReadApi(httpx.Response(status, json={"errors": ["Forbidden"]}))
    error = refusal(api)
    assert len(api.requests) == 1
    assert f"the keys were refused (HTTP {status}: Forbidden)" in str(error)
    assert "DD_APP_KEY" in str(error)
    assert "ci_visibility_read" in str(error)


def test_a_redirect_is_not_followed() -> None:
    location = "https://elsewhere.example/login?token=secret"
    api = ReadApi(httpx.Response(302, headers={"Location": location}))
    error = refusal(api)
    assert len(api.requests) == 1
    assert "a redirect to https://elsewhere.example was not followed (HTTP 302 Found)" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            httpx.Response(200, html="<html><h1>Sign in</h1><script>x()</script>"),
            "an answer that is not the API's (HTTP 200 OK: Sign in)",
        ),
        (httpx.Response(200, content=b'{"data":[{"id":"a'), "an answer that is not the API's"),
        (httpx.Response(200, content=b"[]"), "an answer that is not the API's (HTTP 200 OK)"),
        (httpx.Response(200, content=b"[" * 100_000), "an answer that is not the API's"),
        (httpx.Response(200), "an answer without the JSON that was asked for (HTTP 200)"),
        (httpx.Response(202, json=EMPTY), "an answer without the JSON that was asked for"),
        (httpx.Response(204), "an answer that is not the API's (HTTP 204 No Content)"),
        (httpx.Response(200, json={"data": 5}), "an answer that is not the API's: Field 'data'"),
        (
            httpx.Response(
                200,
                stream=httpx.ByteStream(b"no gzip"),
                headers={"Content-Encoding": "gzip"},
            ),
            "no answer from api.example: DecodingError",
        ),
    ],
    ids=["html", "cut", "list", "deep", "empty", "202", "204", "shape", "encoding"],
)
def test_an_answer_that_is_none_is_an_error_and_not_asked_for_again(
    answer: Reply, words: str
) -> None:
    api = ReadApi(answer)
    assert words in str(refusal(api))
    assert len(api.requests) == 1


def test_what_an_answer_says_of_its_own_type_does_not_count() -> None:
    answer = httpx.Response(200, content=b'{"data":[]}\n', headers={"Content-Type": "text/html"})
    assert ask(ReadApi(answer)).data == ()


def test_an_untrusted_certificate_is_told_and_not_tried_again() -> None:
    wrong = httpx.ConnectError("certificate verify failed")
    wrong.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    wrong.__cause__.verify_message = "self-signed certificate"
    api = ReadApi(wrong)
    assert (
        "the certificate of api.example is not trusted (self-signed certificate); SSL_CERT_FILE"
        in str(refusal(api))
    )
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [httpx.UnsupportedProtocol("gopher"), RuntimeError("a leaked mock"), OSError("no such file")],
    ids=["protocol", "mock", "file"],
)
def test_trouble_that_cannot_pass_is_an_error_at_once(trouble: Exception) -> None:
    api = ReadApi(trouble)
    assert str(trouble) in str(refusal(api))
    assert len(api.requests) == 1


class Slow(httpx.SyncByteStream):
    """A body that takes ten seconds for each piece."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.clock.advance(10)
            yield b" "


def test_a_body_that_does_not_end_is_left_at_the_deadline() -> None:
    clock = FakeClock()
    error = refusal(ReadApi(httpx.Response(200, stream=Slow(clock))), clock)
    assert str(error) == "api.example/search: no whole answer in time"
    assert clock.now_ns() == FakeClock().now_ns() + 30 * SECOND


def test_a_body_without_measure_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_ddci.reader._LONGEST_BODY", 1_000)
    assert "too long an answer" in str(refusal(ReadApi(httpx.Response(200, content=b" " * 1_001))))
    assert ask(ReadApi(httpx.Response(200, content=b'{"data":[]}' + b" " * 900))).data == ()


def test_the_time_left_is_all_that_a_request_may_take() -> None:
    seen: list[dict[str, float]] = []

    def reply(request: httpx.Request) -> Reply:
        seen.append(request.extensions["timeout"])
        return httpx.Response(503)

    ask(ReadApi(reply, reply, reply), seconds=20)
    assert [each["read"] for each in seen] == [20, 19.5, 18.5]
    assert {each["connect"] for each in seen} == {10}


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(400, json={"errors": [f"no such key {API_KEY}", {"detail": APP_KEY}]}),
        httpx.Response(403, content=f"<html>{API_KEY} {APP_KEY}".encode()),
        httpx.Response(200, json={"data": API_KEY}),
        httpx.Response(200, content=API_KEY.encode()),
        httpx.Response(302, headers={"Location": f"https://{API_KEY}"}),
        httpx.ConnectError(f"Illegal header value {API_KEY}"),
        RuntimeError(f"{APP_KEY}"),
    ],
    ids=["400", "403", "shape", "text", "redirect", "silence", "mock"],
)
def test_no_error_carries_a_key(trouble: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = refusal(ReadApi(*[trouble] * 5))
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    # The frames of this test know what it has planted.
    told = "".join(frame for frame in told.split("  File ") if "/pytest_ddci/" in frame)
    assert "raise self._error(question" in told
    for key in (API_KEY, APP_KEY):
        assert key not in f"{error!r} {error} {error.errors} {caplog.text}"
        assert key not in told
    assert "[redacted]" in f"{error} {error.errors}"
    assert error.__cause__ is None
    assert error.__context__ is None


def test_an_error_survives_pickling() -> None:
    api = ReadApi(httpx.Response(400, json={"errors": ["no"]}))
    error = refusal(api)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(again), again.status, again.errors) == (str(error), 400, ("no",))


def test_a_closed_reader_asks_no_more() -> None:
    api, clock = ReadApi(), FakeClock()
    keys = (Secret(API_KEY), Secret(APP_KEY))
    reader = Reader("https://api.example", keys, clock=clock, transport=api)
    reader.ask(SEARCH, EventsAnswer, Deadline.after(1, clock))
    reader.close()
    reader.close()
    with pytest.raises(ClientError, match="the client is closed"):
        reader.ask(SEARCH, EventsAnswer, Deadline.after(1, clock))
    assert len(api.requests) == 1


def test_the_environment_may_name_certificates_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    clock = FakeClock()
    reader = Reader("https://api.example", (Secret(API_KEY), Secret(APP_KEY)), clock=clock)
    with pytest.raises(ClientError, match=r"no answer from api\.example: FileNotFoundError"):
        reader.ask(SEARCH, EventsAnswer, Deadline.after(1, clock))
