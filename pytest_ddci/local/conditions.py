"""A tree into SQL: for each document whether it matches, never NULL.

Nothing of a query's text becomes SQL; all of it is bound. Every leaf asks for `IS NOT NULL` first,
so that `NOT` of something a document does not have is true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.limits import cut
from pytest_ddci.local.catalogue import Column, Kind, Sql
from pytest_ddci.local.networks import within
from pytest_ddci.local.numbers import quantity
from pytest_ddci.local.parser import parse
from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from pytest_ddci.local.sql import FALSE, TRUE, bound, filled, joined
from pytest_ddci.local.texts import phrase_test, sides, text_test, words_test
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
    Present,
    Test,
    Within,
)
from pytest_ddci.local.words import lowered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.local.catalogue import Catalogue

# Whole numbers without the fraction that DuckDB writes for a DOUBLE, as JSON has them.
_AS_TEXT = {
    Kind.TEXT: "{0}",
    Kind.NUMBER: (
        "CASE WHEN {0} = trunc({0}) AND abs({0}) < 1e15 THEN CAST(CAST({0} AS BIGINT) AS VARCHAR)"
        " ELSE CAST({0} AS VARCHAR) END"
    ),
    Kind.BOOLEAN: "CAST({0} AS VARCHAR)",
}


def where(query: str, catalogue: Catalogue) -> Sql:
    """The condition that a query puts on documents.

    Raises:
        QuerySyntaxError: as `parse` and `condition`.
    """
    return condition(parse(query), catalogue, query)


def condition(node: Node, catalogue: Catalogue, query: str = "") -> Sql:
    """The condition of a tree, a boolean expression that is TRUE or FALSE for each document.

    Args:
        node: the tree.
        catalogue: knows where documents hold what the tree names.
        query: what the tree was parsed from, for the error.

    Raises:
        QuerySyntaxError: what only holds numbers is compared with something else.
    """
    return _condition(node, catalogue, query, wanted=True)


def _condition(node: Node, catalogue: Catalogue, query: str, *, wanted: bool) -> Sql:
    """The condition, or its opposite.

    `NOT` stands only before leaves: where it is left to DuckDB to move it there, nested negations
    take it minutes.
    """
    if isinstance(node, Everything):
        return TRUE if wanted else FALSE
    if isinstance(node, Match):
        leaf = _match(node, catalogue, query)
        return leaf if wanted else filled("(NOT {0})", leaf)
    if isinstance(node, Not):
        return _condition(node.node, catalogue, query, wanted=not wanted)
    word = "AND" if isinstance(node, And) is wanted else "OR"
    parts = (_condition(part, catalogue, query, wanted=wanted) for part in node.nodes)
    return joined(word, parts)


def _match(match: Match, catalogue: Catalogue, query: str) -> Sql:
    if match.field is None:
        return joined("OR", (_free_text(match.test, column) for column in catalogue.free_text()))
    find = catalogue.attribute if match.field.is_attribute else catalogue.name
    columns = find(match.field.name)
    _refuse_bounds(match, columns, query)
    return joined("OR", (_column(match.test, column) for column in columns))


def _refuse_bounds(match: Match, columns: tuple[Column, ...], query: str) -> None:
    """Refuses a bound that is no number where there are only numbers: it could never match."""
    if not columns or any(column.kind is not Kind.NUMBER for column in columns):
        return
    for side in _comparisons(match.test):
        if all(quantity(side.bound, column.unit) is None for column in columns):
            units = any(column.unit for column in columns)
            allowed = "duration such as 2ms, 1.5h or 7days, nor a number" if units else "number"
            raise QuerySyntaxError(f"`{cut(side.bound, 40)}` is no {allowed}", match.at, query)


def _comparisons(test: Test) -> list[Compare]:
    if isinstance(test, Between):
        return sides(test)
    return [test] if isinstance(test, Compare) else []


def _free_text(test: Test, column: Column) -> Sql:
    """Free text is found in any case: by its words, or the whole text by a pattern."""
    if isinstance(test, Equal):
        phrase = test.text
        if column.words is not None:
            words_column = Column(column.words, Kind.TEXT)
            return _any_text(words_column, lambda taken: words_test(phrase, taken))
        return _any_text(column, lambda text: phrase_test(phrase, text))
    if column.lowered:
        return _column(test, column)
    wanted = _lowered(test)
    return _any_text(column, lambda text: text_test(wanted, filled("lower({0})", text)))


def _column(test: Test, column: Column) -> Sql:
    if isinstance(test, Present) and column.kind is not Kind.TEXTS:
        return filled("({0} IS NOT NULL)", column.sql)
    if isinstance(test, Within):
        return _network(test, column)
    if column.kind is Kind.NUMBER and isinstance(test, (Equal, Compare, Between)):
        return _number(test, column)
    wanted = _lowered(test) if column.lowered else test
    if column.kind is Kind.TEXTS and isinstance(wanted, Equal):
        contains = "({0} IS NOT NULL AND list_contains({0}, {1}))"
        return filled(contains, column.sql, bound(wanted.text))
    return _any_text(column, lambda text: text_test(wanted, text))


def _any_text(column: Column, passes: Callable[[Sql], Sql]) -> Sql:
    """Whether a column's text, or any of its texts, passes."""
    if column.kind is Kind.TEXTS:
        some = "({0} IS NOT NULL AND len([item FOR item IN {0} IF {1}]) > 0)"
        return filled(some, column.sql, passes(Sql("item")))
    text = filled(_AS_TEXT[column.kind], column.sql)
    return filled("({0} IS NOT NULL AND {1})", column.sql, passes(text))


def _number(test: Equal | Compare | Between, column: Column) -> Sql:
    """A number is equal by its value, however it is written."""
    comparisons = _comparisons(test)
    wanted = [(side.order.value, side.bound) for side in comparisons]
    if isinstance(test, Equal):
        wanted = [("=", test.text)]
    parts = [filled("{0} IS NOT NULL", column.sql)]
    for sign, text in wanted:
        value = quantity(text, column.unit)
        if value is None:
            return FALSE
        parts.append(filled(f"{{0}} {sign} {{1}}", column.sql, bound(value)))
    return joined("AND", parts)


def _network(test: Within, column: Column) -> Sql:
    if column.kind not in (Kind.TEXT, Kind.TEXTS):
        return FALSE
    texts = column.sql if column.kind is Kind.TEXTS else filled("[{0}]", column.sql)
    return filled("({0} IS NOT NULL AND {1})", column.sql, within(texts, test.networks))


def _lowered(test: Test) -> Test:
    """A test of texts that are in lowercase."""
    if isinstance(test, Equal):
        return Equal(lowered(test.text))
    if isinstance(test, Like):
        return Like(tuple(lowered(part) if isinstance(part, str) else part for part in test.parts))
    if isinstance(test, Compare):
        return Compare(test.order, lowered(test.bound))
    if isinstance(test, Between):
        low, high = (end if end is None else lowered(end) for end in (test.low, test.high))
        return Between(low, high, test.inclusive)
    return test
