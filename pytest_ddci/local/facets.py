"""The catalogue of the table: which columns hold what a query names.

What is foreseen has typed columns. Any other name is a tag's or a metric's key, which are looked up
by a bound parameter in their lists.
"""

from __future__ import annotations

from pytest_ddci.local.catalogue import Column, Kind, Sql
from pytest_ddci.local.columns import ATTRIBUTES, DERIVED, FREE_TEXT
from pytest_ddci.local.database import can_be_bound
from pytest_ddci.local.documents import BRANCHES
from pytest_ddci.local.words import lowered

_TAG = (
    "CASE WHEN list_contains(tag_keys, ?)"
    " THEN [substr(t, ?) FOR t IN tags IF starts_with(t, ?)] END"
)
_LOW_TAG = "[substr(t, ?) FOR t IN low_tags IF starts_with(t, ?)]"
_METRIC = "metric_values[list_position(metric_keys, ?)]"
_MILLISECONDS = Column(Sql('"time" // 1000000'), Kind.NUMBER)
_FOUND = {
    **{each.path: Column(Sql(f'"{each.path}"'), each.kind, each.unit) for each in ATTRIBUTES},
    **{each.path: Column(Sql(f"({each.sql})"), each.kind, each.unit) for each in DERIVED},
}
RESERVED = {
    "env": "env",
    "service": "service",
    "source": "ci.provider.name",
    "host": "ci.node.hostname",
    "status": "ci.status",
    "message": "error.message",
}
"""Names that are written without `@` and mean an attribute."""
_OUTER = {
    "ci_level": Column(Sql("ci_level"), Kind.TEXT),
    "tags": Column(Sql("low_tags"), Kind.TEXTS, lowered=True),
    "timestamp": _MILLISECONDS,
}
_NAMES = ", ".join(f'"{path}"' for path in FREE_TEXT)
_FREE_TEXT = Column(Sql(f"[{_NAMES}]"), Kind.TEXTS, words=Sql("words"))


class Facets:
    """What `catalogue.Catalogue` asks for, of the table of events."""

    def attribute(self, path: str) -> tuple[Column, ...]:
        """Columns of `@ci.status`, which comes without its `@`.

        A branch of the tree, such as `ci.pipeline`, has no value of its own.
        """
        if path in _FOUND:
            return (_FOUND[path],)
        if path in BRANCHES or not can_be_bound(path):
            return ()
        tag = Sql(_TAG, (path, len(path) + 2, f"{path}:"))
        return (Column(tag, Kind.TEXTS), Column(Sql(_METRIC, (path,)), Kind.NUMBER))

    def name(self, name: str) -> tuple[Column, ...]:
        """Columns of what is written without `@`: a reserved name, else a tag's key."""
        if name in _OUTER:
            return (_OUTER[name],)
        if name in RESERVED:
            return (_FOUND[RESERVED[name]],)
        start = f"{lowered(name)}:"
        if not can_be_bound(start):
            return ()
        return (Column(Sql(_LOW_TAG, (len(start) + 1, start)), Kind.TEXTS, lowered=True),)

    def free_text(self) -> tuple[Column, ...]:
        """Columns in which words without a field are looked for: names and errors."""
        return (_FREE_TEXT,)
