"""Tables as rich draws them; nothing in a cell is markup."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.screen.ink import Style
    from pytest_ddci.screen.surface import Surface
    from pytest_ddci.screen.tables import Table

_STYLES: Mapping[Style, str] = {
    "": "",
    "good": "green",
    "bad": "red",
    "warning": "yellow",
    "live": "cyan",
    "faint": "dim",
    "strong": "bold",
}
_ANY_WIDTH = 10_000


def rich_lines(table: Table, surface: Surface) -> list[str]:
    """The lines of a table, none longer than the surface is wide."""
    drawn = RichTable(
        box=SIMPLE_HEAD if surface.unicode else None,
        header_style="bold",
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for column in table.columns:
        drawn.add_column(
            column.title,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.folds,
        )
    for row in table.rows:
        drawn.add_row(*(Text(piece.text, style=_STYLES[piece.style]) for piece in row))
    out = StringIO()
    Console(
        file=out,
        width=surface.width or _ANY_WIDTH,
        force_terminal=surface.colours,
        color_system="standard" if surface.colours else None,
        legacy_windows=False,
        # What it would find there has been decided on by the surface.
        _environ={},
    ).print(drawn)
    return [line.rstrip() for line in out.getvalue().splitlines()]
