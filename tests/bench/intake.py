"""An intake on loopback that takes its time with every request and only counts what comes."""

from __future__ import annotations

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 0.05
"""How long it takes for each request."""

_EVENT = re.compile(rb'\{"type":"cipipeline_resource_request"')


class SlowIntake:
    """The server; it listens from the moment it is made.

    Attributes:
        url: scheme, host and port.
        requests: how many came.
        events: how many were in them.
        sent_bytes: how long their bodies were.
    """

    def __init__(self) -> None:
        self.requests = self.events = self.sent_bytes = 0
        self._guard = threading.Lock()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def take(self, body: bytes) -> None:
        """Count a request."""
        events = len(_EVENT.findall(body))
        with self._guard:
            self.requests += 1
            self.events += events
            self.sent_bytes += len(body)

    def close(self) -> None:
        """Stop listening; what was counted stays."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, intake: SlowIntake) -> None:
        self.intake = intake
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Silence."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        due = time.monotonic() + SECONDS
        self.server.intake.take(body)
        time.sleep(max(due - time.monotonic(), 0))
        answer = b'{"data":null}\n'
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
