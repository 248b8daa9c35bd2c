"""Ctrl-C while DuckDB computes."""

from __future__ import annotations

from typing import NoReturn, cast

import duckdb
import pytest

from pytest_ddci.local.database import Database


class Raising:
    """A connection whose statements fail."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def execute(self, *_: object) -> NoReturn:
        raise self._error


def failing(error: Exception) -> Database:
    return Database(cast("duckdb.DuckDBPyConnection", Raising(error)))


def test_an_interrupted_query_is_an_interruption() -> None:
    with pytest.raises(KeyboardInterrupt):
        failing(RuntimeError("Query interrupted")).run("SELECT 1")


@pytest.mark.parametrize("error", [RuntimeError("other"), duckdb.IOException("disk")])
def test_other_errors_are_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        failing(error).run("SELECT 1")
    assert raised.value is error
