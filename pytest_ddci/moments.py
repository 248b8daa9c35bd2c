"""Times and durations as the read side of the API writes them: pure, in nanoseconds.

Sources: the API's schema ("supports date, math, and regular timestamps (in milliseconds)",
https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/#search-pipelines-events), the
arguments of the log list it descends from (ISO 8601 "with minute, second or millisecond
precision", `now - 1h`), and https://docs.datadoghq.com/dashboards/guide/custom_time_frames/ for
the units. Rounding (`now/d`) is documented nowhere and refused.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from pytest_ddci.errors import QueryError
from pytest_ddci.limits import cut
from pytest_ddci.timestamps import parse_rfc3339, rfc3339

FROM = "now-15m"
"""Where a window begins by default (API schema)."""
TO = "now"
"""Where a window ends by default (API schema)."""

MILLISECOND = 1_000_000
"""Nanoseconds in a millisecond."""

_SECOND = 1_000 * MILLISECOND
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "ms": MILLISECOND,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3_600 * _SECOND,
    "d": 86_400 * _SECOND,
    "w": 7 * 86_400 * _SECOND,
}
_NAMES = {
    "ns": "nanosecond nanoseconds",
    "us": "\N{MICRO SIGN}s \N{GREEK SMALL LETTER MU}s microsecond microseconds",
    "ms": "millisecond milliseconds",
    "s": "sec secs second seconds",
    "m": "min mins minute minutes",
    "h": "hr hrs hour hours",
    "d": "day days",
    "w": "wk wks week weeks",
}
_DURATIONS = _UNITS | {
    name: _UNITS[unit] for unit, names in _NAMES.items() for name in names.split()
}
_INTERVALS = {unit: _UNITS[unit] for unit in ("ms", "s", "m", "h", "d", "w")}

_MATH = re.compile(r"now(?:\s*([+-])\s*(\d{1,9})([a-zA-Z]{1,12}))?", re.ASCII)
_MILLISECONDS = re.compile(r"-?\d{1,17}", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[Tt](\d\d:\d\d)(:\d\d(?:[.,]\d{1,9})?)?(Z|z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?",
    re.ASCII,
)
_QUANTITY = re.compile(r"(-?)(\d{1,18})(?:\.(\d{1,18}))?\s*([^\d\s.]{1,12})", re.ASCII)
_OFFSET = re.compile(
    r"(?:UTC|GMT)(?:([+-])(\d|0\d|1\d|2[0-3])(?::?([0-5]\d))?)?", re.ASCII | re.IGNORECASE
)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_LONGEST_ZONE = 64
_LONGEST_SHOWN = 10**30

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: arithmetic in UTC only
_MICROSECOND = timedelta(microseconds=1)
_FIRST_NS = parse_rfc3339("0001-01-01T00:00:00Z")
_LAST_NS = parse_rfc3339("9999-12-31T23:59:59.999999999Z")
_ALLOWED = (
    "now, now-15m (units s, m, h, d, w and mo for months), ISO 8601 such as "
    "2026-11-22T05:40:00Z, or milliseconds since the epoch"
)


def moment(text: str | int, now_ns: int) -> int:
    """Nanoseconds since the epoch of a time as `filter.from` and `filter.to` have it.

    Any of `now`, `now-15m`, `now+1h` (units s, m, h, d, w and mo; a month is one of the calendar
    in UTC, and ends early where the other month has fewer days), an ISO 8601 time with its zone,
    an ISO 8601 date (midnight in UTC), or milliseconds since the epoch as text or number.

    Args:
        text: the time.
        now_ns: what `now` is, in nanoseconds since the epoch.

    Raises:
        QueryError: it is none of these, or outside of the years 1 to 9999.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int)):
        raise QueryError(f"{type(text).__name__} is no time: expected {_ALLOWED}")
    if isinstance(text, int):
        return _within(text * MILLISECOND, text)
    words = text.strip()
    if _MILLISECONDS.fullmatch(words):
        return _within(int(words) * MILLISECOND, text)
    if found := _MATH.fullmatch(words):
        return _within(_shifted(text, now_ns, *found.groups()), text)
    if found := _ISO.fullmatch(words):
        return _within(_iso(text, *found.groups()), text)
    if re.match(r"now[^/]*/", words):
        raise QueryError(f"{_shown(text)}: times are not rounded; expected {_ALLOWED}")
    raise QueryError(f"{_shown(text)} is no time: expected {_ALLOWED}")


def is_relative(text: str | int) -> bool:
    """Whether a time moves with the clock, right or wrong as it may be."""
    return isinstance(text, str) and text.strip()[:3].lower() == "now"


def absolute(text: str | int, now_ns: int) -> str:
    """The same moment as a text that does not move: ISO 8601 in UTC, to the millisecond.

    Raises:
        QueryError: as `moment`.
    """
    return f"{rfc3339(moment(text, now_ns))[:-4]}Z"


def window(start: str | int | None, end: str | int | None, now_ns: int) -> tuple[int, int]:
    """Both ends of a window, in nanoseconds since the epoch; None is the API's default.

    Raises:
        QueryError: as `moment`; or the window ends before it begins.
    """
    first = moment(FROM if start is None else start, now_ns)
    last = moment(TO if end is None else end, now_ns)
    if last < first:
        raise QueryError(
            f"the window ends before it begins: from {_shown(FROM if start is None else start)} "
            f"to {_shown(TO if end is None else end)}"
        )
    return first, last


