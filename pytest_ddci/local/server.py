"""The service over HTTP, as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pytest_ddci.local.bodies import read_body
from pytest_ddci.local.exchange import Asked
from pytest_ddci.local.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pytest_ddci.local.exchange import Answer


def application(answer: Callable[[Asked], Answer], stopping: asyncio.Event) -> ASGIApp:
    """The application.

    Args:
        answer: answers a request; it is called from threads.
        stopping: set when nobody should wait any longer.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            asked = await _asked(request)
        except ClientDisconnect:
            return
        answered = await run_in_threadpool(answer, asked)
        await _wait(answered.delay, stopping)
        response = Response(answered.body, answered.status, {"X-Content-Type-Options": "nosniff"})
        response.headers.update(answered.headers)
        await response(scope, receive, send)

    return app


async def _asked(request: Request) -> Asked:
    unreadable, body = None, b""
    try:
        body = await read_body(request.stream(), request.headers.get("content-encoding", ""))
    except RefusalError as refusal:
        unreadable = refusal
    return Asked(
        method=request.method,
        path=request.scope["path"],
        query=request.scope["query_string"].decode("latin-1"),
        headers=dict(request.headers.items()),
        body=body,
        unreadable=unreadable,
    )


async def _wait(seconds: float, stopping: asyncio.Event) -> None:
    if seconds > 0:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stopping.wait(), seconds)
