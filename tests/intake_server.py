"""A real HTTP server on loopback that answers as the CI Visibility Pipelines intake does.

It refuses what the API refuses (no key, malformed JSON, too many events or bytes, missing fields,
events that ended over 18 hours ago) and keeps every request for the test to look at. A script of
faults makes it misbehave, one fault a request.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.event_rules import RefusalError, check_event
from tests.faults import Fault, misbehave
from tests.official_client import RefusedError, parse

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping
    from types import TracebackType

__all__ = ["KEY", "Fault", "IntakeServer", "RefusalError", "Seen"]

PATH = "/api/v2/ci/pipeline"
KEY = "0123456789abcdef0123456789abcdef"
MAX_EVENTS = 1_000
MAX_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class Seen:
    """One request: as it came, its body without compression, and the status it was given."""

    path: str
    headers: Mapping[str, str]
    raw: bytes
    body: bytes
    events: list[dict[str, Any]]
    status: int

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [event["attributes"]["resource"] for event in self.events]


class IntakeServer:
    """The server; a context manager that listens from the moment it is made.

    Attributes:
        url: scheme, host and port.
        seen: every request, in order of arrival.

    Args:
        faults: the script; it may be endless.
        key: the one that is good.
        tls: makes it speak TLS.
    """

    def __init__(
        self,
        faults: Iterable[Fault | None] = (),
        *,
        key: str = KEY,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.key = key
        self.seen: list[Seen] = []
        self._faults = iter(faults)
        self._due: list[Fault | None] = []
        self.released = threading.Event()
        self._guard = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server = _Server(self, tls)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    @property
    def contract_errors(self) -> list[str]:
        """What Datadog's own client says about the accepted bodies; must be empty.

        It takes a millisecond for each event, so it is asked only where a test asks.
        """
        errors = []
        for seen in self.seen:
            if seen.status == 202:
                try:
                    parse(json.loads(seen.body))
                except RefusedError as error:
                    errors.append(str(error))
        return errors

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """Every accepted event, in order of arrival."""
        return [event for seen in self.seen if seen.status == 202 for event in seen.events]

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources of every accepted event."""
        return [event["attributes"]["resource"] for event in self.accepted]

    def of_level(self, level: str) -> list[dict[str, Any]]:
        """The resources of accepted events of that level, announcements of a run apart."""
        return [
            each
            for each in self.resources
            if each["level"] == level and each["status"] != "running"
        ]

    def close(self) -> None:
        """Release every fault, hang up, stop listening."""
        self.released.set()
        with self._guard:
            connections = list(self._connections)
        for each in connections:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_fault(self, *, unread: bool = False) -> Fault | None:
        """The next fault of the script; with `unread` only one that does not read the request."""
        with self._guard:
            if not self._due:
                self._due = [next(self._faults, None)]
            if unread and (self._due[0] is None or self._due[0].action != "unread"):
                return None
            return self._due.pop()

    def keep(self, seen: Seen) -> None:
        with self._guard:
            self.seen.append(seen)

    def connected(self, connection: socket.socket) -> None:
        with self._guard:
            self._connections.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        with self._guard:
            self._connections.discard(connection)

    def check(self, path: str, headers: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
        """The events of an acceptable request.

        Raises:
            RefusalError: the API would not accept it.
        """
        if path != PATH:
            raise RefusalError(404, "Not Found")
        if "DD-API-KEY" not in headers:
            raise RefusalError(401, "Unauthorized")
        if headers["DD-API-KEY"] != self.key:
            raise RefusalError(403, "Forbidden")
        if len(body) > MAX_BYTES:
            raise RefusalError(413, "Payload Too Large")
        try:
            payload = json.loads(body)
        except ValueError as error:
            raise RefusalError(400, f"malformed JSON: {error}") from None
        events = payload.get("data") if isinstance(payload, dict) else None
        if isinstance(events, dict):
            events = [events]
        if not isinstance(events, list) or not events:
            raise RefusalError(400, "data is required")
        if len(events) > MAX_EVENTS:
            raise RefusalError(400, f"{len(events)} events: at most {MAX_EVENTS} in one request")
        for event in events:
            check_event(event)
        return events

    def __enter__(self) -> IntakeServer:  # noqa: PYI034 - 3.10 has no Self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, intake: IntakeServer, tls: ssl.SSLContext | None) -> None:
        self.intake = intake
        self._tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above it
        """Speak with one client, in its own thread: a handshake may fail or never end."""
        if not self._tls:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.intake.connected(self.connection)

    def finish(self) -> None:
        self.server.intake.disconnected(self.connection)
        super().finish()

    def log_message(self, *_: object) -> None:
        """Silence."""

    def do_POST(self) -> None:
        intake = self.server.intake
        headers = {name: value for name, value in self.headers.items()}  # noqa: C416 - a Message
        if unread := intake.next_fault(unread=True):
            intake.keep(Seen(self.path, headers, b"", b"", [], unread.status))
            self.close_connection = True
            self._answer(unread.status, unread.body, unread.headers)
            return
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw
        fault = intake.next_fault()
        if fault is None:
            self._answer_as_the_api(headers, raw, body)
        elif fault.action == "answer":
            intake.keep(Seen(self.path, headers, raw, body, _events(body), fault.status))
            self._answer(fault.status, fault.body, fault.headers)
        else:
            self.close_connection = True
            if fault.action == "leave" or (fault.accepts and self._is_refused(body)):
                self._answer_as_the_api(headers, raw, body)
                return
            intake.keep(Seen(self.path, headers, raw, body, _events(body), fault.status))
            misbehave(fault, self.wfile, self.connection, intake.released)

    def _is_refused(self, body: bytes) -> bool:
        try:
            self.server.intake.check(self.path, self.headers, body)  # type: ignore[arg-type] # a Message finds names in any case
        except RefusalError:
            return True
        return False

    def _answer_as_the_api(self, headers: Mapping[str, str], raw: bytes, body: bytes) -> None:
        intake = self.server.intake
        try:
            events = intake.check(self.path, self.headers, body)  # type: ignore[arg-type] # a Message finds names in any case
        except RefusalError as refusal:
            intake.keep(Seen(self.path, headers, raw, body, _events(body), refusal.status))
            error = {"detail": refusal.detail, "status": str(refusal.status), "title": "Refused"}
            self._answer(refusal.status, json.dumps({"errors": [error]}).encode() + b"\n")
        else:
            intake.keep(Seen(self.path, headers, raw, body, events, 202))
            self._answer(202, b'{"data":null}\n')

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/vnd.api+json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _events(body: bytes) -> list[dict[str, Any]]:
    """The events of a body, as far as there are any."""
    try:
        found = json.loads(body)["data"]
    except (ValueError, TypeError, KeyError):
        return []
    return found if isinstance(found, list) else [found]
