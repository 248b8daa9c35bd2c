"""`ddci serve`: the API on this machine, over the journals."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

from pytest_ddci.commands.call import DONE, add_settings
from pytest_ddci.config import Secret
from pytest_ddci.errors import ConfigError
from pytest_ddci.local.extra import without_extra
from pytest_ddci.local.faults import ALLOWED, Fault
from pytest_ddci.local.gate import is_loopback
from pytest_ddci.local.setup import HOST, PORT, Setup

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pytest_ddci.commands.call import Call
    from pytest_ddci.local.local_server import LocalServer

HELP = "answer as the API does, on this machine"
KEY = "DDCI_SERVE_API_KEY"
"""The variable with the API key that is good."""

_PORTS = 65_535


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--host", default=HOST, help=f"the address to listen on (default: {HOST}, only from here)"
    )
    parser.add_argument(
        "--port",
        default=str(PORT),
        metavar="N",
        help=f"the port (default: {PORT}; 0: a free one)",
    )
    parser.add_argument(
        "--api-key",
        dest="served_key",
        metavar="KEY",
        help=f"the only good key; others can see it here, so rather set {KEY}",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name that it may be asked by; repeatable",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        help=f"what happens to the next request or requests; repeatable: {ALLOWED}",
    )
    add_settings(parser, "dir")


def run(call: Call) -> int:
    """Serve until a signal says to stop."""
    with _signals_as_interrupts():
        try:
            with _opened(call) as server:
                call.say(f"ddci: listening on {server.url}, journals in {call.directory}")
                server.wait()
        except KeyboardInterrupt:
            call.say("ddci: stopped")
    return DONE


def _opened(call: Call) -> LocalServer:
    try:
        from pytest_ddci.local.local_server import LocalServer  # noqa: PLC0415 - heavy, an extra
    except ModuleNotFoundError as missing:
        raise without_extra("ddci serve", missing) from None
    arguments = call.arguments
    setup = Setup(
        host=arguments.host,
        port=_port(arguments.port),
        key=_key(call),
        names=arguments.allow_host,
        faults=[_fault(text) for text in arguments.fault],
        keep_days=call.config.keep_days,
        keep_mb=call.config.keep_mb,
    )
    if setup.key is None and not is_loopback(setup.host):
        call.say(f"ddci: warning: whoever reaches {setup.host} may send and read; {KEY} is not set")
    return LocalServer(
        call.directory, setup, call.clock, tell=lambda words: call.say(f"ddci: {words}")
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > _PORTS:
        raise ConfigError(f"--port {text}: expected a number from 0 to {_PORTS}")
    return int(text)


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as error:
        raise ConfigError(f"--fault {error}") from None


def _key(call: Call) -> Secret | None:
    """The key that is good; the command line's, else the environment's."""
    said = call.arguments.served_key
    text = (call.environ.get(KEY, "") if said is None else said).strip()
    is_word = text.isascii() and text.isprintable() and " " not in text
    if not is_word or (said is not None and not text):
        name = KEY if said is None else "--api-key"
        raise ConfigError(f"a key is one word of printable ASCII characters: look at {name}")
    return Secret(text) if text else None


@contextlib.contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """SIGTERM does what Ctrl-C does; a signal that is ignored here stays so."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    heeded = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])
