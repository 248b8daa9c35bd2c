"""A query's text into a tree.

    query    = clause { ["AND" | "&&" | "OR" | "||"] clause }      AND, the default, binds closer
    clause   = ["-" | "NOT" | "+"] operand                         `+` changes nothing
    operand  = [field ":"] value | [field ":"] "(" query ")" | "*:*" | "CIDR(" ... ")"

A field before parentheses is that of each value inside which has none of its own. Adjacent words
are all looked for, wherever they stand: "if nothing is added, AND is taken by default"
(https://docs.datadoghq.com/continuous_integration/explorer/search_syntax/).
"""

from __future__ import annotations

import re

from pytest_ddci.limits import cut
from pytest_ddci.local.lexer import Kind, Token, tokens
from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from pytest_ddci.local.tree import (
    And,
    Between,
    Compare,
    Equal,
    Everything,
    Field,
    Match,
    Node,
    Not,
    Or,
    Present,
    Test,
    Within,
)
from pytest_ddci.local.words import words

LENGTH = 65_536
"""Characters of a query. Ours: the API names no limit."""
NESTING = 50
"""Parentheses within one another. Ours: trees are walked by recursion."""
TERMS = 300
"""Values and networks in a query. Ours: DuckDB takes up to 3 ms to plan what one compiles to."""

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_EXISTS = Field("_exists_", is_attribute=False)
_MISSING = Field("_missing_", is_attribute=False)


def parse(query: str) -> Node:
    """The tree of a query; of an empty one, `Everything`.

    Raises:
        QuerySyntaxError: it is not in the language, or beyond `LENGTH`, `NESTING` or `TERMS`.
    """
    if len(query) > LENGTH:
        raise QuerySyntaxError(
            f"the query has {len(query):,} characters; at most {LENGTH:,} are read", LENGTH, query
        )
    if unfit := _UNFIT.search(query):
        raise QuerySyntaxError(
            f"the character U+{ord(unfit[0]):04X} is part of no text", unfit.start(), query
        )
    return _Parser(query).tree()


class _Parser:
    """Reads tokens one ahead."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = tokens(query)
        self._token = next(self._tokens)
        self._terms = 0

    def tree(self) -> Node:
        if self._token.kind is Kind.END:
            return Everything()
        node = self._alternatives(None, 0)
        if self._token.kind is Kind.CLOSE:
            raise self._problem("no `(` is open for this `)`", self._token)
        return node

    def _alternatives(self, field: Field | None, depth: int) -> Node:
        """A query, up to its end or the `)` after it."""
        groups = [[self._clause(field, depth)]]
        while self._token.kind not in (Kind.END, Kind.CLOSE):
            if self._token.kind is Kind.OR:
                groups.append([])
            if self._token.kind in (Kind.AND, Kind.OR):
                self._take()
            groups[-1].append(self._clause(field, depth))
        nodes = [group[0] if len(group) == 1 else And(tuple(group)) for group in groups]
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _clause(self, field: Field | None, depth: int) -> Node:
        if self._token.kind is Kind.PLUS:
            self._take()
        elif self._token.kind is Kind.NOT:
            self._take()
            return Not(self._operand(field, depth))
        return self._operand(field, depth)

    def _operand(self, field: Field | None, depth: int) -> Node:
        token = self._take()
        if token.kind is Kind.FIELD:
            named, field = token, token.field
            token = self._take()
            if token.kind not in (Kind.VALUE, Kind.OPEN):
                raise self._problem(f"a value is missing after `{cut(named.text, 40)}`", token)
        if token.kind is Kind.OPEN:
            return self._group(token, field, depth + 1)
        if token.test is not None:
            return self._match(token, token.test, token.field or field)
        if token.kind is Kind.EVERYTHING:
            return Everything()
        if token.kind in (Kind.END, Kind.CLOSE):
            raise self._problem("something to look for is missing here", token)
        raise self._problem(f"`{token.text}` stands where something to look for is expected", token)

    def _group(self, opening: Token, field: Field | None, depth: int) -> Node:
        if depth > NESTING:
            raise self._problem(f"more than {NESTING} parentheses within one another", opening)
        node = self._alternatives(field, depth)
        if self._token.kind is not Kind.CLOSE:
            raise self._problem("this `(` is never closed", opening)
        self._take()
        return node

    def _match(self, token: Token, test: Test, field: Field | None) -> Node:
        self._terms += len(test.networks) if isinstance(test, Within) else 1
        if self._terms > TERMS:
            raise self._problem(f"more than {TERMS} values", token)
        if field is None:
            return self._free_text(token, test)
        if field in (_EXISTS, _MISSING):
            present = Match(self._named(token, test, field), Present(), token.at)
            return Not(present) if field == _MISSING else present
        return Match(field, test, token.at)

    def _free_text(self, token: Token, test: Test) -> Node:
        if isinstance(test, Present):
            return Everything()
        if token.text.startswith("@"):
            raise self._problem(
                f"an attribute needs a value: `{cut(token.text, 40)}:*` is any", token
            )
        if isinstance(test, (Compare, Between)):
            raise self._problem("a comparison needs a field: `@duration:>2ms`", token)
        if isinstance(test, Equal) and not words(test.text):
            raise self._problem("free text is words, and here is none", token)
        return Match(None, test, token.at)

    def _named(self, token: Token, test: Test, field: Field) -> Field:
        """The field that `_exists_:` and `_missing_:` are asked about."""
        if not isinstance(test, Equal) or test.text in ("", "@"):
            raise self._problem(f"the name of a field is expected after `{field.name}:`", token)
        is_attribute = test.text.startswith("@")
        return Field(test.text[is_attribute:], is_attribute)

    def _take(self) -> Token:
        token = self._token
        if token.kind is not Kind.END:
            self._token = next(self._tokens)
        return token

    def _problem(self, problem: str, token: Token) -> QuerySyntaxError:
        return QuerySyntaxError(problem, token.at, self._query)