def duration_ns(text: str) -> int:
    """Nanoseconds of a duration with its unit, such as `2ms`, `1.5h` or `7days`.

    Units: ns, us, ms, s, m, h, d, w, and their names (`min`, `hr`, `day`, `weeks`). Months have no
    fixed length and are refused, and so is what is no whole number of nanoseconds.

    Raises:
        QueryError: it is none.
    """
    return _amount(text, _DURATIONS, f"a number and a unit: {', '.join(_UNITS)}, or its name")


def interval_ns(text: str | int) -> int:
    """Nanoseconds of the width of a timeseries' buckets: `5m`, or milliseconds without a unit.

    Raises:
        QueryError: it is none, or not longer than nothing.
    """
    allowed = f"a positive number and a unit ({', '.join(_INTERVALS)}), or milliseconds"
    if isinstance(text, bool) or not isinstance(text, (str, int)):
        raise QueryError(f"{type(text).__name__} is no interval: expected {allowed}")
    if isinstance(text, int):
        interval = text * MILLISECOND
    elif _MILLISECONDS.fullmatch(text.strip()):
        interval = int(text) * MILLISECOND
    else:
        interval = _amount(text, _INTERVALS, allowed)
    if interval <= 0:
        raise QueryError(f"{_shown(text)} is no interval: expected {allowed}")
    return interval


def zone(text: str) -> tzinfo:
    """A time zone as `options.timezone` has it.

    `UTC`, `GMT`, an offset from either (`UTC+1`, `UTC+05:30`), or a name of the Timezone Database
    (`America/New_York`).

    Raises:
        QueryError: it is none, or one that this machine's database does not know.
    """
    found = _OFFSET.fullmatch(text)
    if found:
        sign, hours, minutes = found.groups()
        if sign is None:
            return timezone.utc
        east = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(east if sign == "+" else -east)
    if len(text) <= _LONGEST_ZONE and _ZONE.fullmatch(text):
        try:
            return ZoneInfo(text)
        except (LookupError, ValueError, OSError):
            # A folder of the database is an OSError.
            pass
    raise QueryError(
        f"{_shown(text)} is no time zone: expected UTC, GMT, an offset such as UTC+1, or a name "
        "such as America/New_York"
    )


def _shifted(text: str, now_ns: int, sign: str | None, number: str, unit: str) -> int:
    if sign is None:
        return now_ns
    count = int(f"{sign}{number}")
    if unit == "mo":
        return _months_later(text, now_ns, count)
    if unit not in ("s", "m", "h", "d", "w"):
        raise QueryError(f"{_shown(text)}: {unit} is no unit; expected {_ALLOWED}")
    return now_ns + count * _UNITS[unit]


def _months_later(text: str, now_ns: int, count: int) -> int:
    """The same time of day, that many months later, on the same day or the month's last."""
    microseconds, rest = divmod(now_ns, 1_000)
    now = _EPOCH + microseconds * _MICROSECOND
    year, month = divmod(now.year * 12 + now.month - 1 + count, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise _outside(text)
    day = min(now.day, monthrange(year, month + 1)[1])
    moved = now.replace(year=year, month=month + 1, day=day)
    return (moved - _EPOCH) // _MICROSECOND * 1_000 + rest


def _iso(text: str, date: str, minute: str | None, second: str | None, zone: str | None) -> int:
    if minute is not None and zone is None:
        raise QueryError(f"{_shown(text)} has no time zone: append Z or an offset such as +01:00")
    clock = (second or ":00").replace(",", ".")
    offset = (zone or "Z").upper()
    if offset != "Z":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        offset = f"{offset[0]}{digits[:2]}:{digits[2:]}"
    try:
        return parse_rfc3339(f"{date}T{minute or '00:00'}{clock}{offset}")
    except ValueError:
        raise QueryError(f"{_shown(text)} is on no calendar or clock") from None


def _amount(text: str, units: dict[str, int], allowed: str) -> int:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or found[4] not in units:
        raise QueryError(f"{_shown(text)} is no duration: expected {allowed}")
    sign, whole, part, unit = found.groups(default="")
    # In whole numbers: a float would not hold the nanoseconds of a year.
    amount, rest = divmod(int(whole + part) * units[unit], int(f"1{'0' * len(part)}"))
    if rest:
        raise QueryError(f"{_shown(text)} is no whole number of nanoseconds")
    return -amount if sign else amount


def _within(ns: int, text: str | int) -> int:
    if not _FIRST_NS <= ns <= _LAST_NS:
        raise _outside(text)
    return ns


def _outside(text: str | int) -> QueryError:
    return QueryError(f"{_shown(text)} is not within the years 1 to 9999; numbers are milliseconds")


def _shown(text: str | int) -> str:
    """What was found, short enough to be shown; numbers may have any length."""
    if isinstance(text, int):
        return str(text) if abs(text) < _LONGEST_SHOWN else "a very large number"
    return repr(cut(text, 60))
