"""The canvas: makes what events tell fit to be shown on a surface.

Whatever comes from an event passes through `text` or `lines`: without secrets, and on one line
each, with everything escaped that could do something to a terminal. Secrets go before anything is
cut, for no cut may leave half of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.screen import bars
from pytest_ddci.screen.ink import STATUS, Piece, line
from pytest_ddci.screen.texts import cut, escaped, fit, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.screen.ink import Line
    from pytest_ddci.screen.surface import Surface

_ANY_WIDTH = 1_000_000
_MARKS: Mapping[str, str] = {
    "success": "✓",
    "error": "✗",
    "canceled": "⊘",
    "skipped": "-",
    "running": "▶",
}
_ASCII_MARKS: Mapping[str, str] = {
    "success": ".",
    "error": "F",
    "canceled": "C",
    "skipped": "s",
    "running": ">",
}


@frozen
class Canvas:
    """A surface, and what must not be seen there.

    Attributes:
        surface: what is drawn on.
        redact: takes secrets out of a text.
        now_ns: the time, in nanoseconds since the epoch.
    """

    surface: Surface
    redact: Callable[[str], str]
    now_ns: int

    @property
    def width(self) -> int:
        """Columns of a line; very many where that does not matter."""
        return self.surface.width or _ANY_WIDTH

    def text(self, value: object) -> str:
        """A value as it may be shown."""
        return escaped(self.redact(value if isinstance(value, str) else str(value)))

    def lines(self, value: str) -> list[str]:
        """The lines of a text as they may be shown."""
        return lines_of(self.redact(value))

    def fit(self, text: str, columns: int) -> str:
        """A text in so many columns, its middle missing if it must be."""
        return fit(text, columns, self._dots)

    def cut(self, text: str, columns: int) -> str:
        """A text in so many columns, its end missing if it must be."""
        return cut(text, columns, self._dots)

    def mark(self, status: str) -> Piece:
        """One character for a status."""
        marks = _MARKS if self.surface.unicode else _ASCII_MARKS
        return Piece(marks.get(status, "?" if status else " "), STATUS.get(status, ""))

    def bar(self, share: float, columns: int) -> str:
        """See `bars.bar`."""
        return bars.bar(share, columns, unicode=self.surface.unicode)

    def timeline(self, span: tuple[int, int], whole: tuple[int, int], columns: int) -> str:
        """See `bars.timeline`."""
        return bars.timeline(span, whole, columns, unicode=self.surface.unicode)

    @property
    def _dots(self) -> str:
        return "…" if self.surface.unicode else "..."


def title(words: str) -> list[Line]:
    """The beginning of a section."""
    return [(), line(Piece(words, "strong"))]
