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
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal

from pytest_ddci.timestamps import parse_rfc3339
from tests.official_client import RefusedError, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

PATH = "/api/v2/ci/pipeline"
KEY = "0123456789abcdef0123456789abcdef"
MAX_EVENTS = 1_000
MAX_BYTES = 5 * 1024 * 1024
OLDEST = timedelta(hours=18)

_OF_ALL = ("id", "name", "pipeline_unique_id", "pipeline_name", "start", "end", "status")
REQUIRED: dict[str, tuple[str, ...]] = {
    "pipeline": ("unique_id", "name", "url", "start", "end", "status", "partial_retry"),
    "stage": _OF_ALL,
    "job": (*_OF_ALL, "url"),
    "step": _OF_ALL,
}
STATUSES = {
    "pipeline": {"success", "error", "canceled", "skipped", "blocked", "running"},
    "stage": {"success", "error", "canceled", "skipped"},
    "job": {"success", "error", "canceled", "skipped", "running"},
    "step": {"success", "error"},
}


@dataclass(frozen=True)
class Fault:
    """What to do with one request instead of the right thing.

    Actions: `answer` with these values; `drop` the connection without an answer; `hang` until
    the server is closed; `drip` the headers, byte by byte, for as long; `drip_body`: the headers
    at once, then the body byte by byte. `None` in a script lets a request pass.
    """

    action: Literal["answer", "drop", "hang", "drip", "drip_body"] = "answer"
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


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


class RefusalError(Exception):
    """What the API answers to a request it does not accept."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class IntakeServer:
    """The server; a context manager that listens from the moment it is made.

    Attributes:
        url: scheme, host and port.
        seen: every request, in order of arrival.
    """

    def __init__(self, faults: Iterable[Fault | None] = (), *, key: str = KEY) -> None:
        self.key = key
        self.seen: list[Seen] = []
        self.faults = deque(faults)
        self.released = threading.Event()
        self._guard = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
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

    def next_fault(self) -> Fault | None:
        with self._guard:
            return self.faults.popleft() if self.faults else None

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


def check_event(event: object) -> None:
    """Hold one event to the rules of the schema that the server enforces.

    Raises:
        RefusalError: it breaks one.
    """
    try:
        resource = event["attributes"]["resource"]  # type: ignore[index] # refused below
        level, status = resource["level"], resource["status"]
        names = REQUIRED[level]
    except (KeyError, TypeError) as error:
        raise RefusalError(400, f"not an event: {error}") from None
    for name in names:
        if resource.get(name) is None and not (name == "end" and status == "running"):
            raise RefusalError(400, f'field "{name}" is required on level "{level}"')
    if status not in STATUSES[level]:
        raise RefusalError(400, f'status "{status}" is not allowed on level "{level}"')
    for name in ("start", "end"):
        _check_time(resource, name)


def _check_time(resource: Mapping[str, Any], name: str) -> None:
    if name not in resource:
        return
    if not isinstance(resource[name], str):
        raise RefusalError(400, "Time.UnmarshalJSON: input is not a JSON string")
    try:
        moment_ns = parse_rfc3339(resource[name])
    except ValueError as error:
        raise RefusalError(400, str(error)) from None
    oldest = datetime.now(timezone.utc) - OLDEST
    if name == "end" and moment_ns < oldest.timestamp() * 1e9:
        detail = 'timestamp attribute "end" cannot be older than 18 hours from the current time'
        raise RefusalError(400, detail)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, intake: IntakeServer) -> None:
        self.intake = intake
        super().__init__(("127.0.0.1", 0), _Handler)

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
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw
        fault = intake.next_fault()
        headers = {name: value for name, value in self.headers.items()}  # noqa: C416 - a Message
        if fault is None:
            self._answer_as_the_api(headers, raw, body)
            return
        intake.keep(Seen(self.path, headers, raw, body, _events(body), fault.status))
        if fault.action == "answer":
            self._answer(fault.status, fault.body, fault.headers)
            return
        self.close_connection = True
        if fault.action == "hang":
            intake.released.wait()
        elif fault.action == "drip":
            self._drip(b"HTTP/1.1 202 Accepted\r\nX-Slow: " + b"a" * 10_000)
        elif fault.action == "drip_body":
            self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: 10000\r\n\r\n" % fault.status)
            self._drip(fault.body or b" " * 10_000)

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

    def _drip(self, data: bytes) -> None:
        for byte in data:
            if self.server.intake.released.wait(0.02):
                return
            self.wfile.write(bytes([byte]))


def _events(body: bytes) -> list[dict[str, Any]]:
    """The events of a body, as far as there are any."""
    try:
        found = json.loads(body)["data"]
    except (ValueError, TypeError, KeyError):
        return []
    return found if isinstance(found, list) else [found]
