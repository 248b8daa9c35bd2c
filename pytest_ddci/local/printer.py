"""A tree back into a query's text."""

from __future__ import annotations

import re

from pytest_ddci.local.tree import (
    And,
    Between,
    Compare,
    Equal,
    Everything,
    Field,
    Like,
    Match,
    Node,
    Not,
    Or,
    Test,
    Wild,
    Within,
)

_SPECIAL = re.compile(r'^[-+=@&|]|[\s“”"(),\[\]{}!:~^?*\\><]')
_QUOTED = re.compile(r'["\\]')
_OPERATORS = ("AND", "OR", "NOT", "TO")


def printed(node: Node) -> str:
    """The text of a query whose tree is equal to this one.

    Parentheses are no deeper than those the tree was parsed from. As each value has a field of its
    own, the text of a long group may be longer than the parser takes.
    """
    if isinstance(node, Everything):
        return "*:*"
    if isinstance(node, Match):
        return _match(node.field, node.test)
    if isinstance(node, Not):
        return f"NOT {_inside(node.node, And, Or, Not)}"
    if isinstance(node, And):
        return " AND ".join(_inside(part, And, Or) for part in node.nodes)
    return " OR ".join(_inside(part, Or) for part in node.nodes)


def _inside(node: Node, *apart: type[Node]) -> str:
    """A part, in parentheses if it would not stay one without them."""
    text = printed(node)
    return f"({text})" if isinstance(node, apart) else text


def _match(field: Field | None, test: Test) -> str:
    if field is None:
        return _test(test)
    name = "@" * field.is_attribute + _escaped(field.name)
    if isinstance(test, Within):
        return f"CIDR({', '.join((name, *test.networks))})"
    return f"{name}:{_test(test)}"


def _test(test: Test) -> str:
    """What stands after the colon."""
    if isinstance(test, Equal):
        return _value(test.text)
    if isinstance(test, Compare):
        return f"{test.order.value}{_value(test.bound)}"
    if isinstance(test, Between):
        low, high = ("*" if end is None else _value(end) for end in (test.low, test.high))
        return f"[{low} TO {high}]" if test.inclusive else f"{{{low} TO {high}}}"
    if isinstance(test, Like):
        return "".join(
            part.value if isinstance(part, Wild) else _escaped(part) for part in test.parts
        )
    return "*"


def _escaped(text: str) -> str:
    r"""A text with `\\` where it would be special in a field or beside wildcards."""
    if text in _OPERATORS:
        return rf"\{text}"
    return _SPECIAL.sub(r"\\\g<0>", text)


def _value(text: str) -> str:
    """A text as it is where nothing in it is special, else in quotes."""
    if text and text not in _OPERATORS and not _SPECIAL.search(text):
        return text
    return '"' + _QUOTED.sub(r"\\\g<0>", text) + '"'
