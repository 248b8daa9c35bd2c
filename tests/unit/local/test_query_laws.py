"""Laws of the query language: what is printed is parsed back, what is compiled finds the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_ddci.local.parser import parse
from pytest_ddci.local.printer import printed
from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from pytest_ddci.local.tree import And, Between, Equal, Field, Match, Not, Or
from tests.naive_search import found
from tests.query_trees import SYNTAX, any_tree, documents, findable_tree
from tests.search_table import SEARCH, SearchTable

if TYPE_CHECKING:
    from pytest_ddci.local.tree import Node

A, B = (Match(None, Equal(word)) for word in "ab")
PIECES = st.sampled_from(
    [
        *("AND", "OR", "NOT", "&&", "||", "TO", "-", "(", ")", "*", "*:*", '"', "\\", " "),
        *("@a:", "b:", '"a b"', "a*", "a", "[1 TO 5]", ">=5", "-5", "CIDR(@a,", "1.2.3.4)"),
        *("_exists_:", "_missing_:"),
    ]
)


@given(any_tree())
@example(Match(Field("TO", is_attribute=False), Between("TO", "*", inclusive=True)))
@example(And((Or((A, B)), And((A, B)), Not(Or((A, B))))))
@example(Or((Or((A, B)), And((A, B)), Not(Not(A)))))
def test_a_tree_is_printed_and_parsed_back(tree: Node) -> None:
    assert parse(printed(tree)) == tree


@given(st.lists(PIECES | SYNTAX, max_size=15).map("".join) | st.lists(PIECES).map(" ".join))
def test_what_is_parsed_is_printed_and_parsed_back(query: str) -> None:
    try:
        tree = parse(query)
    except QuerySyntaxError as refusal:
        assert 1 <= refusal.column <= len(query) + 1  # noqa: PT017 - refused or parsed: both are a law
        return
    assert parse(printed(tree)) == tree


@settings(deadline=None, max_examples=25)
@given(
    trees=st.lists(findable_tree(), min_size=1, max_size=3),
    stored=documents(),
    keeps_words=st.booleans(),
)
def test_the_sql_finds_what_the_naive_search_finds(
    *, trees: list[Node], stored: dict[str, dict[str, Any]], keeps_words: bool
) -> None:
    table = SearchTable(stored, keeps_words=keeps_words)
    for tree in trees:
        assert table.found(printed(tree)) == found(SEARCH, tree, stored)
