"""A query as a tree: what is looked for, where, and how it is combined.

Trees are values: two queries that mean the same in the same order have equal trees, wherever
their words stand in the text. `parser.parse` makes them, `printer.printed` writes them back,
`conditions.condition` compiles them.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import TypeAlias

from pytest_ddci.frozen import frozen


class Wild(Enum):
    """What stands for characters in a pattern."""

    MANY = "*"
    """Any characters, none or several, line breaks too."""
    ONE = "?"
    """Exactly one character, whatever it is."""


class Order(Enum):
    """How a value compares to a bound."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@frozen
class Field:
    """Where to look.

    Attributes:
        name: unescaped and without `@`.
        is_attribute: it was written with `@`; else it is a reserved name or a tag's key.
    """

    name: str
    is_attribute: bool


@frozen
class Equal:
    """`@ci.status:error`, `@ci.job.name:"a b"`, `word`: the value is this text or this number.

    Without a field it is free text: its words stand in a text in this order.
    """

    text: str


@frozen
class Like:
    """`@ci.job.name:test_*[?]`: the whole value has this form.

    Attributes:
        parts: texts to be taken literally and wildcards, in order; at least one wildcard, no
            empty text, no two texts and no two `Wild.MANY` side by side, not `Wild.MANY` alone.
    """

    parts: tuple[str | Wild, ...]


@frozen
class Present:
    """`@ci.status:*`: there is a value at all."""


@frozen
class Compare:
    """`@duration:>=2ms`: the value is on this side of a bound."""

    order: Order
    bound: str


@frozen
class Between:
    """`@http.code:[400 TO 499]`, `{400 TO *}`: the value is between two bounds.

    Attributes:
        low: the lower bound; None: `*`, no bound.
        high: the upper bound; None: `*`, no bound.
        inclusive: the bounds themselves are inside: brackets, not braces.
    """

    low: str | None
    high: str | None
    inclusive: bool


@frozen
class Within:
    """`CIDR(@client.ip, 13.0.0.0/8, ...)`: the value is an address in one of these networks.

    Attributes:
        networks: as `str(ipaddress.ip_network(...))` writes them; at least one.
    """

    networks: tuple[str, ...]


Test: TypeAlias = Equal | Like | Present | Compare | Between | Within


@frozen
class Everything:
    """`*`, `*:*`, or nothing at all: every document."""


@frozen
class Match:
    """A value passes a test.

    Attributes:
        field: where the value is; None: anywhere in free text, which takes only `Equal` with at
            least one word, and `Like`.
        test: what it must be.
        at: where the test begins in the query, in characters from 0; no part of the meaning.
    """

    field: Field | None
    test: Test
    at: int = dataclasses.field(default=0, compare=False)


@frozen
class Not:
    """`-a`, `NOT a`: documents that do not match."""

    node: Node


@frozen
class And:
    """`a b`, `a AND b`: documents that match all of at least two."""

    nodes: tuple[Node, ...]


@frozen
class Or:
    """`a OR b`: documents that match any of at least two."""

    nodes: tuple[Node, ...]


Node: TypeAlias = Everything | Match | Not | And | Or
