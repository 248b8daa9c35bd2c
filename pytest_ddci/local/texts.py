"""Tests of one text, as SQL; the text itself is not NULL.

Patterns with one literal text need no regular expression; all others are matched by DuckDB's
RE2, in time linear in the text, where `LIKE` and `GLOB` may need exponential time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_ddci.local.numbers import NUMBER, number
from pytest_ddci.local.sql import TRUE, bound, filled, joined
from pytest_ddci.local.tree import Between, Compare, Equal, Like, Order, Test, Wild
from pytest_ddci.local.words import WORDS, words

if TYPE_CHECKING:
    from pytest_ddci.local.catalogue import Sql

_COMPARED = {order: f"{{0}} {order.value} {{1}}" for order in Order}
# Numbers are compared as numbers, everything else as texts, code point by code point.
_COMPARED_AS_NUMBERS = {
    order: f"coalesce(CASE WHEN regexp_full_match({{0}}, '{NUMBER}') THEN TRY_CAST({{0}} AS DOUBLE)"
    f" END {order.value} {{1}}, {{0}} {order.value} {{2}})"
    for order in Order
}
_WILD = {Wild.MANY: ".*", Wild.ONE: "."}


def text_test(test: Test, text: Sql) -> Sql:
    """Whether a text passes; for any test but `Within`."""
    if isinstance(test, Equal):
        return filled("{0} = {1}", text, bound(test.text))
    if isinstance(test, Like):
        return _like(test.parts, text)
    if isinstance(test, Compare):
        return _compared(test, text)
    if isinstance(test, Between):
        return joined("AND", (_compared(side, text) for side in sides(test)), empty=TRUE)
    return filled("{0} IS NOT NULL", text)


def sides(test: Between) -> list[Compare]:
    """A range as the comparisons with each of its ends that is not open."""
    low = Order.AT_LEAST if test.inclusive else Order.MORE
    high = Order.AT_MOST if test.inclusive else Order.LESS
    ends = ((low, test.low), (high, test.high))
    return [Compare(order, end) for order, end in ends if end is not None]


def phrase_test(phrase: str, text: Sql) -> Sql:
    """Whether the words of a phrase stand in a text of any case in this order.

    Most texts are dismissed by their longest word, before they are taken to pieces.
    """
    wanted = words(phrase)
    return joined(
        "AND",
        (
            filled("contains(lower({0}), {1})", text, bound(max(wanted, key=len))),
            words_test(phrase, filled(WORDS, text)),
        ),
    )


def words_test(phrase: str, taken: Sql) -> Sql:
    """The same of a text that is in its words already (see `words.WORDS`)."""
    return filled("contains({0}, {1})", taken, bound(f" {' '.join(words(phrase))} "))


def _like(parts: tuple[str | Wild, ...], text: Sql) -> Sql:
    match parts:
        case (str() as start, Wild.MANY):
            return filled("starts_with({0}, {1})", text, bound(start))
        case (Wild.MANY, str() as end):
            return filled("suffix({0}, {1})", text, bound(end))
        case (Wild.MANY, str() as inside, Wild.MANY):
            return filled("contains({0}, {1})", text, bound(inside))
    pattern = "".join(_WILD[part] if isinstance(part, Wild) else re.escape(part) for part in parts)
    # `s`: a wildcard stands for a line break too.
    return filled("regexp_full_match({0}, {1}, 's')", text, bound(pattern))


def _compared(test: Compare, text: Sql) -> Sql:
    plain = number(test.bound)
    if plain is None:
        return filled(_COMPARED[test.order], text, bound(test.bound))
    return filled(_COMPARED_AS_NUMBERS[test.order], text, bound(float(plain)), bound(test.bound))
