"""A transport that answers as the read side does, by a script; and what it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

API_KEY = "0123456789abcdef0123456789abcdef"
APP_KEY = "fedcba9876543210fedcba9876543210fedcba98"
EMPTY: dict[str, Any] = {"data": [], "meta": {"elapsed": 24, "request_id": "r", "status": "done"}}
JOB = {
    "level": "job",
    "id": "j",
    "name": "build",
    "pipeline_unique_id": "p",
    "pipeline_name": "nightly",
    "url": "https://ci.example/j",
    "start": "2026-11-22T05:40:00Z",
    "end": "2026-11-22T05:41:00Z",
    "status": "success",
}
"""A resource that the write side accepts."""

Reply = httpx.Response | Exception


def events(*ids: str, after: str | None = None, **meta: Any) -> httpx.Response:  # noqa: ANN401 - any field of meta
    """A page with these events."""
    data = [{"id": each, "type": "cipipeline", "attributes": {}} for each in ids]
    return httpx.Response(200, json={"data": data, "meta": {"page": {"after": after}, **meta}})


class ReadApi(httpx.BaseTransport):
    """Answers by a script, then with nothing found; it keeps the requests.

    Attributes:
        closed: how often it was closed.
    """

    def __init__(self, *script: Reply | Callable[[httpx.Request], Reply]) -> None:
        self.requests: list[httpx.Request] = []
        self.closed = 0
        self._script = list(script)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        reply = self._script.pop(0) if self._script else httpx.Response(200, json=EMPTY)
        if not isinstance(reply, (httpx.Response, Exception)):
            reply = reply(request)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def close(self) -> None:
        self.closed += 1

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(each.content) for each in self.requests]
