"""What is wrong with a query, and where."""

from __future__ import annotations

from pytest_ddci.errors import QueryError

_BEFORE = 50
_WIDTH = 72


class QuerySyntaxError(QueryError):
    """A query that cannot be understood; `errors` holds one line for an answer.

    Args:
        problem: what was found and what is allowed.
        at: where, in characters from 0.
        query: the query's text.
    """

    def __init__(self, problem: str, at: int, query: str) -> None:
        self.problem = problem
        self.query = query
        self.column = at + 1
        """Where it is wrong, in characters from 1; one more than there are: at the end."""
        super().__init__(f"column {self.column}: {problem}")

    def pointed(self) -> str:
        """Three lines: the message, the query around the column, a `^` below the character.

        Safe to print: control characters and lone surrogates are shown as `?`.
        """
        at = self.column - 1
        start = max(0, at - _BEFORE)
        stop = start + _WIDTH
        excerpt = "".join(
            character if character.isprintable() else "?" for character in self.query[start:stop]
        )
        before, after = "…" if start else "", "…" if stop < len(self.query) else ""
        return f"{self}\n  {before}{excerpt}{after}\n  {' ' * (len(before) + at - start)}^"
