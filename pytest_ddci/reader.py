"""The read side over HTTP: asks one question until it is answered or the time is up.

Questions are safe to repeat: what passes (408, 429, 5xx, silence) is tried again by the policy of
`retry`, as sending is. Unlike sending, what does not pass is an error, for there is nothing to
keep for later.
"""

from __future__ import annotations

import json
import random
import ssl
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from pytest_ddci import __version__
from pytest_ddci.answers import ReadAnswer, error_texts
from pytest_ddci.errors import ClientError
from pytest_ddci.frozen import frozen
from pytest_ddci.retry import ATTEMPTS, asked_wait, backoff
from pytest_ddci.verdict import Answer, Verdict, judge, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pytest_ddci.clock import Clock, Deadline
    from pytest_ddci.config import Secret

Read = TypeVar("Read", bound=ReadAnswer)

_PATIENCE = 10.0
"""Seconds to wait for a connection."""
_LONGEST_BODY = 128 * 1024 * 1024
_BEGINNING = 64 * 1024
"""Bytes that are read of a body that is no answer."""
_OK = 200
_LONGEST_WORDS = 1_000


@frozen
class Question:
    """A request: the parameters of a GET, or else the body of a POST."""

    path: str
    parameters: Mapping[str, str] | None = None
    body: object = None

    def request(self) -> dict[str, Any]:
        """The question as `httpx` takes it."""
        if self.parameters is not None:
            return {"method": "GET", "params": self.parameters}
        content = json.dumps(self.body, separators=(",", ":")).encode("ascii")
        headers = {"Content-Type": "application/json"}
        return {"method": "POST", "content": content, "headers": headers}


@frozen
class _Failure:
    """Why there is no answer, and whether there may be one to another try."""

    words: str
    status: int = 0
    errors: tuple[str, ...] = ()
    wait: float | None = None
    passing: bool = False


