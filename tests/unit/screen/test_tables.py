"""Tables, with rich and without."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_ddci.screen.ink import Piece, line, painted, width_of
from pytest_ddci.screen.rich_tables import rich_lines
from pytest_ddci.screen.surface import Surface
from pytest_ddci.screen.tables import Column, Table, plain_lines, table_lines
from pytest_ddci.screen.texts import width

if TYPE_CHECKING:
    import pytest

TABLE = Table(
    [Column("status"), Column("took", right=True), Column("name", folds=True)],
    [
        [Piece("error", "bad"), Piece("1.20 s"), Piece("tests/test_a.py::test[red]")],
        [Piece("success", "good"), Piece("9 ms"), Piece("[bold]\u6f22[/bold]")],
    ],
)


def test_plain_tables_are_columns() -> None:
    assert list(plain_lines(TABLE, Surface())) == [
        "status     took  name",
        "error    1.20 s  tests/test_a.py::test[red]",
        "success    9 ms  [bold]\u6f22[/bold]",
    ]


def test_plain_tables_have_colours_where_there_are_any() -> None:
    _, first, _ = plain_lines(TABLE, Surface(colours=True))
    assert first.startswith("\x1b[31merror")


def test_rich_takes_nothing_for_markup() -> None:
    lines = rich_lines(TABLE, Surface())
    assert lines[0].split() == ["status", "took", "name"]
    assert lines[2].split() == ["error", "1.20", "s", "tests/test_a.py::test[red]"]
    assert lines[3].endswith("[bold]\u6f22[/bold]")


def test_rich_folds_names_into_the_width_and_loses_nothing() -> None:
    table = Table(TABLE.columns, TABLE.rows[:1])
    lines = rich_lines(table, Surface(width=30))
    assert max(map(width, lines)) <= 30
    assert "".join(each[16:].strip() for each in lines[2:]) == "tests/test_a.py::test[red]"


def test_rich_colours_only_where_there_are_colours() -> None:
    assert "\x1b[31merror" in rich_lines(TABLE, Surface(colours=True, width=80))[2]
    assert not any("\x1b" in line for line in rich_lines(TABLE, Surface(width=80)))


def test_rich_draws_ascii_where_there_is_no_more() -> None:
    table = Table(TABLE.columns, TABLE.rows[:1])
    assert all(line.isascii() for line in rich_lines(table, Surface(unicode=False)))


def test_without_rich_there_are_plain_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pytest_ddci.screen.rich_tables", raising=False)
    monkeypatch.setitem(sys.modules, "rich.box", None)
    assert list(table_lines(TABLE, Surface())) == list(plain_lines(TABLE, Surface()))


def test_with_rich_there_are_its_tables() -> None:
    assert list(table_lines(TABLE, Surface(width=60))) == rich_lines(TABLE, Surface(width=60))


def test_a_line_is_painted_piece_by_piece() -> None:
    parts = line("a ", Piece("b", "bad"), Piece("  ", "faint"))
    assert width_of(parts) == 5
    assert painted(parts, colours=True) == "a \x1b[31mb\x1b[0m"
    assert painted(parts, colours=False) == "a b"
