"""Serving: sockets and threads, and what is told when they fail."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.errors import ConfigError, DdciError
from pytest_ddci.local.serving import Serving, Socket

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that nobody asks."""


def test_a_server_that_cannot_start_says_why() -> None:
    listening = Socket("127.0.0.1", 0)
    listening.bound.close()
    with pytest.raises(DdciError, match="the server does not start: "):
        Serving(silent, listening, asyncio.Event())


def test_a_server_that_ends_by_itself_is_not_waited_for_in_vain() -> None:
    serving = Serving(silent, Socket("127.0.0.1", 0), asyncio.Event())
    serving._server.should_exit = True  # noqa: SLF001 - nothing else ends it
    with pytest.raises(DdciError, match=r"^the server has ended by itself$"):
        serving.wait()
    serving.close()


def test_a_server_that_fails_says_so_where_it_is_waited_for_and_closed() -> None:
    listening = Socket("127.0.0.1", 0)
    serving = Serving(silent, listening, asyncio.Event())
    listening.bound.close()
    serving._server.should_exit = True  # noqa: SLF001 - as above
    for ask in (serving.wait, serving.close):
        with pytest.raises(DdciError, match=r"ended by itself: \w*Error: .*descriptor"):
            ask()


def test_nobody_answers_where_a_server_was() -> None:
    serving = Serving(silent, Socket("127.0.0.1", 0), asyncio.Event())
    address = serving._listening.bound.getsockname()  # noqa: SLF001 - where it is
    serving.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:"), ("localhost", "http://127.0.0.1:")],
)
def test_an_address_is_that_of_a_url(host: str, url: str) -> None:
    listening = Socket(host, 0)
    listening.bound.close()
    assert listening.url == f"{url}{listening.port}"
    assert listening.port > 0


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine speaks no IPv6")
def test_an_address_of_ipv6_is_in_brackets() -> None:
    try:
        listening = Socket("::1", 0)
    except ConfigError:
        pytest.skip("this machine has no IPv6 loopback")
    listening.bound.close()
    assert listening.url == f"http://[::1]:{listening.port}"


@pytest.mark.parametrize("host", ["256.0.0.1", "a" * 300])
def test_where_it_cannot_listen_it_says_so(host: str) -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):
        Socket(host, 0)
