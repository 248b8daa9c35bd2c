"""Faults that a server is told to have, so that clients can be tested with them."""

from __future__ import annotations

import re
from dataclasses import field, replace
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Literal, cast, get_args

from pytest_ddci.frozen import frozen
from pytest_ddci.limits import cut
from pytest_ddci.local.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Operation = Literal["send", "list", "search", "aggregate"]
OPERATIONS: tuple[str, ...] = get_args(Operation)

MOST_SECONDS = 3_600.0
"""The longest delay."""

ALLOWED = (
    "STATUS or ok, with xTIMES or x* behind it, then any of ,delay=SECONDS ,on=OPERATION and "
    ",HEADER=VALUE, such as 429x3,X-RateLimit-Reset=1 or ok,delay=2"
)
"""What a fault looks like on the command line."""

_WHAT = re.compile(r"(ok|[345]\d\d)(?:x(\*|[1-9]\d{0,8}))?", re.ASCII)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_STATUSES = frozenset(status.value for status in HTTPStatus) - {HTTPStatus.NOT_MODIFIED}
# As the API sends them with every 429.
_LIMITED = {
    "X-RateLimit-Limit": "300",
    "X-RateLimit-Period": "3600",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": "1",
}


@frozen
class Fault:
    """What happens to requests.

    Attributes:
        status: the HTTP status that is answered in place of anything else being done; None: the
            right thing is done.
        times: how many requests it happens to; None: all.
        delay: seconds before the answer.
        on: which operation it happens to; None: any.
        headers: of the answer; those of the rate limit come by themselves with a 429.
    """

    status: int | None = None
    times: int | None = 1
    delay: float = 0.0
    on: Operation | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Fault:
        """The fault that a text describes; see `ALLOWED`.

        Raises:
            ValueError: it describes none; the message says what is allowed.
        """
        what, *rest = text.split(",")
        found = _WHAT.fullmatch(what.strip())
        if found is None or (found[1] != "ok" and int(found[1]) not in _STATUSES):
            raise ValueError(f"{cut(what, 60)!r} is no fault: expected {ALLOWED}")
        times = None if found[2] == "*" else int(found[2] or 1)
        fault = cls(None if found[1] == "ok" else int(found[1]), times)
        for part in rest:
            fault = fault._with(part)
        return fault

    def _with(self, part: str) -> Fault:
        name, sign, value = (each.strip() for each in part.partition("="))
        if not sign or not _HEADER.fullmatch(name):
            raise ValueError(f"{cut(part, 60)!r} in a fault: expected {ALLOWED}")
        if name == "delay":
            return replace(self, delay=_seconds(value))
        if name == "on":
            if value not in OPERATIONS:
                allowed = ", ".join(OPERATIONS)
                raise ValueError(f"on={cut(value, 60)} in a fault: expected one of {allowed}")
            return replace(self, on=cast("Operation", value))
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"{name} in a fault: expected printable ASCII characters")
        return replace(self, headers={**self.headers, name: value})

    @property
    def refusal(self) -> RefusalError | None:
        """What is answered in place of the right thing, if so."""
        if self.status is None:
            return None
        headers = {**self.headers}
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            said = {name.lower() for name in headers}
            headers |= {name: each for name, each in _LIMITED.items() if name.lower() not in said}
        return RefusalError(self.status, headers=headers)


class Faults:
    """A script of faults. May be used from several threads.

    Args:
        script: each is over when it has happened as often as it should, and the next one begins;
            those on one operation do not hold up the others.
    """

    def __init__(self, script: Iterable[Fault] = ()) -> None:
        self._due = [*script]
        self._lock = Lock()

    def next(self, operation: str) -> Fault | None:
        """The fault of a request; None: there is none."""
        with self._lock:
            for place, fault in enumerate(self._due):
                if fault.on in (None, operation):
                    if fault.times is not None:
                        left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                        self._due[place : place + 1] = left
                    return fault
        return None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MOST_SECONDS:
        raise ValueError(
            f"delay={cut(text, 60)} in a fault: expected 0 to {MOST_SECONDS:g} seconds"
        )
    return seconds
