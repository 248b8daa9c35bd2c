"""DuckDB as the store uses it: within bounds of memory, alone in its process, never on the network.

Every store has a database in memory, which no other process knows of. What lies in files is
attached read-only, or is being written under a name that nobody else opens: there is no lock that
two processes could want.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb

from pytest_ddci.local.sql import filled

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from pytest_ddci.local.catalogue import Sql

MEMORY = "512MB"
"""What a database may keep in memory; beyond that it spills to its scratch directory."""
THREADS = 2

# Rows that are packed together: few enough that two cores have several groups of 100,000 events.
_GROUP = 30_720
# A literal text, which is left alone, or the place of a parameter.
_PLACE = re.compile("'[^']*'|[?]")
# What DuckDB makes of Ctrl-C while it computes; no error of its own is a RuntimeError.
_INTERRUPTED = "Query interrupted"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Database:
    """A connection that runs nothing but `Sql`.

    Templates are put together by `sql.filled`, so that no text of a user's can become SQL.

    Args:
        connection: to the database; not for use from several threads at once.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    @classmethod
    def create(cls, scratch: Path) -> Database:
        """A new database in memory.

        Args:
            scratch: a directory of this process alone, for what does not fit into memory.
        """
        connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": THREADS,
                "temp_directory": str(scratch / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            }
        )
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        return cls(_silent(connection))

    def sibling(self) -> Database:
        """Another connection to the same database, with temporary tables of its own."""
        return Database(_silent(self._connection.cursor()))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def attach(self, path: Path, name: str, *, read_only: bool) -> None:
        """Open a database file beside those that are open already.

        Args:
            path: the file, absolute.
            name: what SQL calls it, a word.
            read_only: whether it must exist, and stays as it is.

        Raises:
            duckdb.Error: it is no database, or one of another version.
        """
        # ATTACH takes no parameters.
        quoted = str(path).replace("'", "''")
        command = f"ATTACH '{quoted}' AS {name}"
        if read_only:
            self._connection.execute(f"{command} (READ_ONLY)")
            return
        try:
            self._connection.execute(f"{command} (ROW_GROUP_SIZE {_GROUP})")
        except duckdb.BinderException:
            # DuckDB 1.1 does not know the option.
            self._connection.execute(command)

    def run(self, template: str, *parts: Sql) -> list[tuple[Any, ...]]:
        """Run a statement: its rows.

        Args:
            template: ours, as `sql.filled` takes it.
            parts: what goes into it.
        """
        return self._execute(filled(template, *parts)).fetchall()

    def named(self, template: str, *parts: Sql) -> list[dict[str, Any]]:
        """Run a SELECT: its rows, each by the names of the columns."""
        answer = self._execute(filled(template, *parts))
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def _execute(self, sql: Sql) -> DuckDBPyConnection:
        try:
            return self._connection.execute(*_numbered(sql))
        except RuntimeError as error:
            if str(error) != _INTERRUPTED:
                raise
            raise KeyboardInterrupt from error


def _silent(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """Does not tell on the standard output how far it is with what takes some seconds."""
    return connection.execute("SET enable_progress_bar = false")


def can_be_bound(text: str) -> bool:
    """Whether DuckDB takes a text: one without lone surrogates, which no event has either."""
    return not _SURROGATE.search(text)


def _numbered(sql: Sql) -> tuple[str, list[object]]:
    """SQL with `$1`, `$2`, ... for its `?`, and the parameters in that order, each once.

    Equal parameters share a number, so that DuckDB sees which expressions are equal and evaluates
    them once. Within a list comprehension it does not always count the `?` in the order in which
    they are written (1.1 does not).
    """
    numbers: dict[object, int] = {}
    parameters: list[object] = []
    waiting = iter(sql.parameters)

    def number(found: re.Match[str]) -> str:
        if found[0] != "?":
            return found[0]
        value = next(waiting)
        key = (
            (type(value), repr(value)) if isinstance(value, (str, int, float)) else len(parameters)
        )
        if key not in numbers:
            parameters.append(value)
            numbers[key] = len(parameters)
        return f"${numbers[key]}"

    return _PLACE.sub(number, sql.text), parameters
