"""How DuckDB is used: silent, bounded, offline, and with nothing but parameters of a user's."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with contextlib.closing(Database.create(tmp_path)) as made:
        yield made


def setting(database: Database, name: str) -> object:
    [(value,)] = database.run("SELECT current_setting({0})", Sql("?", (name,)))
    return value


def test_no_connection_shows_its_progress(database: Database) -> None:
    with contextlib.closing(database.sibling()) as sibling:
        for each in (database, sibling):
            assert setting(each, "enable_progress_bar") is False


@pytest.mark.parametrize("name", ["autoinstall_known_extensions", "autoload_known_extensions"])
def test_nothing_is_fetched(database: Database, name: str) -> None:
    assert setting(database, name) is False


def test_what_does_not_fit_into_memory_goes_to_the_scratch_directory(
    database: Database, tmp_path: Path
) -> None:
    assert setting(database, "temp_directory") == str(tmp_path / "spill")
    assert setting(database, "memory_limit") == "488.2 MiB"
    assert setting(database, "threads") == 2


def test_siblings_have_the_same_tables_but_temporary_ones(database: Database) -> None:
    database.run("CREATE TABLE kept AS SELECT 1 AS x")
    database.run("CREATE TEMP TABLE passing AS SELECT 2 AS x")
    with contextlib.closing(database.sibling()) as sibling:
        assert sibling.run("FROM kept") == [(1,)]
        sibling.run("CREATE TEMP TABLE passing AS SELECT 3 AS x")
        assert sibling.run("FROM passing") == [(3,)]
    assert database.run("FROM passing") == [(2,)]


def test_parameters_are_counted_as_they_are_written(database: Database) -> None:
    sql = Sql(
        "[substr(t, ?) FOR t IN [?, ?] IF starts_with(t, ?)], '?', ?",
        (2, "ab", "cd", "a", [1, 2]),
    )
    assert database.run("SELECT {0}", sql) == [(["b"], "?", [1, 2])]


def test_equal_parameters_of_different_types_stay_apart(database: Database) -> None:
    sql = Sql("typeof(?), typeof(?), typeof(?), ? = ?", (1, 1.5, "1", "x", "x"))
    [(first, second, third, same)] = database.run("SELECT {0}", sql)
    assert (first, third, same) == ("INTEGER", "VARCHAR", True)
    assert second in {"DOUBLE", "DECIMAL(2,1)"}


def test_rows_may_be_had_by_the_names_of_their_columns(database: Database) -> None:
    assert database.named("SELECT 1 AS a, 'x' AS b") == [{"a": 1, "b": "x"}]
