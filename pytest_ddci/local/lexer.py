"""A query's text into tokens: one for each field, value, parenthesis and operator.

Sources: https://docs.datadoghq.com/continuous_integration/explorer/search_syntax/ (operators,
quotes, wildcards, comparisons), https://docs.datadoghq.com/logs/explorer/search_syntax/ (ranges,
`CIDR`), and the grammar of the same language that Datadog publishes with Vector (the package
`vrl`, `src/datadog/search/grammar.pest`).
"""

from __future__ import annotations

import re
from enum import Enum, auto
from ipaddress import ip_network
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.limits import cut
from pytest_ddci.local.reader import Reader, literal, unescaped
from pytest_ddci.local.tree import (
    Between,
    Compare,
    Equal,
    Field,
    Like,
    Order,
    Present,
    Test,
    Wild,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEGATIVE = re.compile(r"-[0-9]")
_BOUND = re.compile(r"(?:\\.|[^\s“”\"\\\]}])+", re.DOTALL)
_ARGUMENT = re.compile(r"(?:\\.|[^\s“”\"(),\\])+", re.DOTALL)
_LONGEST_FIRST = (Order.AT_MOST, Order.AT_LEAST, Order.LESS, Order.MORE)
_CIDR = "CIDR(@network.client.ip, 13.0.0.0/8)"


class Kind(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    PLUS = auto()
    FIELD = auto()
    VALUE = auto()
    EVERYTHING = auto()
    END = auto()


_WORDS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_SIGNS = {"&&": Kind.AND, "||": Kind.OR, "(": Kind.OPEN, ")": Kind.CLOSE}
_MODIFIERS = {"-": Kind.NOT, "+": Kind.PLUS}


@frozen
class Token:
    """A piece of a query.

    Attributes:
        kind: what it is.
        at: where it begins, in characters from 0.
        text: as it was written.
        field: of a FIELD, where to look; of a VALUE that names its own (`CIDR`), the same.
        test: of a VALUE, what to look for.
    """

    kind: Kind
    at: int
    text: str
    field: Field | None = None
    test: Test | None = None


def tokens(query: str) -> Iterator[Token]:
    """Each token of a query, at last one END.

    Raises:
        QuerySyntaxError: at a character that begins none.
    """
    reader = Reader(query)
    kind = None
    while kind is not Kind.END:
        reader.gap()
        start = reader.at
        kind, field, test = _token(reader, after_field=kind is Kind.FIELD)
        yield Token(kind, start, query[start : reader.at], field, test)


def _token(reader: Reader, *, after_field: bool) -> tuple[Kind, Field | None, Test | None]:
    if not reader.next:
        return Kind.END, None, None
    for sign, kind in (_SIGNS if after_field else _SIGNS | _MODIFIERS).items():
        if reader.take(sign):
            return kind, None, None
    field: Field | None = None
    test: Test
    if not after_field and reader.take("*:*"):
        reader.end_value()
        return Kind.EVERYTHING, None, None
    if not after_field and reader.take("CIDR("):
        field, test = _networks(reader)
    elif reader.next == '"':
        test = _phrase(reader)
    elif reader.next in "<>":
        test = _comparison(reader)
    elif reader.next in "[{":
        test = _range(reader)
    else:
        return _word(reader, after_field=after_field)
    reader.end_value()
    return Kind.VALUE, field, test


def _word(reader: Reader, *, after_field: bool) -> tuple[Kind, Field | None, Test | None]:
    _refuse_sign(reader)
    start = reader.at
    parts = reader.word()
    written = reader.query[start : reader.at]
    if reader.sees(":"):
        if after_field:
            reader.fail(r"in a value `:` is written `\:`, or the value in quotes")
        return Kind.FIELD, _field(reader, start, parts), None
    if written in _WORDS:
        return _WORDS[written], None, None
    reader.end_value()
    if parts == (Wild.MANY,):
        return Kind.VALUE, None, Present()
    text = literal(parts)
    return Kind.VALUE, None, Like(parts) if text is None else Equal(text)


def _refuse_sign(reader: Reader) -> None:
    """Of the characters that begin no value but may be inside one, only `-5` is clear."""
    sign = reader.next
    if sign in ("+", "-", "=") and not _NEGATIVE.match(reader.query, reader.at):
        hint = "; to exclude is `-field:value`" if sign == "-" else ""
        reader.fail(rf"a value that begins with `{sign}` is written `\{sign}`, or in quotes" + hint)


def _field(reader: Reader, start: int, parts: tuple[str | Wild, ...]) -> Field:
    written = reader.query[start : reader.at]
    name = literal(parts)
    if written == "*":
        reader.fail("`*:` is known only as `*:*`; free text is written without a field", start)
    if name is None:
        reader.fail("a field has no wildcards", start)
    if written in _WORDS:
        reader.fail(
            rf"`{written}` is an operator; a field of that name is written `\{written}`", start
        )
    reader.take(":")
    return _named(reader, start, name, is_attribute=written.startswith("@"))


def _named(reader: Reader, start: int, name: str, *, is_attribute: bool) -> Field:
    if is_attribute and name == "@":
        reader.fail("the name of an attribute is missing after `@`", start)
    return Field(name[is_attribute:], is_attribute)


def _phrase(reader: Reader) -> Equal:
    text = reader.phrase()
    if reader.sees(":"):
        reader.fail(r"a field is not quoted; a special character in it is escaped with `\`")
    return Equal(text)


def _comparison(reader: Reader) -> Compare:
    order = next(order for order in _LONGEST_FIRST if reader.take(order.value))
    start = reader.at
    if reader.next == '"':
        return Compare(order, reader.phrase())
    if reader.next in ("", ")") or reader.gap():
        reader.fail(f"a number or a text is expected at once after `{order.value}`", start)
    _refuse_sign(reader)
    bound = literal(reader.word())
    if bound is None:
        reader.fail("a bound has no wildcards", start)
    return Compare(order, bound)


def _range(reader: Reader) -> Between:
    inclusive = reader.take("[") or not reader.take("{")
    low = _bound(reader)
    start = reader.at
    if reader.match(_BOUND) != "TO":
        reader.fail("`TO` is expected between the ends of a range: `[1 TO 5]`", start)
    high = _bound(reader)
    if not reader.take("]" if inclusive else "}"):
        reader.fail("a range ends as it began: `[1 TO 5]` or `{1 TO 5}`")
    return Between(low, high, inclusive)


def _bound(reader: Reader) -> str | None:
    reader.gap()
    start = reader.at
    if reader.next == '"':
        bound: str | None = reader.phrase()
    else:
        written = reader.match(_BOUND)
        if written is None or written == "TO":
            reader.fail("an end of the range is missing; an open end is written `*`", start)
        bound = None if written == "*" else unescaped(written)
    reader.gap()
    return bound


def _networks(reader: Reader) -> tuple[Field, Within]:
    """What stands in the parentheses of `CIDR(...)`."""
    reader.gap()
    start = reader.at
    written = reader.match(_ARGUMENT)
    if written is None:
        reader.fail(f"a field is expected: `{_CIDR}`")
    field = _named(reader, start, unescaped(written), is_attribute=written.startswith("@"))
    networks = []
    reader.gap()
    while reader.take(","):
        reader.gap()
        networks.append(_network(reader))
        reader.gap()
    if not networks:
        reader.fail(f"a network is expected: `{_CIDR}`")
    if not reader.take(")"):
        reader.fail("`,` or `)` is expected after a network")
    return field, Within(tuple(networks))


def _network(reader: Reader) -> str:
    start = reader.at
    written = reader.match(_ARGUMENT) or ""
    try:
        return str(ip_network(written, strict=False))
    except ValueError:
        reader.fail(f"`{cut(written, 40)}` is no network such as 13.0.0.0/8", start)
