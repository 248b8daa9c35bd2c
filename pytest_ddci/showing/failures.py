"""The failures of a run, with their messages or their stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.screen import amounts
from pytest_ddci.screen.canvas import title
from pytest_ddci.screen.ink import Piece, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.screen.canvas import Canvas
    from pytest_ddci.screen.ink import Line
    from pytest_ddci.showing.attempts import Attempt, Failure
    from pytest_ddci.showing.chronicle import Chronicle

LINES = 15
"""Lines of a message that are shown without its stack."""

LONGEST = 500
"""Columns of such a line."""

_INDENT = "     "


def failures(chronicle: Chronicle, canvas: Canvas) -> Iterator[Line]:
    """Their lines; none without failures."""
    if not chronicle.failures:
        return
    shown = len(chronicle.failures)
    yield from title(
        f"failures ({shown} of {chronicle.failed}: --failures {chronicle.failed} shows all)"
        if shown < chronicle.failed
        else "failures"
    )
    for number, (what, failure) in enumerate(chronicle.failures, start=1):
        yield from _failure(number, what, failure, canvas, stack=chronicle.extent.stacks)


def _failure(
    number: int, what: Attempt | str, failure: Failure, canvas: Canvas, *, stack: bool
) -> Iterator[Line]:
    name = f"collecting {what}" if isinstance(what, str) else what.name
    yield line(f"{number:>3}  ", Piece(canvas.text(name), "bad"))
    if not isinstance(what, str):
        told = (what.source, what.worker, amounts.duration(what.duration_ns))
        where = ", ".join(canvas.text(each) for each in told if each)
        yield line(_INDENT, Piece(where, "faint"))
    if stack and failure.stack:
        for each in canvas.lines(failure.stack):
            yield line(_INDENT, each)
        return
    said = ": ".join(filter(None, (failure.kind, failure.message))) or "no message"
    lines = canvas.lines(said)
    for each in lines[:LINES]:
        yield line(_INDENT, canvas.fit(each, LONGEST))
    if len(lines) > LINES:
        yield line(_INDENT, Piece(f"{len(lines) - LINES} more lines: --stack", "faint"))
