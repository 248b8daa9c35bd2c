"""What is known of a test before it runs: read once, from the item, where it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci import limits
from pytest_ddci.bounded import bounded
from pytest_ddci.facts import Source, TestInfo
from pytest_ddci.handle import numeric
from pytest_ddci.limits import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    Node = pytest.Item | pytest.Collector

    # Source file, line counted from 1, parameters, tags.
    Plain = tuple[str, int | None, dict[str, str], dict[str, str]]

MARKER = "ddci"
# Markers that say how to run a test, not what it is.
_MECHANICS = frozenset(
    {MARKER, "parametrize", "usefixtures", "filterwarnings", "skip", "skipif", "xfail"}
)


class PlainDescriptions:
    """What is known of nearly every test, in plain values, at a third of what `describe` costs.

    Tests that are next to each other mostly stand in the same class or module: what they have of
    it is found out for the first of them.
    """

    def __init__(self) -> None:
        self._shared_by: tuple[object, type] | None = None
        self._is_marked = False
        self._class_name: str | None = None

    def of(self, item: pytest.Item) -> Plain | None:
        """None where there is more to say. All of it is ASCII."""
        path, line, _ = item.location
        if "@" in item.nodeid or not path.isascii():
            return None
        shared = self._shared_by
        if shared is None or shared[0] is not item.parent or shared[1] is not type(item):
            self._look_around(item)
        marks: list[pytest.Mark] = []
        if self._is_marked or (item.own_markers and _says_what_it_is(item)):
            marks = list(item.iter_markers())
            if MARKER in [mark.name for mark in marks]:
                return None
        parameters, tags = _parameters(item), dict(_mark_tags(marks)) if marks else {}
        if self._class_name is not None:
            tags["test.class"] = self._class_name
        if parameters or tags:
            texts = [*parameters, *parameters.values(), *tags, *tags.values()]
            if not "".join(texts).isascii():
                return None
        return path, None if line is None else line + 1, parameters, tags

    def _look_around(self, item: pytest.Item) -> None:
        node: Node | None = item.parent
        self._is_marked = False
        while node is not None and not self._is_marked:
            self._is_marked = _says_what_it_is(node)
            node = node.parent
        self._class_name = _tags(item, []).get("test.class")
        self._shared_by = item.parent, type(item)


def describe(item: pytest.Item) -> TestInfo:
    """Source, class, markers and parameters of a test.

    Of several equal markers the one closest to the test wins.
    """
    path, line, _ = item.location
    source = Source(path, None if line is None else line + 1)
    marks = list(item.iter_markers())
    tags = _tags(item, marks)
    metrics = _say(marks, tags)
    return TestInfo(_true_id(item), source, _parameters(item), tags, metrics)


def _says_what_it_is(node: Node) -> bool:
    """Whether one of a node's own markers says what its tests are."""
    for mark in node.own_markers:  # noqa: SIM110 - `any` costs six times as much
        if mark.name == MARKER or mark.name not in _MECHANICS:
            return True
    return False


def _tags(item: pytest.Item, marks: list[pytest.Mark]) -> dict[str, str]:
    """Markers and class."""
    tags = dict(_mark_tags(marks)) if marks else {}
    cls = getattr(item, "cls", None)
    if cls is not None:
        tags["test.class"] = cls.__qualname__
    return tags


def _say(marks: list[pytest.Mark], tags: dict[str, str]) -> dict[str, float]:
    """Add the tags of our own markers, and give their metrics."""
    metrics: dict[str, float] = {}
    for mark in reversed(marks):
        if mark.name == MARKER:
            said = mark.kwargs
            tags.update({text_of(key): text_of(value) for key, value in _mapping(said.get("tags"))})
            metrics.update(
                {text_of(key): numeric(value) for key, value in _mapping(said.get("metrics"))}
            )
    return metrics


def _true_id(item: pytest.Item) -> str | None:
    """The id that one would paste after `pytest `, where the item's own id is not that.

    xdist's loadgroup adds `@group` to the ids of grouped tests (pytest < 9.2).
    """
    if item.parent is None or "@" not in item.nodeid:
        return None
    plain = f"{item.parent.nodeid}::{item.name}"
    return plain if item.nodeid.startswith(f"{plain}@") else None


def _parameters(item: pytest.Item) -> dict[str, str]:
    """The arguments of a parametrised test; texts are cut only after redaction."""
    callspec = getattr(item, "callspec", None)
    params = getattr(callspec, "params", None)
    if not isinstance(params, dict):
        return {}
    return {text_of(name): bounded(limits.shown(value)) for name, value in params.items()}


def _mark_tags(marks: list[pytest.Mark]) -> Iterator[tuple[str, str]]:
    for mark in reversed(marks):
        if mark.name not in _MECHANICS:
            values = [text_of(value) for value in mark.args]
            values += [f"{key}={text_of(value)}" for key, value in mark.kwargs.items()]
            yield (
                f"test.mark.{mark.name}",
                ", ".join(map(bounded, values)) or "true",
            )


def _mapping(value: object) -> list[tuple[object, object]]:
    return list(value.items()) if isinstance(value, dict) else []
