"""The API on a socket of this machine: all that is needed for it, put together."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from pytest_ddci.local.api import LocalApi
from pytest_ddci.local.faults import Faults
from pytest_ddci.local.gate import Gate
from pytest_ddci.local.inbox import Inbox
from pytest_ddci.local.server import application
from pytest_ddci.local.service import Service
from pytest_ddci.local.serving import Serving, Socket

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from pytest_ddci.clock import Clock
    from pytest_ddci.local.exchange import Answer, Asked
    from pytest_ddci.local.setup import Setup


def _unwatched(_: Asked, __: Answer) -> None:
    """Nobody looks on."""


class LocalServer:
    """The four operations of the API over a directory of journals; a context manager.

    It answers from the moment it is made.

    Args:
        directory: of the journals; it is made with the first event.
        setup: what it is told.
        clock: the time.
        tell: is told, from any thread, what the person in front of it should know.
        watch: sees, from any thread, each request and its answer.

    Raises:
        ConfigError: it cannot listen where it should.
        DdciError: it cannot be started.
    """

    def __init__(
        self,
        directory: Path,
        setup: Setup,
        clock: Clock,
        *,
        tell: Callable[[str], object],
        watch: Callable[[Asked, Answer], object] = _unwatched,
    ) -> None:
        listening = Socket(setup.host, setup.port)
        self.url = listening.url
        with contextlib.ExitStack() as stack:
            stack.callback(listening.bound.close)
            inbox = Inbox(directory, clock, tell=tell, keep=(setup.keep_days, setup.keep_mb))
            stack.callback(inbox.close)
            api = stack.enter_context(LocalApi(directory, clock, own=inbox.own))
            service = Service(
                api=api,
                inbox=inbox,
                gate=Gate(setup.host, [listening.host, *setup.names]),
                faults=Faults(setup.faults),
                clock=clock,
                key=setup.key,
                tell=tell,
            )

            def answer(asked: Asked) -> Answer:
                answered = service.answer(asked)
                watch(asked, answered)
                return answered

            stopping = asyncio.Event()
            self._serving = Serving(application(answer, stopping), listening, stopping)
            stack.callback(self._serving.close)
            self._open = stack.pop_all()

    def wait(self) -> None:
        """Wait until a signal raises; arguments and errors as of `Serving.wait`."""
        self._serving.wait()

    def close(self) -> None:
        """Answer what has been asked, and stop."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
