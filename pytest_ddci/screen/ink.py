"""Pieces of text with a meaning, and the colours that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_ddci.frozen import frozen
from pytest_ddci.screen.texts import width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Style = Literal["", "good", "bad", "warning", "live", "faint", "strong"]

CODES: Mapping[Style, str] = {
    "good": "32",
    "bad": "31",
    "warning": "33",
    "live": "36",
    "faint": "2",
    "strong": "1",
}
"""SGR parameters (ECMA-48, 8.3.117) that every terminal with colours knows."""

STATUS: Mapping[str, Style] = {
    "success": "good",
    "error": "bad",
    "canceled": "warning",
    "blocked": "warning",
    "running": "live",
    "skipped": "faint",
}
"""How a status is shown."""


@frozen
class Piece:
    """Some printable text, and what it means."""

    text: str
    style: Style = ""


Line = tuple[Piece, ...]


def line(*parts: Piece | str) -> Line:
    """A line of these parts."""
    return tuple(Piece(part) if isinstance(part, str) else part for part in parts)


def width_of(parts: Sequence[Piece]) -> int:
    """How many columns a line takes."""
    return sum(width(part.text) for part in parts)


def painted(parts: Sequence[Piece], *, colours: bool) -> str:
    """A line as a terminal takes it, without blanks at its end."""
    text = "".join(
        f"\x1b[{CODES[part.style]}m{part.text}\x1b[0m"
        if colours and part.style and part.text.strip(" ")
        else part.text
        for part in parts
    )
    return text.rstrip(" ")
