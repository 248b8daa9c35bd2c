"""A small DuckDB table of read-side documents: what a store is to the query language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from pytest_ddci.local.catalogue import Column, Kind, Sql
from pytest_ddci.local.conditions import where
from pytest_ddci.local.words import WORDS
from tests.naive_search import NaiveSearch, attribute, is_number, lower_case, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.naive_search import Document, Scalar

KNOWN = {
    "ci.status": Kind.TEXT,
    "ci.pipeline.name": Kind.TEXT,
    "ci.pipeline.number": Kind.NUMBER,
    "ci.job.name": Kind.TEXT,
    "ci.is_manual": Kind.BOOLEAN,
    "ci.parameters": Kind.TEXTS,
    "duration": Kind.NUMBER,
    "env": Kind.TEXT,
    "error.message": Kind.TEXT,
}
"""Attributes with a column of their own; all others are looked up by a bound parameter."""

SEARCH = NaiveSearch(free_text=("ci.pipeline.name", "ci.job.name", "error.message"))
"""The same choices for the naive search: what is free text, what is reserved, what has a unit."""


class SearchTable:
    """Documents in a table, and the Catalogue of it.

    Args:
        documents: by the ids that `found` answers with.
        keeps_words: the table has its free text in lowercase and by words as well.
    """

    def __init__(self, documents: Mapping[str, Document], *, keeps_words: bool = False) -> None:
        self._keeps_words = keeps_words
        self._connection = duckdb.connect()
        columns = {"id": "VARCHAR", "ci_level": "VARCHAR", "tags": "VARCHAR[]"}
        columns |= {path: _type(path, kind) for path, kind in KNOWN.items()}
        columns |= {"texts": "STRUCT(k VARCHAR, v VARCHAR)[]"}
        columns |= {"numbers": "STRUCT(k VARCHAR, v DOUBLE)[]"}
        declared = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        self._connection.execute(f"CREATE TABLE documents ({declared}, words VARCHAR)")
        places = ", ".join("?" * len(columns))
        insert = f"INSERT INTO documents VALUES ({places}, NULL)"  # noqa: S608 - question marks
        for name, document in documents.items():
            self._connection.execute(insert, _row(name, document))
        if keeps_words:
            taken = ", ".join(WORDS.format(f'"{path}"') for path in SEARCH.free_text)
            update = f"UPDATE documents SET words = concat_ws('|', {taken})"  # noqa: S608 - our names
            self._connection.execute(update)

    def found(self, query: str) -> list[str]:
        """The ids of the documents that match, in their order."""
        return self.matches(where(query, self))

    def matches(self, sql: Sql) -> list[str]:
        """The same for a query that is compiled."""
        rows = self._connection.execute(
            f"SELECT id, {sql.text} FROM documents ORDER BY rowid",  # noqa: S608 - all bound
            sql.parameters,
        ).fetchall()
        assert all(type(matches) is bool for _, matches in rows), rows
        return [name for name, matches in rows if matches]

    def attribute(self, path: str) -> tuple[Column, ...]:
        if kind := KNOWN.get(path):
            unit = "ns" if path in SEARCH.durations else None
            return (Column(Sql(f'"{path}"'), kind, unit),)
        unknown = "[entry.v FOR entry IN {0} IF entry.k = ?]"
        return (
            Column(Sql(unknown.format("texts"), (path,)), Kind.TEXTS),
            Column(Sql(f"list_extract({unknown.format('numbers')}, 1)", (path,)), Kind.NUMBER),
        )

    def name(self, name: str) -> tuple[Column, ...]:
        if name == "ci_level":
            return (Column(Sql("ci_level"), Kind.TEXT),)
        if name in SEARCH.reserved:
            return self.attribute(SEARCH.reserved[name])
        if name == "tags":
            return (Column(Sql("tags"), Kind.TEXTS, lowered=True),)
        key = f"{lower_case(name)}:"
        values = "[tag[len(?) + 1:] FOR tag IN tags IF starts_with(tag, ?)]"
        return (Column(Sql(values, (key, key)), Kind.TEXTS, lowered=True),)

    def free_text(self) -> tuple[Column, ...]:
        names = [f'"{path}"' for path in SEARCH.free_text]
        if self._keeps_words:
            texts = Sql(f"[{', '.join(f'lower({name})' for name in names)}]")
            return (Column(texts, Kind.TEXTS, lowered=True, words=Sql("words")),)
        return tuple(Column(Sql(name), Kind.TEXT) for name in names)


def _type(path: str, kind: Kind) -> str:
    return "BIGINT" if path in SEARCH.durations else kind.value


def _row(name: str, document: Document) -> list[object]:
    row: list[object] = [name, document["ci_level"], [lower_case(tag) for tag in document["tags"]]]
    for path, kind in KNOWN.items():
        values = attribute(document, path)
        row.append((values if kind is Kind.TEXTS else values[0]) if values else None)
    texts: list[dict[str, Scalar]] = []
    numbers: list[dict[str, Scalar]] = []
    for path, value in _leaves(document["attributes"], ""):
        if path not in KNOWN:
            kept: dict[str, Scalar] = {
                "k": path,
                "v": value if is_number(value) else text_of(value),
            }
            (numbers if is_number(value) else texts).append(kept)
    return [*row, texts, numbers]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Scalar]]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
    elif value is not None:
        yield path, value
