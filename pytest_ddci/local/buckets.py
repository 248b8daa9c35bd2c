"""The buckets of a timeseries: where they begin, on the clock of a time zone.

Buckets are aligned to the clock: of 5 minutes, they begin at :00, :05 and so on; of a day, at
midnight there, however long that day is; of weeks, on Mondays. So the first and the last one may
reach beyond the window (https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/,
`CIAppCompute`: "defaults to a resolution of 150 points").
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND
from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.sql import bound, filled
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

POINTS = 150
"""Points of a timeseries at most, where its request names no interval."""

_MINUTE = 60 * SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY
LONGEST = 500 * _WEEK
"""Nanoseconds of the longest interval. Ours: what is calculated with must stay in a BIGINT."""

_MONDAY = 4 * _DAY
_EVER = 2**63
_ROUND = (
    *(SECOND * count for count in (1, 2, 5, 10, 15, 20, 30)),
    *(_MINUTE * count for count in (1, 2, 5, 10, 15, 20, 30)),
    *(_HOUR * count for count in (1, 2, 3, 4, 6, 12)),
    *(_DAY * count for count in (1, 2, 3, 4)),
    *(_WEEK * count for count in (1, 2, 4, 8, 13, 26, 52)),
)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def default_interval(start_ns: int, end_ns: int) -> int:
    """The shortest round interval of which a window has at most 150 buckets, in nanoseconds."""
    start_ns, end_ns = max(start_ns, -_EVER), min(end_ns, _EVER)
    for interval in _ROUND:
        if _count(start_ns, end_ns, interval) <= POINTS:
            return interval
    weeks = 52
    while _count(start_ns, end_ns, weeks * _WEEK) > POINTS:
        weeks += 52
    return weeks * _WEEK


class Buckets:
    """Buckets of one width within the time that events span.

    Args:
        interval_ns: how long each is, in nanoseconds; at most `LONGEST`.
        zone: whose clock they are aligned to.
        start_ns: the time of the first event.
        end_ns: the time of the last one.
    """

    def __init__(self, interval_ns: int, zone: tzinfo, start_ns: int, end_ns: int) -> None:
        self._interval = interval_ns
        self._zone = zone
        self._offsets = list(_offsets(zone, start_ns, end_ns))
        # A clock that is put back tells the same hour twice: two buckets. But a longer bucket
        # begins once, and lasts longer.
        self._is_local = _HOUR % interval_ns != 0

    @property
    def sql(self) -> Sql:
        """The bucket of an event, by its column `time`."""
        *earlier, (_, last) = self._offsets
        cases = Sql("")
        for until, offset in earlier:
            when = '{0} WHEN "time" < {1} THEN {2}'
            cases = filled(when, cases, bound(until), bound(offset))
        then = filled("CASE {0} ELSE {1} END", cases, bound(last)) if earlier else bound(last)
        origin = bound(_MONDAY if self._interval % _WEEK == 0 else 0)
        clock = filled('("time" + {0} - {1})', then, origin)
        # The remainder of a negative number is negative.
        begins = filled(
            "({0} - ({0} % {1} + {1}) % {1} + {2})", clock, bound(self._interval), origin
        )
        return begins if self._is_local else filled("({0} - {1})", begins, then)

    def time(self, bucket: int) -> str:
        """When a bucket of `sql` begins, as the API writes it: to the millisecond, in UTC."""
        if self._is_local:
            clock = _EPOCH + timedelta(microseconds=bucket // 1_000)
            at = clock.replace(tzinfo=self._zone)
            bucket = (at - _EPOCH) // _MICROSECOND * 1_000
        return f"{rfc3339(bucket)[:-4]}Z"


def _count(start_ns: int, end_ns: int, interval_ns: int) -> int:
    """Buckets that a window has at most, wherever the first one begins."""
    return (end_ns - start_ns) // interval_ns + 2


def _offsets(zone: tzinfo, start_ns: int, end_ns: int) -> Iterator[tuple[int, int]]:
    """The clock's offsets from UTC in a time, each with the moment at which it ends."""
    offset = _offset(zone, start_ns)
    while start_ns < end_ns:
        following = min(start_ns + _DAY, end_ns)
        changed = _offset(zone, following)
        if changed != offset:
            yield _change(zone, start_ns, following), offset
            offset = changed
        start_ns = following
    yield end_ns, offset


def _change(zone: tzinfo, before_ns: int, after_ns: int) -> int:
    """The first second at which a clock has its new offset, in nanoseconds."""
    before, after = before_ns // SECOND, -(-after_ns // SECOND)
    offset = _offset(zone, before * SECOND)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle * SECOND) == offset:
            before = middle
        else:
            after = middle
    return after * SECOND


def _offset(zone: tzinfo, ns: int) -> int:
    at = (_EPOCH + timedelta(seconds=ns // SECOND)).astimezone(zone).utcoffset()
    return 0 if at is None else at // _MICROSECOND * 1_000
