"""Rows as the documents that the read side of the API shows.

The tree is nested: `@ci.pipeline.name` is `{"ci": {"pipeline": {"name": ...}}}`. Tags and metrics
become attributes too, a key with dots a path. What an event says itself comes first: a tag never
replaces it (`sent` puts a tag where the event says nothing). A key that would have to be both a
value and a branch keeps its dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.columns import ATTRIBUTES, DERIVED, PATHS
from pytest_ddci.local.cursors import Place, event_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Tree = dict[str, Any]

COLUMNS = Sql(
    ", ".join(
        (
            *("ci_level", '"time"', "tie", "tags", "metric_keys", "metric_values"),
            *(f'"{attribute.path}"' for attribute in ATTRIBUTES),
            *(f'{attribute.sql} AS "{attribute.path}"' for attribute in DERIVED),
        )
    )
)
"""What a row must have to become a document."""

_IN_ORDER = tuple(
    (attribute.path, attribute.path.split("."))
    for attribute in (*DERIVED[:1], *ATTRIBUTES, *DERIVED[1:])
)
BRANCHES = frozenset(
    path[:place] for path in PATHS for place, character in enumerate(path) if character == "."
)
"""Where the tree branches whatever an event says: no tag or metric can be there."""

_EXACT = 2**53


def document(row: Mapping[str, Any]) -> Tree:
    """The event of a row with the `COLUMNS`, as an element of an answer's `data`."""
    attributes: Tree = {}
    for path, names in _IN_ORDER:
        value = row[path]
        if value is not None and value != []:
            _put(attributes, names, value)
    # Short paths first: a longer one can keep its dots, a shorter one has nowhere else to be.
    for key, values in sorted(_told(row).items(), key=lambda told: told[0].count(".")):
        if key not in PATHS and key not in BRANCHES:
            _put(attributes, key.split("."), values[0] if len(values) == 1 else values)
    return {
        "id": event_id(Place(row["time"], row["tie"])),
        "type": "cipipeline",
        "attributes": {"ci_level": row["ci_level"], "tags": row["tags"], "attributes": attributes},
    }


def plain(number: float) -> int | float:
    """A number without a fraction as an int, which JSON writes without one."""
    whole = int(number)
    return whole if whole == number and abs(whole) < _EXACT else number


def _told(row: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values of tags and metrics by their keys, each once; of metrics only the first."""
    told: dict[str, list[Any]] = {}
    for tag in row["tags"]:
        key, colon, value = tag.partition(":")
        if colon and value not in told.setdefault(key, []):
            told[key].append(value)
    metrics: dict[str, float] = {}
    for key, number in zip(row["metric_keys"] or (), row["metric_values"] or (), strict=True):
        metrics.setdefault(key, number)
    for key, number in metrics.items():
        told.setdefault(key, []).append(plain(number))
    return told


def _put(tree: Tree, names: Sequence[str], value: object) -> None:
    for depth, name in enumerate(names[:-1]):
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            tree.setdefault(".".join(names[depth:]), value)
            return
        tree = below
    tree.setdefault(names[-1], value)
