"""Tables: as rich draws them where it is installed, in plain columns where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.screen.ink import Piece, painted
from pytest_ddci.screen.texts import padded, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_ddci.screen.surface import Surface

_GAP = "  "


@frozen
class Column:
    """A column.

    Attributes:
        title: what stands above it.
        right: whether it ends at the right, as numbers do.
        folds: whether it may take several lines where there is little room.
    """

    title: str
    right: bool = False
    folds: bool = False


@frozen
class Table:
    """Columns, and rows with a piece for each of them."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Piece]]


def table_lines(table: Table, surface: Surface) -> Iterable[str]:
    """The lines of a table."""
    try:
        from pytest_ddci.screen.rich_tables import rich_lines  # noqa: PLC0415 - may be missing
    except ModuleNotFoundError:
        return plain_lines(table, surface)
    return rich_lines(table, surface)


def plain_lines(table: Table, surface: Surface) -> Iterator[str]:
    """The lines of a table in columns; a long row is left to the terminal."""
    widths = [
        max(map(width, (column.title, *(row[place].text for row in table.rows))))
        for place, column in enumerate(table.columns)
    ]
    titles = [Piece(column.title, "strong") for column in table.columns]
    for row in (titles, *table.rows):
        cells = zip(row, widths, table.columns, strict=True)
        made = [
            Piece(padded(piece.text, columns, right=column.right) + _GAP, piece.style)
            for piece, columns, column in cells
        ]
        yield painted(made, colours=surface.colours)