class Reader:
    """The endpoints that are asked. Safe to use from several threads.

    Args:
        url: scheme, host and port, perhaps a path.
        keys: the API key and the application key; they go into headers and nowhere else.
        clock: what is slept on between attempts.
        transport: in place of the network. The environment's proxies and CA count without it.
        jitter: gives numbers from 0 to 1.
    """

    def __init__(
        self,
        url: str,
        keys: tuple[Secret, Secret],
        *,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._host = urlsplit(url).netloc
        self._keys = keys
        self._clock = clock
        self._transport = transport
        self._jitter = jitter or random.SystemRandom().random
        self._guard = threading.Lock()
        self._client: httpx.Client | None = None
        self._closed = False

    def ask(self, question: Question, model: type[Read], deadline: Deadline) -> Read:
        """The answer to a question.

        Raises:
            ClientError: there is none by the deadline, or it is none of the API's.
        """
        found = self._read(self._document(question, deadline), model)
        if isinstance(found, _Failure):
            raise self._error(question, found)
        return found

    def close(self) -> None:
        """Give up every connection; asks no more."""
        with self._guard:
            client, self._client = self._client, None
            self._closed = True
        if client is not None:
            client.close()

    def __repr__(self) -> str:
        return f"Reader({self._url!r})"

    def _read(self, document: dict[str, Any], model: type[Read]) -> Read | _Failure:
        try:
            return model.of(document)
        except ValueError as error:
            return self._failure(f"an answer that is not the API's: {error}", _OK)

    def _document(self, question: Question, deadline: Deadline) -> dict[str, Any]:
        attempt = 0
        while True:
            attempt += 1
            found = self._exchange(question, deadline)
            if not isinstance(found, _Failure):
                return found
            wait = max(found.wait or 0.0, backoff(attempt, self._jitter()))
            if not found.passing or attempt >= ATTEMPTS or wait >= deadline.remaining():
                # Not raised where an error of httpx is being handled: that one holds the keys.
                raise self._error(question, found)
            self._clock.sleep(wait)

    def _exchange(self, question: Question, deadline: Deadline) -> dict[str, Any] | _Failure:
        """The document that one request is answered with, or why there is none."""
        left = max(0.001, deadline.remaining())
        try:
            with self._opened().stream(
                url=self._url + question.path,
                auth=_Keys(self._keys),
                timeout=httpx.Timeout(left, connect=min(_PATIENCE, left)),
                **question.request(),
            ) as response:
                body, whole = _body(response, deadline)
                answer = Answer(response.status_code, dict(response.headers), body)
        except ClientError:
            raise
        except httpx.TransportError as error:
            return self._silence(error)
        except httpx.InvalidURL:
            # Its words are a piece of the proxy's password.
            return self._failure(f"no answer from {self._host}: the proxy's URL makes no sense")
        except Exception as error:  # noqa: BLE001 - TLS files, proxies, encodings, leaked mocks
            return self._failure(f"no answer from {self._host}: {type(error).__name__}: {error}")
        if answer.status == _OK and not whole:
            too_long = len(answer.body) >= _LONGEST_BODY
            words = "too long an answer" if too_long else "no whole answer in time"
            return self._failure(words, _OK)
        document = _decoded(answer.body)
        if answer.status == _OK and isinstance(document, dict):
            return document
        return self._refusal(replace(answer, body=answer.body[:_BEGINNING]), document)

    def _refusal(self, answer: Answer, document: object) -> _Failure:
        """What an answer other than the one hoped for means."""
        ruling = judge(answer, self._hidden)
        words, wait = ruling.words, None
        passing = ruling.verdict is Verdict.RETRY
        if passing:
            wait = asked_wait(answer.status, answer.headers, self._clock.now_ns())
            words += f", asks to wait {wait:.0f} s" if wait else ""
        elif ruling.verdict is Verdict.DELIVERED:
            words = f"an answer without the JSON that was asked for (HTTP {answer.status})"
        elif ruling.verdict is Verdict.UNAUTHORISED:
            said = f": {ruling.detail}" if ruling.detail else ""
            words = (
                f"the keys were refused (HTTP {answer.status}{said}); check DD_API_KEY, DD_APP_KEY "
                "and DD_SITE; the application key needs the permission ci_visibility_read"
            )
        return self._failure(words, answer.status, error_texts(document), wait, passing=passing)

    def _silence(self, error: httpx.TransportError) -> _Failure:
        """No answer: worth another try, unless the certificate or the address is what is wrong."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                said = cause.verify_message
                return self._failure(
                    f"the certificate of {self._host} is not trusted ({said}); SSL_CERT_FILE can "
                    "name a CA"
                )
            # The pool beneath httpx re-raises "from None": the cause is left as the context.
            cause = cause.__cause__ or cause.__context__
        return self._failure(
            f"no answer from {self._host} ({type(error).__name__}: {error})",
            passing=not isinstance(error, httpx.UnsupportedProtocol),
        )

    def _opened(self) -> httpx.Client:
        with self._guard:
            if self._closed:
                raise ClientError("the client is closed")
            if self._client is None:
                self._client = httpx.Client(
                    transport=self._transport,
                    headers={
                        "User-Agent": f"pytest-ddci/{__version__}",
                        "Accept": "application/json",
                        "Accept-Encoding": "gzip",
                    },
                )
            return self._client

    def _failure(
        self,
        words: str,
        status: int = 0,
        errors: tuple[str, ...] = (),
        wait: float | None = None,
        *,
        passing: bool = False,
    ) -> _Failure:
        """A failure in words that no variable of a traceback betrays a key by."""
        said = tuple(map(self._without_keys, errors))
        return _Failure(self._without_keys(words), status, said, wait, passing)

    def _without_keys(self, words: str) -> str:
        return one_line(self._hidden(words), _LONGEST_WORDS)

    def _hidden(self, words: str) -> str:
        """Words that are still to be cut, without the keys."""
        for key in self._keys:
            words = words.replace(key.reveal(), "[redacted]")
        return words

    def _error(self, question: Question, failure: _Failure) -> ClientError:
        return ClientError(
            f"{self._host}{question.path}: {failure.words}",
            status=failure.status,
            errors=failure.errors,
            retry_after=failure.wait,
        )


class Lent(httpx.BaseTransport):
    """A transport that stays open when those who use it are done; its owner closes it."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As the transport does."""
        return self._transport.handle_request(request)


class _Keys(httpx.Auth):
    """Puts the keys into a request's headers, and into no variable that a traceback shows."""

    def __init__(self, keys: tuple[Secret, Secret]) -> None:
        self._keys = keys

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for name, key in zip(("DD-API-KEY", "DD-APPLICATION-KEY"), self._keys, strict=True):
            request.headers[name] = key.reveal()
        yield request


def _decoded(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _body(response: httpx.Response, deadline: Deadline) -> tuple[bytes, bool]:
    """The body, and whether it is all of it; of what is no answer the beginning will do."""
    longest = _LONGEST_BODY if response.status_code == _OK else _BEGINNING
    pieces, size = [], 0
    for piece in response.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > longest or deadline.passed:
            return b"".join(pieces)[:longest], False
    return b"".join(pieces), True
