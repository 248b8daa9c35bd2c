"""Amounts as a person reads them: durations, times, numbers, counts of tests."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

_MS = 1_000_000
_SECOND = 1_000 * _MS
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EXACT = 2**53
_SMALL = 0.001
# The bad ones first: they are why somebody looks.
_COUNTS = {
    "failed": ("failed", "failed"),
    "errors": ("error", "errors"),
    "canceled": ("canceled", "canceled"),
    "passed": ("passed", "passed"),
    "skipped": ("skipped", "skipped"),
    "xfailed": ("xfailed", "xfailed"),
    "xpassed": ("xpassed", "xpassed"),
    "not_run": ("not run", "not run"),
    "flaky": ("flaky", "flaky"),
    "reruns": ("rerun", "reruns"),
    "deselected": ("deselected", "deselected"),
}


def duration(ns: float) -> str:
    """A time span, given in nanoseconds, to three digits or so."""
    ns = max(0, ns)
    if ns < 9.95 * _MS:
        return f"{ns / _MS:.1f} ms"
    if ns < 999.5 * _MS:
        return f"{ns / _MS:.0f} ms"
    if ns < 59.995 * _SECOND:
        return f"{ns / _SECOND:.2f} s"
    seconds = round(ns / _SECOND)
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} m {seconds % _MINUTE:02d} s"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE:02d} m"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR:02d} h"


def moment(ns: float, zone: tzinfo | None = None) -> str:
    """A time, given in nanoseconds since the epoch, in that zone or the machine's own."""
    try:
        at = _EPOCH + timedelta(seconds=ns // _SECOND)
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError, OSError):
        return f"{ns:.0f} ns"


def number(value: float) -> str:
    """A number, with three digits after the point at most."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < _EXACT):
        return str(int(value))
    told = f"{value:.3f}".rstrip("0").rstrip(".")
    # What is very small or very large has no digits there.
    return told if _SMALL <= abs(value) < _EXACT else f"{value:.3g}"


def counted(counts: Mapping[str, object]) -> str:
    """How many tests ended how, by the names of the metrics `tests.*`; zeros are left out."""
    told = []
    for name, words in _COUNTS.items():
        count = counts.get(name)
        if isinstance(count, (int, float)) and count > 0:
            told.append(f"{number(count)} {words[count != 1]}")
    return ", ".join(told)
