"""A second opinion on searches: the tree of a query against one read-side document, in Python.

Slow, and written without a look at the SQL: a document is the dict that the API answers with
(`{"ci_level": ..., "tags": ["key:value"], "attributes": {nested}}`).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_ddci.local.tree import (
    And,
    Between,
    Compare,
    Equal,
    Everything,
    Like,
    Match,
    Node,
    Not,
    Or,
    Order,
    Test,
    Wild,
    Within,
)

Document: TypeAlias = Mapping[str, Any]
Scalar: TypeAlias = bool | int | float | str

RESERVED = {name: name for name in ("env", "service", "source", "host", "status", "message")}
NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
NANOSECONDS |= {"min": NANOSECONDS["m"], "d": 24 * NANOSECONDS["h"], "days": 24 * NANOSECONDS["h"]}


@dataclass(frozen=True)
class NaiveSearch:
    """Searches without any index.

    Attributes:
        free_text: paths of the attributes in which free text is looked for.
        reserved: paths of the attributes that are written without `@`; `ci_level` and `tags` are
            known, any other name is a tag's key.
        durations: paths of attributes that hold nanoseconds.
    """

    free_text: tuple[str, ...]
    reserved: Mapping[str, str] = field(default_factory=lambda: RESERVED)
    durations: frozenset[str] = frozenset({"duration"})

    def matches(self, node: Node, document: Document) -> bool:
        """Whether a document is among the answers."""
        if isinstance(node, Everything):
            return True
        if isinstance(node, Not):
            return not self.matches(node.node, document)
        if isinstance(node, And):
            return all(self.matches(part, document) for part in node.nodes)
        if isinstance(node, Or):
            return any(self.matches(part, document) for part in node.nodes)
        return self._matches(node, document)

    def _matches(self, match: Match, document: Document) -> bool:
        if match.field is None:
            texts = [text for path in self.free_text for text in attribute(document, path)]
            return any(in_free_text(match.test, str(text)) for text in texts)
        path = match.field.name
        if not match.field.is_attribute and path in self.reserved:
            path = self.reserved[path]
        elif not match.field.is_attribute:
            values, lower = named(document, path)
            return any(passes(match.test, value, lower=lower) for value in values)
        in_ns = path in self.durations
        return any(passes(match.test, value, in_ns=in_ns) for value in attribute(document, path))


def named(document: Document, name: str) -> tuple[list[Scalar], bool]:
    """What is written without `@` and is no attribute, and whether its case is ignored."""
    if name == "ci_level":
        return [document["ci_level"]], False
    tags = [str(tag) for tag in document.get("tags", [])]
    if name == "tags":
        return list(tags), True
    pairs = [tag.partition(":") for tag in tags if ":" in tag]
    return [value for key, _, value in pairs if lower_case(key) == lower_case(name)], True


def attribute(document: Document, path: str) -> list[Scalar]:
    """Every scalar at a path; keys may have dots in them, lists stand for each of their items."""
    return list(_values(document["attributes"], path.split(".")))


def _values(value: object, keys: list[str]) -> Iterator[Scalar]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, keys)
    elif isinstance(value, Mapping):
        for count in range(1, len(keys) + 1):
            key = ".".join(keys[:count])
            if key in value:
                yield from _values(value[key], keys[count:])
    elif isinstance(value, (bool, int, float, str)) and not keys:
        yield value


def passes(test: Test, value: Scalar, *, in_ns: bool = False, lower: bool = False) -> bool:
    """Whether one value of a document passes a test."""
    if isinstance(test, Equal):
        if is_number(value):
            return value == reading(test.text, in_ns=in_ns)
        return cased(text_of(value), lower=lower) == cased(test.text, lower=lower)
    if isinstance(test, Like):
        return like(test, cased(text_of(value), lower=lower), lower=lower)
    if isinstance(test, Within):
        return in_networks(test, value)
    return all(
        compares(order, value, bound, in_ns=in_ns, lower=lower) for order, bound in bounds(test)
    )


def bounds(test: Test) -> list[tuple[Order, str]]:
    """What a value is to be compared with; nothing for a test that takes any value."""
    if isinstance(test, Compare):
        return [(test.order, test.bound)]
    if not isinstance(test, Between):
        return []
    orders = (Order.AT_LEAST, Order.AT_MOST) if test.inclusive else (Order.MORE, Order.LESS)
    ends = zip(orders, (test.low, test.high), strict=True)
    return [(order, end) for order, end in ends if end is not None]


def in_networks(test: Within, value: Scalar) -> bool:
    try:
        address = ipaddress.ip_address(text_of(value))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in test.networks)


def compares(order: Order, value: Scalar, bound: str, *, in_ns: bool, lower: bool) -> bool:
    """A number with a number, else a text with a text."""
    limit = reading(bound, in_ns=in_ns)
    if is_number(value):
        return limit is not None and ordered(order, value, limit)
    text = text_of(value)
    plain, limit = reading(text), reading(bound)
    if plain is None or limit is None:
        return ordered(order, cased(text, lower=lower), cased(bound, lower=lower))
    return ordered(order, float(plain), float(limit))


def ordered(order: Order, left: Any, right: Any) -> bool:  # noqa: ANN401 - two of one kind
    return bool(
        {
            Order.LESS: left < right,
            Order.AT_MOST: left <= right,
            Order.MORE: left > right,
            Order.AT_LEAST: left >= right,
        }[order]
    )


def in_free_text(test: Test, text: str) -> bool:
    """Words in their order, or a pattern of the whole text, in any case."""
    if isinstance(test, Equal):
        wanted, found = words(test.text), words(text)
        starts = range(len(found) - len(wanted) + 1)
        return any(found[start : start + len(wanted)] == wanted for start in starts)
    return passes(test, text, lower=True)


def like(test: Like, text: str, *, lower: bool) -> bool:
    """Whether the whole text has the form: which of the parts may end at each place of it?"""
    ends = {0}
    for part in test.parts:
        if part is Wild.MANY:
            ends = set(range(min(ends), len(text) + 1)) if ends else set()
        elif part is Wild.ONE:
            ends = {end + 1 for end in ends if end < len(text)}
        else:
            wanted = cased(str(part), lower=lower)
            ends = {end + len(wanted) for end in ends if text.startswith(wanted, end)}
    return len(text) in ends


def reading(text: str, *, in_ns: bool = False) -> float | int | None:
    """The number, or the duration in nanoseconds, that a text is."""
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else float(text)
    duration = re.fullmatch(r"(-?[0-9]+(?:\.[0-9]+)?)([a-z]+)", text)
    if in_ns and duration and duration[2] in NANOSECONDS:
        return round(float(duration[1]) * NANOSECONDS[duration[2]])
    return None


def is_number(value: Scalar) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def text_of(value: Scalar) -> str:
    """A value as JSON shows it; whole numbers without a fraction."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def words(text: str) -> list[str]:
    """Runs of letters, numbers, marks and underscores."""
    kept = (
        letter if letter == "_" or unicodedata.category(letter)[0] in "LNM" else " "
        for letter in lower_case(text)
    )
    return "".join(kept).split()


def cased(text: str, *, lower: bool) -> str:
    return lower_case(text) if lower else text


def lower_case(text: str) -> str:
    """Each character for itself, so that no text becomes longer."""
    return "".join(letter.lower()[0] for letter in text)


def found(search: NaiveSearch, node: Node, documents: Mapping[str, Document]) -> list[str]:
    """The ids of the documents that match, in their order."""
    return [name for name, document in documents.items() if search.matches(node, document)]
