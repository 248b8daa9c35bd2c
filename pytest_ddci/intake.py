"""The intake: sends one batch and says what became of every event of it.

`POST {url}/api/v2/ci/pipeline` with the API key; the only module of the write side that speaks
HTTP. What is expected of a network (refusals, silence, rate limits) comes back as a `Receipt`,
never as an exception.
"""

from __future__ import annotations

import contextlib
import gzip as gzip_format
import random
import ssl
import threading
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import httpx

from pytest_ddci import __version__
from pytest_ddci.body import Body
from pytest_ddci.connections import Connections
from pytest_ddci.endpoints import SEND
from pytest_ddci.receipt import Book
from pytest_ddci.retry import ATTEMPTS, asked_wait, backoff
from pytest_ddci.verdict import Answer, Ruling, Verdict, expanded, judge, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from pytest_ddci.clock import Clock, Deadline
    from pytest_ddci.lines import EventLine
    from pytest_ddci.receipt import Receipt

CONNECTIONS = 4
"""Connections open at once at most."""

PATIENCE = 10.0
"""Seconds one step of a request (connect, write, read) may take."""

# httpx itself imports it when a client is made: a test may have broken imports by then.
with contextlib.suppress(ImportError):
    import httpcore  # noqa: F401 - as said

create_ssl_context = httpx.create_ssl_context

_LONGEST_BODY = 64 * 1024
_HOPELESS = 20
"""Refused events in a row, with none accepted, before refused parts are no longer divided."""


