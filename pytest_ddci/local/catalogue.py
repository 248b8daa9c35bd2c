"""What the query language asks of a store: which columns hold what a query names.

The language knows no table and the store knows no grammar; this is all they share. A query is
compiled into one `Sql`, a boolean expression that is never NULL.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from pytest_ddci.frozen import frozen


@frozen
class Sql:
    """A piece of DuckDB's SQL and the values for its `?`, in order.

    Attributes:
        text: written by this package alone; nothing of a user's is ever part of it.
        parameters: what a user wrote, one for each `?` in `text`.
    """

    text: str
    parameters: tuple[object, ...] = ()


class Kind(Enum):
    """What a column holds; each may be NULL, which means that the document has no such thing."""

    TEXT = "VARCHAR"
    TEXTS = "VARCHAR[]"
    """Several texts, of which a match of any counts: `ci.parameters`, `ci.node.labels`."""
    NUMBER = "DOUBLE"
    """A number, stored as any of DuckDB's integers or floats, without NaN."""
    BOOLEAN = "BOOLEAN"


@frozen
class Column:
    """One place where a document may hold what a query names.

    Attributes:
        sql: the expression that reads it, best a bare column, else a call or anything in
            parentheses, as operators will stand beside it. It may be evaluated several times for
            every document.
        kind: what the expression yields.
        unit: `"ns"` for a number of nanoseconds: durations such as `2ms` may be written for it.
        lowered: the texts are in lowercase already (see `words.lowered`), so what is looked for is
            put in lowercase too. That is how tags are matched: Datadog lowers them on arrival
            (https://docs.datadoghq.com/getting_started/tagging/).
        words: for free text, an expression that yields what `words.WORDS` makes of the same
            texts (VARCHAR), where the store keeps it. Without it every document's text is taken
            to pieces during the search.
    """

    sql: Sql
    kind: Kind
    unit: str | None = None
    lowered: bool = False
    words: Sql | None = None


class Catalogue(Protocol):
    """Where documents hold what queries name.

    Several columns may hold the same name, as a tag and a metric do; a match in any counts. Each
    method answers for every text: for a name nobody foresaw with columns that look it up by a
    bound parameter, or with none where nothing could ever match.
    """

    def attribute(self, path: str) -> tuple[Column, ...]:
        """Columns of `@ci.status`; the path comes without its `@` and unescaped."""
        ...

    def name(self, name: str) -> tuple[Column, ...]:
        """Columns of what is written without `@`: a reserved name, else a tag's key."""
        ...

    def free_text(self) -> tuple[Column, ...]:
        """Columns in which words without a field are looked for: of kind TEXT or TEXTS."""
        ...
