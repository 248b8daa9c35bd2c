"""Serving: an application is given a socket and a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from threading import Event, Thread
from typing import TYPE_CHECKING

import uvicorn

from pytest_ddci.clock import SECOND, SystemClock
from pytest_ddci.errors import ConfigError, DdciError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_BACKLOG = 2_048
_LONGEST_HEAD = 4 * 1024 * 1024
_GRACE = 3
_BEAT = 0.5


class Socket:
    """A socket that listens.

    Attributes:
        host: the address that it is bound to.
        port: the port; a free one where 0 was asked for.

    Args:
        host: a name or an address.
        port: 0 to 65535.

    Raises:
        ConfigError: it cannot be bound there.
    """

    def __init__(self, host: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            # Of a name with several addresses the one that clients try in any case.
            family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
            self.bound = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
        except (OSError, OverflowError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise ConfigError(f"cannot listen on {host} port {port}: {why}") from error
        self.host, self.port = self.bound.getsockname()[:2]

    @property
    def url(self) -> str:
        """The address of a server that listens there."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class Serving:
    """A server that answers from the moment it is made; a context manager.

    Args:
        app: the application.
        listening: the socket, which is closed with it.
        stopping: is set when the server stops, so that nobody waits any longer.

    Raises:
        DdciError: it cannot be started.
    """

    def __init__(self, app: ASGIApp, listening: Socket, stopping: asyncio.Event) -> None:
        self._listening = listening
        self._stopping = stopping
        self._ready = Event()
        self._ended = Event()
        self._loop = _SteadyLoop()
        self._problem: BaseException | None = None
        config = uvicorn.Config(
            app,
            h11_max_incomplete_event_size=_LONGEST_HEAD,
            http="h11",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
            ws="none",
        )
        self._server = _Server(config, self._ready)
        self._thread = Thread(target=self._run, name="ddci-serve", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise DdciError(f"the server does not start: {self._problem}") from self._problem

    def wait(self) -> None:
        """Wait until it ends by itself, which it does not do; signals are handled meanwhile.

        Raises:
            DdciError: it has ended by itself.
        """
        # Not `join`: a signal that raises in there makes it take the thread for ended.
        while not self._ended.wait(_BEAT):
            continue
        raise self._ended_badly

    def close(self) -> None:
        """Answer what has been asked, within seconds, and stop.

        Raises:
            DdciError: it has ended by itself, or cannot.
        """
        self._server.should_exit = True
        # Closed: the server has ended by itself.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        if self._problem is not None:
            raise self._ended_badly

    @property
    def _ended_badly(self) -> DdciError:
        problem = self._problem
        why = "" if problem is None else f": {type(problem).__name__}: {problem}"
        error = DdciError(f"the server has ended by itself{why}")
        error.__cause__ = problem
        return error

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._server.serve(sockets=[self._listening.bound]))
        except BaseException as problem:  # noqa: BLE001 - it is raised where it is waited for
            self._problem = problem
        finally:
            self._loop.close()
            self._listening.bound.close()
            self._ready.set()
            self._ended.set()


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Event) -> None:
        super().__init__(config)
        self._is_ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._is_ready.set()


class _SteadyLoop(asyncio.SelectorEventLoop):
    """A loop whose time goes on where a test of the same process freezes its own."""

    def __init__(self) -> None:
        super().__init__()
        self._steady = SystemClock()

    def time(self) -> float:
        return self._steady.now_ns() / SECOND
