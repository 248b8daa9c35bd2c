"""What a server on loopback can do wrong with a request, one thing at a time."""

from __future__ import annotations

import os
import socket
import struct
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import repeat
from math import inf
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from io import BufferedIOBase

Action = Literal[
    "answer", "drop", "reset", "cut", "cut_reset", "part", "hang", "drip", "drip_body",
    "flood", "continue", "garbage", "unread", "leave",
]  # fmt: skip

TEN_GB = 10 * 1024**3
# A reset is what closing does while data that nobody wants to wait for is left.
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """What to do with one request instead of the right thing; `None` in a script is no fault.

    Actions:
        answer: with these values.
        drop: hang up without an answer.
        reset: the same, with a TCP reset.
        part: half of a status line, then hang up.
        cut: the headers and half of the body, then hang up.
        cut_reset: the same, with a TCP reset.
        hang: say nothing.
        drip: the headers, byte by byte, for as long; or the body in their place.
        drip_body: the headers at once, then the body byte by byte.
        flood: a body of 10 GB, as far as anybody listens.
        continue: `100 Continue`, again and again.
        garbage: the body as it is, without status line and headers; then hang up.
        unread: the answer without having read the body of the request, then hang up.
        leave: the right thing, and then hang up without having said so.

    Attributes:
        action: one of these.
        status: what the server has made of the request, also where the client never hears of it:
            with 202 the events are accepted.
        headers: of the answer.
        body: of the answer.
        seconds: when `hang` and `continue` hang up; None: not before the server is closed.
    """

    action: Action = "answer"
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float | None = None

    @property
    def accepts(self) -> bool:
        """Whether the events are accepted although the client may never hear of it."""
        return self.status == HTTPStatus.ACCEPTED and self.action not in {"answer", "leave"}


def misbehave(
    fault: Fault, wfile: BufferedIOBase, connection: socket.socket, released: threading.Event
) -> None:
    """Play a fault that is no answer.

    Args:
        fault: any but `answer`, `unread` and `leave`.
        wfile: to the client.
        connection: the same, for what a file cannot do.
        released: ends whatever lasts.

    Raises:
        OSError: the client has hung up.
    """
    _PLAYS[fault.action](fault, wfile, released)
    if fault.action in {"reset", "cut_reset"}:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        # Closing the socket would say goodbye first.
        os.close(connection.detach())


def _nothing(_: Fault, _wfile: BufferedIOBase, _released: threading.Event) -> None:
    pass


def _part(_: Fault, wfile: BufferedIOBase, _released: threading.Event) -> None:
    wfile.write(b"HTTP/1.1 2")


def _cut(fault: Fault, wfile: BufferedIOBase, _: threading.Event) -> None:
    body = fault.body or b'{"data":null}'
    wfile.write(_head(fault, len(body)) + body[: len(body) // 2])


def _hang(fault: Fault, _: BufferedIOBase, released: threading.Event) -> None:
    released.wait(fault.seconds)


def _drip(fault: Fault, wfile: BufferedIOBase, released: threading.Event) -> None:
    endless = b"HTTP/1.1 202 Accepted\r\nX-Slow: " + b"a" * 10_000
    _slowly(fault.body or endless, wfile, released)


def _drip_body(fault: Fault, wfile: BufferedIOBase, released: threading.Event) -> None:
    wfile.write(_head(fault, 10_000))
    _slowly(fault.body or b" " * 10_000, wfile, released)


def _flood(fault: Fault, wfile: BufferedIOBase, _: threading.Event) -> None:
    piece = fault.body or b"x" * 65_536
    wfile.write(_head(fault, TEN_GB))
    wfile.writelines(repeat(piece, TEN_GB // len(piece)))


def _continue(fault: Fault, wfile: BufferedIOBase, _: threading.Event) -> None:
    end = time.monotonic() + (fault.seconds or inf)
    while time.monotonic() < end:
        wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _garbage(fault: Fault, wfile: BufferedIOBase, _: threading.Event) -> None:
    wfile.write(fault.body)


_PLAYS: dict[Action, Callable[[Fault, BufferedIOBase, threading.Event], None]] = {
    "drop": _nothing,
    "reset": _nothing,
    "part": _part,
    "cut": _cut,
    "cut_reset": _cut,
    "hang": _hang,
    "drip": _drip,
    "drip_body": _drip_body,
    "flood": _flood,
    "continue": _continue,
    "garbage": _garbage,
}


def _head(fault: Fault, length: int) -> bytes:
    lines = [f"HTTP/1.1 {fault.status} X", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in fault.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _slowly(data: bytes, wfile: BufferedIOBase, released: threading.Event) -> None:
    for byte in data:
        if released.wait(0.02):
            return
        wfile.write(bytes([byte]))