class Intake:
    """The endpoint that receives events, seen by one flush.

    Safe to use from several threads. Once an answer has shown that no request can succeed (the
    key, the address), every later batch is kept without another request; once a request has
    failed all its attempts, later ones get a single attempt until one succeeds.

    Attributes:
        url: where requests go.
        unfit: whether a request has failed of what no network does, but the tests' leftovers may.

    Args:
        url: scheme, host and port, such as `https://api.datadoghq.eu`.
        api_key: goes into a header and nowhere else.
        clock: what is slept on between attempts.
        gzip: compress bodies; the API does not document it.
        transport: in place of the network, for tests. The environment's proxies and CA
            (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, `SSL_CERT_DIR`) count without it.
        jitter: gives numbers from 0 to 1.
        patience: seconds one step of a request may take; the deadline may allow less.
        tls: makes the settings of TLS, for which it reads all certificates of the CAs.
        redact: takes secrets out of what a server or the network says; the key is taken out
            without it.
    """

    def __init__(  # noqa: PLR0913 - what it is made of, by name
        self,
        url: str,
        api_key: str,
        *,
        clock: Clock,
        gzip: bool = False,
        transport: httpx.BaseTransport | None = None,
        jitter: Callable[[], float] | None = None,
        patience: float = PATIENCE,
        tls: Callable[[], ssl.SSLContext] = create_ssl_context,
        redact: Callable[[str], str] = str,
    ) -> None:
        self.url = url.rstrip("/") + SEND
        self._host = urlsplit(url).netloc.rpartition("@")[2]
        self._key = api_key
        self._clock = clock
        self._gzip = gzip
        self._transport = transport
        # Not the shared generator: a draw from it would change what the user's tests draw.
        self._jitter = jitter or random.SystemRandom().random
        self._patience = patience
        self._tls = tls
        self._redact = redact
        self._guard = threading.Lock()
        self._client: httpx.Client | None = None
        self._connections = Connections()
        self._stop = _key_problem(api_key)
        self._weary = False
        self.unfit = False

    @property
    def unauthorised(self) -> bool:
        """Whether the key was found to be of no use."""
        return self._stop is not None and self._stop.verdict is Verdict.UNAUTHORISED

    def send(
        self, batch: Sequence[EventLine], deadline: Deadline, *, attempts: int = ATTEMPTS
    ) -> Receipt:
        """Send the events of a batch, in order; returns soon after the deadline.

        A batch that is too large (413) is halved. Of a batch with something wrong in it (400,
        422) the offenders are found by halving, and the others are delivered.

        A server that sends its headers byte by byte can hold one call for longer: whoever must
        not wait closes the intake from another thread.
        """
        book = Book()
        parts = [tuple(batch)] if batch else []
        while parts:
            part = parts.pop()
            ruling = self._ask(part, deadline, attempts, book)
            halves = (part[len(part) // 2 :], part[: len(part) // 2])
            if ruling.verdict is Verdict.DELIVERED:
                book.deliver(part)
            elif ruling.verdict is Verdict.SPLIT and len(part) > 1:
                parts += halves
            elif ruling.verdict in {Verdict.SPLIT, Verdict.REJECTED} and len(part) == 1:
                book.reject(part[0], ruling)
            elif ruling.verdict is Verdict.REJECTED and book.refused_in_a_row < _HOPELESS:
                parts += halves
            else:
                book.keep(part, ruling.words)
        return book.receipt()

    def probe(self, deadline: Deadline, *, gzip: bool = False) -> Ruling:
        """What the API answers to an empty batch; for diagnosis, one attempt."""
        if self._stop:
            return self._stop
        return self._exchange(Body(()), deadline, gzip=gzip)

    def close(self) -> None:
        """Give up every connection, also those that another thread waits on; sends no more."""
        with self._guard:
            client, self._client = self._client, None
            if self._stop is None:
                self._stop = Ruling(Verdict.STOPPED, f"no answer from {self._host} in time")
        self._connections.end()
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()

    def __enter__(self) -> Intake:  # noqa: PYI034 - not made to be subclassed; 3.10 has no Self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Intake({self.url!r})"

    def _ask(
        self, part: Sequence[EventLine], deadline: Deadline, attempts: int, book: Book
    ) -> Ruling:
        """The ruling on one request, after as many attempts as are allowed."""
        body = Body(part)
        ruling = Ruling(Verdict.KEPT, "no time was left")
        for attempt in count(1):
            if self._stop:
                return self._stop
            if deadline.passed:
                break
            book.requests += 1
            book.sent_bytes += body.size
            ruling = self._exchange(body, deadline, gzip=self._gzip)
            if ruling.verdict is not Verdict.RETRY:
                self._weary = False
                if ruling.verdict in {Verdict.STOPPED, Verdict.UNAUTHORISED}:
                    self._stop = ruling
                return ruling
            wait = max(ruling.wait or 0.0, backoff(attempt, self._jitter()))
            if attempt >= attempts or self._weary or wait >= deadline.remaining():
                break
            self._clock.sleep(wait)
        if ruling.verdict is Verdict.RETRY:
            self._weary = True
        return self._stop or ruling

    def _exchange(self, body: Body, deadline: Deadline, *, gzip: bool) -> Ruling:
        """One request and the ruling on its answer, or on its absence."""
        headers = {"DD-API-KEY": self._key, "Content-Type": "application/json"}
        content: bytes | Body = body
        if gzip:
            headers["Content-Encoding"] = "gzip"
            content = gzip_format.compress(b"".join(body), 6, mtime=0)
        else:
            headers["Content-Length"] = str(body.size)
        try:
            with self._opened().stream(
                "POST",
                self.url,
                content=content,
                headers=headers,
                timeout=max(0.001, min(self._patience, deadline.remaining())),
                extensions={"trace": self._connections.trace},
            ) as response:
                answer = _answered(response, deadline)
        except httpx.UnsupportedProtocol as error:
            ruling = Ruling(Verdict.STOPPED, f"cannot reach {self.url}: {error}")
        except httpx.TransportError as error:
            ruling = self._silence(error)
        except httpx.InvalidURL:
            # Its words are a piece of the proxy's password.
            words = f"cannot reach {self._host}: the URL of the proxy makes no sense"
            ruling = Ruling(Verdict.STOPPED, words)
        except Exception as error:  # noqa: BLE001 - TLS files, proxies, leaked mocks: all kept
            hint = "; is SSL_CERT_FILE right?" if isinstance(error, OSError) else ""
            words = f"cannot reach {self._host}: {type(error).__name__}: {error}{hint}"
            ruling = Ruling(Verdict.STOPPED, words)
            self.unfit = self.unfit or not isinstance(error, OSError)
        else:
            ruling = judge(answer, self._without_secrets)
            if ruling.verdict is Verdict.RETRY:
                asked = asked_wait(answer.status, answer.headers, self._clock.now_ns())
                words = f"{ruling.words}, asks to wait {asked:.0f} s" if asked else ruling.words
                ruling = replace(ruling, wait=asked, words=words)
        return replace(ruling, words=one_line(self._without_secrets(ruling.words)))

    def _silence(self, error: httpx.TransportError) -> Ruling:
        """No answer: worth another try, unless the certificate is what is wrong."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                words = f"the certificate of {self._host} is not trusted ({cause.verify_message})"
                return Ruling(Verdict.STOPPED, f"{words}; SSL_CERT_FILE can name a CA")
            # The pool beneath httpx re-raises "from None": the cause is left as the context.
            cause = cause.__cause__ or cause.__context__
        return Ruling(
            Verdict.RETRY, f"no answer from {self._host} ({type(error).__name__}: {error})"
        )

    def _opened(self) -> httpx.Client:
        with self._guard:
            if self._stop:
                raise httpx.TransportError("closed")
            if self._client is None:
                self._client = httpx.Client(
                    transport=self._transport,
                    # There is nothing to verify without TLS, and reading certificates takes time.
                    verify=self._tls() if self.url.startswith("https:") else False,
                    limits=httpx.Limits(
                        max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS
                    ),
                    headers={
                        "User-Agent": f"pytest-ddci/{__version__}",
                        "Accept": "application/json",
                        "Accept-Encoding": "identity",
                    },
                )
            return self._client

    def _without_secrets(self, words: str) -> str:
        return self._redact(words.replace(self._key, "[redacted]") if self._key else words)


def _answered(response: httpx.Response, deadline: Deadline) -> Answer:
    """The answer with as much of its body as comes in time; the status already says the most."""
    body, whole = bytearray(), False
    with contextlib.suppress(httpx.RequestError):
        # Not by httpx's own iterators: those expand whatever is compressed, without bounds.
        for piece in cast("httpx.SyncByteStream", response.stream):
            body += piece
            if len(body) >= _LONGEST_BODY or deadline.passed:
                break
        else:
            whole = True
    headers = dict(response.headers)
    encoding, read = headers.get("content-encoding", ""), bytes(body[:_LONGEST_BODY])
    read = expanded(read, encoding, _LONGEST_BODY)
    return Answer(response.status_code, headers, read, whole=whole)


def _key_problem(key: str) -> Ruling | None:
    """The ruling on a key that no header can carry; the words do not show it."""
    if key and key.isascii() and key.isprintable() and " " not in key:
        return None
    said = "is not set" if not key.strip() else "is no API key: blanks, line ends or non-ASCII"
    return Ruling(Verdict.UNAUTHORISED, f"DD_API_KEY {said}; nothing was sent")
