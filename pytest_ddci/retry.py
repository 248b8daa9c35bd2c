"""When to try a request again: a pure policy."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTEMPTS = 5
"""How often one request is tried at most."""

_FIRST = 0.5
_LONGEST = 8.0
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?")
_TOO_MANY = 429
# Beyond this a reset is a unix timestamp, not a number of seconds (dd-trace-py, PR 17170).
_TIMESTAMP = 1_000_000_000.0


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after a failed attempt: 0.5 doubled each time, at most 8, less jitter.

    Args:
        attempt: how many attempts have failed, from 1.
        jitter: from 0 (half the wait) to 1 (all of it).
    """
    wait = min(_LONGEST, _FIRST * 2.0 ** min(attempt - 1, 16))
    return wait * (0.5 + jitter / 2)


def asked_wait(status: int, headers: Mapping[str, str], now_ns: int) -> float | None:
    """Seconds the answer asks to wait; None when it does not.

    `Retry-After` (seconds or an HTTP date, RFC 9110) counts for every status, Datadog's
    `X-RateLimit-Reset` (seconds or a unix timestamp) only for 429: other answers carry it too.

    Args:
        status: of the answer.
        headers: of the answer, with lower-case names.
        now_ns: the time, in nanoseconds since the epoch.
    """
    asked = _seconds(headers.get("retry-after", ""), now_ns)
    if asked is None and status == _TOO_MANY:
        asked = _seconds(headers.get("x-ratelimit-reset", ""), now_ns)
    return asked


def _seconds(text: str, now_ns: int) -> float | None:
    text = text.strip()
    now = now_ns / SECOND
    if _NUMBER.fullmatch(text):
        number = float(text)
        return max(0.0, number - now) if number >= _TIMESTAMP else number
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, moment.timestamp() - now)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
