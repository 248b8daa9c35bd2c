"""Connections of an intake that another thread may have to end."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Connections:
    """The sockets that threads send through, ended all at once; safe to use from all of them."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._ended = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note what was connected; what httpx calls its trace extension."""
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        found = info["return_value"].get_extra_info("socket")
        if not isinstance(found, socket.socket):
            return
        with self._guard:
            self._sockets.add(found)
            late = self._ended
        # It is in no pool that anybody will close: who uses it has to find it useless. This is the
        # thread that uses it, so it may be closed; of one that is only shut down Python would
        # leave the TLS socket open that it makes next.
        if late:
            with contextlib.suppress(OSError):
                found.close()

    def end(self) -> None:
        """End those that there are, also under a thread that waits, and those still to come."""
        with self._guard:
            sockets, self._ended = list(self._sockets), True
        for each in sockets:
            _hang_up(each)


def _hang_up(connection: socket.socket) -> None:
    """End it for both sides: to close it does not wake a thread that reads, this does."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
