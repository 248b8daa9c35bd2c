"""Pieces of SQL put together, their parameters in the order of their `?`."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from pytest_ddci.local.catalogue import Sql

if TYPE_CHECKING:
    from collections.abc import Iterable

TRUE = Sql("TRUE")
FALSE = Sql("FALSE")


def bound(value: object) -> Sql:
    """A value, as a parameter."""
    return Sql("?", (value,))


def filled(template: str, *parts: Sql) -> Sql:
    """A template with the parts in the places of `{0}`, `{1}`, ...; each as often as it is named.

    The template is ours; a brace in it is written twice.
    """
    texts: list[str] = []
    parameters: list[object] = []
    for text, index, _, _ in Formatter().parse(template):
        texts.append(text)
        if index is not None:
            part = parts[int(index)]
            texts.append(part.text)
            parameters += part.parameters
    return Sql("".join(texts), tuple(parameters))


def joined(word: str, parts: Iterable[Sql], *, empty: Sql = FALSE) -> Sql:
    """The parts with `AND` or `OR` between them, in parentheses; `empty` where there are none."""
    pieces = list(parts)
    if len(pieces) <= 1:
        return pieces[0] if pieces else empty
    return Sql(
        f"({f' {word} '.join(piece.text for piece in pieces)})",
        tuple(parameter for piece in pieces for parameter in piece.parameters),
    )


def listed(parts: Iterable[Sql]) -> Sql:
    """The parts with commas between them; at least one."""
    pieces = list(parts)
    return Sql(
        ", ".join(piece.text for piece in pieces),
        tuple(parameter for piece in pieces for parameter in piece.parameters),
    )
