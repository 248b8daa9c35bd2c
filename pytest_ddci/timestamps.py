"""Moments as the API wants them: RFC 3339 in UTC, start and end at most a year apart.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/, operation text and the
`start` and `end` of `CIAppPipelineEvent*`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from pytest_ddci.limits import cut

_SECOND_NS = 1_000_000_000

YEAR_NS = 365 * 86_400 * _SECOND_NS
"""Nanoseconds from start to end. API: "cannot be longer than 1 year"; leap days not counted on."""

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
# Held as instances: a library that freezes time replaces the class, not what was made of it.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: arithmetic in UTC only
_FIRST_SECOND = (datetime(1, 1, 1) - _EPOCH) // timedelta(seconds=1)  # noqa: DTZ001 - as above
_LAST_SECOND = (datetime(9999, 12, 31, 23, 59, 59) - _EPOCH) // timedelta(seconds=1)  # noqa: DTZ001 - as above


def span(start_ns: int, end_ns: int) -> tuple[int, int]:
    """Start and end such that start <= end <= start + one year.

    Where a clock lied, the end is lifted to the start; where the two are too far apart, the
    start is moved: the end is what the API dates an event by.
    """
    end_ns = max(start_ns, end_ns)
    return max(start_ns, end_ns - YEAR_NS), end_ns


_SIX = " ".join(["%s.%06dZ"] * 6)


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    bounded = min(max(seconds, _FIRST_SECOND), _LAST_SECOND)
    return (_EPOCH + timedelta(seconds=bounded)).isoformat()


def rfc3339(ns: int) -> str:
    """Nanoseconds since the epoch as `2026-11-22T05:40:00.123456Z`, rounded down.

    API: "The time format must be RFC3339". Years outside of 1 to 9999 become the nearest.
    """
    return f"{_second(ns // _SECOND_NS)}.{ns // 1_000 % 1_000_000:06d}Z"


def rfc3339_six(moments: tuple[int, int, int, int, int, int]) -> list[str]:
    """As `rfc3339`, of start and end of three phases, in their order.

    Nearly always all are within one second, and then one go costs a third of six.
    """
    a, b, c, d, e, f = moments
    second = a // _SECOND_NS
    base = second * _SECOND_NS
    if f - base >= _SECOND_NS:
        return list(map(rfc3339, moments))
    at = _second(second)
    texts = _SIX % (
        *(at, (a - base) // 1_000, at, (b - base) // 1_000, at, (c - base) // 1_000),
        *(at, (d - base) // 1_000, at, (e - base) // 1_000, at, (f - base) // 1_000),
    )
    return texts.split()


def parse_rfc3339(text: str) -> int:
    """Nanoseconds since the epoch of an RFC 3339 time.

    Raises:
        ValueError: the text is no such time; an offset or `Z` is needed.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"{cut(text, 40)!r} is no RFC 3339 time such as {rfc3339(0)}")
    *numbers, fraction, sign, hours, minutes = found.groups()
    try:
        moment = datetime(*map(int, numbers))  # type: ignore[arg-type] # noqa: DTZ001 - six ints; as above
    except ValueError as problem:
        raise ValueError(f"{text!r} is no RFC 3339 time: {problem}") from None
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    if sign:
        seconds -= int(f"{sign}1") * (int(hours) * 3_600 + int(minutes) * 60)
    return seconds * _SECOND_NS + int(f"{fraction or 0:0<9}"[:9])
