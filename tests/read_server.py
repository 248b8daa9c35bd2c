"""A real HTTP server on loopback that gives events in pages as the read side does.

A script of faults makes it misbehave, one fault a request; `None` lets a request pass.
"""

from __future__ import annotations

import base64
import gzip
import json
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pytest_ddci.errors import QueryError
from pytest_ddci.queries import AggregateRequest, SearchRequest
from tests.read_api import API_KEY, APP_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

EVENTS = "/api/v2/ci/pipelines/events"


@dataclass(frozen=True)
class Fault:
    """What to do with one request instead of the right thing.

    Actions: `answer` with these values; `cut` the body off after half of it; `hang` until the
    server is closed.
    """

    action: Literal["answer", "cut", "hang"] = "answer"
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class ReadServer:
    """The server; a context manager that listens from the moment it is made.

    Attributes:
        url: scheme, host and port.
        seen: every request, in order of arrival.

    Args:
        count: how many events there are; their ids are numbers from 0.
        faults: the script.
        compressed: whether bodies are compressed for those who say they take it.
    """

    def __init__(
        self, count: int = 0, faults: Iterable[Fault | None] = (), *, compressed: bool = False
    ) -> None:
        self.seen: list[Seen] = []
        self.count = count
        self.compressed = compressed
        self.released = threading.Event()
        self._faults = deque(faults)
        self._guard = threading.Lock()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def next_fault(self, seen: Seen) -> Fault | None:
        with self._guard:
            self.seen.append(seen)
            return self._faults.popleft() if self._faults else None

    def answer(self, seen: Seen) -> tuple[int, dict[str, Any]]:
        """What the API answers: status and document."""
        if (seen.headers.get("DD-API-KEY"), seen.headers.get("DD-APPLICATION-KEY")) != (
            API_KEY,
            APP_KEY,
        ):
            return 403, {"errors": ["Forbidden"]}
        try:
            if seen.path.endswith("/aggregate"):
                return 200, self._buckets(AggregateRequest.from_wire(seen.body))
            if seen.method == "GET":
                return 200, self._page(SearchRequest.from_parameters(seen.parameters))
            return 200, self._page(SearchRequest.from_wire(seen.body))
        except QueryError as error:
            return 400, {"errors": list(error.errors)}

    def close(self) -> None:
        """Release every fault, stop listening."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> ReadServer:  # noqa: PYI034 - 3.10 has no Self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _page(self, request: SearchRequest) -> dict[str, Any]:
        start = int(base64.urlsafe_b64decode(request.page.cursor)) if request.page.cursor else 0
        numbers = range(start, min(self.count, start + request.page.limit))
        after = base64.urlsafe_b64encode(str(numbers.stop).encode("ascii")).decode("ascii")
        data = [
            {
                "id": str(number),
                "type": "cipipeline",
                "attributes": {"ci_level": "job", "attributes": {"ci": {"job": {"id": number}}}},
            }
            for number in numbers
        ]
        # As recorded from the API: a cursor even with an empty last page.
        meta = {"elapsed": 1, "request_id": "r", "status": "done", "page": {"after": after}}
        return {"data": data, "meta": meta}

    def _buckets(self, request: AggregateRequest) -> dict[str, Any]:
        computes = {f"c{number}": float(self.count) for number, _ in enumerate(request.compute)}
        by = {group.facet: "all" for group in request.group_by}
        buckets = [{"by": by, "computes": computes}]
        return {"data": {"buckets": buckets}, "meta": {"status": "done"}}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, read: ReadServer) -> None:
        self.read = read
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Silence."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        read = self.server.read
        parts = urlsplit(self.path)
        seen = Seen(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            dict(self.headers.items()),
            self.rfile.read(int(self.headers.get("Content-Length", "0"))),
        )
        fault = read.next_fault(seen)
        if fault is not None and fault.action == "answer":
            self._answer(fault.status, fault.body, fault.headers)
            return
        if fault is not None and fault.action == "hang":
            self.close_connection = True
            read.released.wait()
            return
        status, document = read.answer(seen)
        body = json.dumps(document).encode("ascii") + b"\n"
        if fault is not None:
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
            self.wfile.write(body[: len(body) // 2])
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        headers = {"Content-Type": "application/json"}
        if read.compressed and "gzip" in self.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        self._answer(status, body, headers)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
