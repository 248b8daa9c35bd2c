"""The gate: which requests are let in at all.

A page in a browser can send requests to a server on the same machine: by another name for it, which
its owner's DNS gives it ("DNS rebinding"), or across origins. Programs ask by an address that they
were told, and have no origin.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING

from pytest_ddci.local.demands import shown
from pytest_ddci.local.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:@/?#\s]+))(?::\d{1,5})?", re.ASCII)
_OWN_FETCHES = frozenset({"same-origin", "none"})


class Gate:
    """Knows the server's own names.

    Args:
        host: what the server is bound to. Where that is every address of the machine, it may be
            asked by any address; a name that is not known may still be anybody's.
        names: other names that it may be asked by.
    """

    def __init__(self, host: str, names: Iterable[str] = ()) -> None:
        self._names = _LOOPBACK | {host.lower()} | {name.lower() for name in names}
        self._any_address = _is_address(host) and ip_address(host).is_unspecified

    def check(self, headers: Mapping[str, str]) -> None:
        """Let a request in.

        Args:
            headers: by their names in lower case.

        Raises:
            RefusalError: it is for another host (421), or a browser's from another origin (403).
        """
        host = headers.get("host", "").lower()
        if not self._is_own(host):
            raise RefusalError(
                HTTPStatus.MISDIRECTED_REQUEST, f"Host {shown(host)} is none of this server's"
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}":
            raise RefusalError(HTTPStatus.FORBIDDEN, f"Origin {shown(origin)} is another one")
        site = headers.get("sec-fetch-site", "none")
        if site not in _OWN_FETCHES:
            raise RefusalError(HTTPStatus.FORBIDDEN, f"Sec-Fetch-Site {shown(site)}")

    def _is_own(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found[1] or found[2]
        return name in self._names or (self._any_address and _is_address(name))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that is bound to it."""
    return host.lower() == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
