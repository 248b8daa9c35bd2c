"""Bars: how much of something, and when within something."""

from __future__ import annotations

import math

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_FULL, _ASCII = "█", "#"


def bar(share: float, columns: int, *, unicode: bool = True) -> str:
    """A bar that is so much of its columns long, from 0 to 1; anything is more than nothing."""
    share = min(max(share, 0.0), 1.0)
    if not unicode:
        return (_ASCII * math.ceil(share * columns)).ljust(columns)
    eighths = math.ceil(share * columns * 8)
    full, rest = divmod(eighths, 8)
    return (_FULL * full + (_EIGHTHS[rest] if rest else "")).ljust(columns)


def timeline(
    span: tuple[float, float], whole: tuple[float, float], columns: int, *, unicode: bool = True
) -> str:
    """Where a span lies within a whole, both as start and end; the shortest one is a column."""
    if columns <= 0:
        return ""
    length = max(whole[1] - whole[0], 1)
    first, last = ((at - whole[0]) / length * columns for at in span)
    start = min(max(math.floor(first), 0), columns - 1)
    end = min(max(math.ceil(last), start + 1), columns)
    return (" " * start + (_FULL if unicode else _ASCII) * (end - start)).ljust(columns)
