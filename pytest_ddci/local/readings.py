"""Readings: what facets and metrics yield for the events that are wanted.

A name that nobody foresaw may be a tag's key, with several texts, and a metric's, with a number.
Which of these there are is seen when the events are at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.local.catalogue import Kind, Sql
from pytest_ddci.local.sql import filled, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_ddci.local.catalogue import Catalogue, Column
    from pytest_ddci.local.database import Database

_LISTS = {
    Kind.TEXT: "CASE WHEN {0} IS NOT NULL THEN [{0}] END",
    Kind.BOOLEAN: "CASE WHEN {0} IS NOT NULL THEN [CAST({0} AS VARCHAR)] END",
    Kind.TEXTS: "{0}",
}
_NUMBER_AS_TEXT = (
    "CASE WHEN {0} = trunc({0}) AND abs({0}) < 1e15 THEN CAST(CAST({0} AS BIGINT) AS VARCHAR)"
    " ELSE CAST({0} AS VARCHAR) END"
)
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})


@frozen
class Values:
    """What a name yields.

    Attributes:
        sql: an expression over the table `matched`; NULL where there is nothing.
        kind: TEXT, TEXTS (never an empty list) or NUMBER.
        whole: the numbers are whole.
    """

    sql: Sql
    kind: Kind
    whole: bool = False


class Readings:
    """Reads names of all events that are wanted, once, into a temporary table.

    Args:
        catalogue: knows the columns of a name.
        names: facets and metrics, `@` and all.
    """

    def __init__(self, catalogue: Catalogue, names: Iterable[str]) -> None:
        self._columns = {name: _columns(catalogue, name) for name in names}

    def read(self, database: Database, wanted: Sql) -> dict[str, Values]:
        """Make the table `matched`, with `time` and `tie`; what in it each name yields.

        Args:
            database: with the view `events`.
            wanted: what the events must be.
        """
        selected = [Sql('"time"'), Sql("tie")]
        for place, columns in enumerate(self._columns.values()):
            selected += _selected(columns, place)
        database.run(
            "CREATE TEMP TABLE matched AS SELECT {0} FROM events WHERE {1}",
            listed(selected),
            wanted,
        )
        types = dict(database.run("SELECT column_name, column_type FROM (DESCRIBE matched)"))
        return {
            name: _values(database, columns, place, types)
            for place, (name, columns) in enumerate(self._columns.items())
        }


def _columns(catalogue: Catalogue, name: str) -> tuple[Column, ...]:
    path = name.removeprefix("@")
    return catalogue.attribute(path) if path != name else catalogue.name(name)


def _selected(columns: tuple[Column, ...], place: int) -> list[Sql]:
    """One column as `v`; of several, all texts as `t` and the first number as `n`."""
    if not columns:
        return [Sql(f"CAST(NULL AS VARCHAR) AS v{place}")]
    if len(columns) == 1:
        text = "CAST({0} AS VARCHAR)" if columns[0].kind is Kind.BOOLEAN else "{0}"
        return [filled(f"{text} AS v{place}", columns[0].sql)]
    texts = [Sql("CAST([] AS VARCHAR[])")]
    numbers = [Sql("CAST(NULL AS DOUBLE)")]
    for column in columns:
        if column.kind is Kind.NUMBER:
            numbers.append(column.sql)
        else:
            texts.append(filled(_LISTS[column.kind], column.sql))
    return [
        filled(f"{_nested('list_concat', texts)} AS t{place}", *texts),
        filled(f"{_nested('coalesce', numbers)} AS n{place}", *numbers),
    ]


def _nested(function: str, parts: Sequence[Sql]) -> str:
    """A template: a function of two, of the first two parts, then of that and the next part."""
    made = "{0}"
    for place in range(1, len(parts)):
        made = f"{function}({made}, {{{place}}})"
    return made


def _values(
    database: Database, columns: tuple[Column, ...], place: int, types: Mapping[str, str]
) -> Values:
    one, texts, number = f"v{place}", f"t{place}", f"n{place}"
    if one in types:
        if columns and columns[0].kind is Kind.NUMBER:
            return Values(Sql(one), Kind.NUMBER, types[one] in _WHOLE)
        if columns and columns[0].kind is Kind.TEXTS:
            return _several(one)
        return Values(Sql(one), Kind.TEXT)
    counts = "SELECT count({0}), coalesce(max(len({1})), 0) FROM matched"
    [(numbers, most)] = database.run(counts, Sql(number), Sql(texts))
    if numbers and not most:
        return Values(Sql(number), Kind.NUMBER, types[number] in _WHOLE)
    if not numbers and most <= 1:
        return Values(Sql(f"{texts}[1]"), Kind.TEXT)
    if numbers:
        written = _NUMBER_AS_TEXT.format(number)
        texts = f"list_concat({texts}, CASE WHEN {number} IS NOT NULL THEN [{written}] END)"
    return _several(texts)


def _several(lists: str) -> Values:
    return Values(Sql(f"CASE WHEN len({lists}) > 0 THEN {lists} END"), Kind.TEXTS)
