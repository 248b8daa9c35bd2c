"""Events as tables: which columns, by level."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING
from uuid import UUID

from pytest_ddci.frozen import frozen
from pytest_ddci.screen import amounts
from pytest_ddci.screen.ink import STATUS, Piece
from pytest_ddci.screen.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ddci.answers import CIEvent
    from pytest_ddci.screen.canvas import Canvas

    Cell = Callable[[CIEvent, Canvas], Piece]

_SHA = 7
_SHORT_ID = 8
_LONGEST = 120
_LEVELS = ("step", "job", "stage", "pipeline")


@frozen
class _Told:
    """A column, and what stands in it."""

    column: Column
    cell: Cell


def events_table(events: Sequence[CIEvent], canvas: Canvas) -> Table:
    """The events in their order; where levels are mixed, with what all of them have.

    Columns in which there is nothing are left out, apart from the first.
    """
    levels = {event.level for event in events}
    told = _COLUMNS.get(levels.pop() or "", _ANY) if len(levels) == 1 else _ANY
    rows = [[each.cell(event, canvas) for each in told] for event in events]
    used = [not place or any(row[place].text for row in rows) for place in range(len(told))]
    return Table(
        [each.column for each in compress(told, used)], [[*compress(row, used)] for row in rows]
    )


def short_id(identifier: str) -> str:
    """The beginning of a UUID, which tells it from the others; other ids are whole."""
    try:
        UUID(identifier)
    except ValueError:
        return identifier
    return identifier[:_SHORT_ID]


def _of(path: str, style: str = "") -> Cell:
    def cell(event: CIEvent, canvas: Canvas) -> Piece:
        found = canvas.text(event.get(path) or "")
        return Piece(canvas.cut(found, _LONGEST), "faint" if style else "")

    return cell


def _when(event: CIEvent, canvas: Canvas) -> Piece:
    start = event.get("@start")
    known = isinstance(start, (int, float))
    return Piece(amounts.moment(start, canvas.surface.zone) if known else "", "faint")


def _took(event: CIEvent, _: Canvas) -> Piece:
    found = event.get("@duration")
    return Piece(amounts.duration(found) if isinstance(found, (int, float)) else "")


def _status(event: CIEvent, canvas: Canvas) -> Piece:
    status = canvas.text(event.get("@ci.status") or "")
    return Piece(status, STATUS.get(status, ""))


def _level(event: CIEvent, canvas: Canvas) -> Piece:
    return Piece(canvas.text(event.level or ""))


def _name(event: CIEvent, canvas: Canvas) -> Piece:
    """The name of the execution itself: the deepest one that the event has."""
    level = event.level if event.level in _LEVELS else None
    names = (event.get(f"@ci.{each}.name") for each in ((level,) if level else _LEVELS))
    return Piece(canvas.cut(canvas.text(next(filter(None, names), "")), _LONGEST))


def _tests(event: CIEvent, _: Canvas) -> Piece:
    counts = event.get("@tests")
    return Piece(amounts.counted(counts) if isinstance(counts, dict) else "")


def _branch(event: CIEvent, canvas: Canvas) -> Piece:
    return Piece(canvas.text(event.get("@git.branch") or event.get("@git.tag") or ""))


def _commit(event: CIEvent, canvas: Canvas) -> Piece:
    return Piece(canvas.text(event.get("@git.commit.sha") or "")[:_SHA], "faint")


def _id(event: CIEvent, canvas: Canvas) -> Piece:
    return Piece(short_id(canvas.text(event.get("@ci.pipeline.id") or "")), "faint")


def _error(event: CIEvent, canvas: Canvas) -> Piece:
    """Type and first line of the message, redacted whole."""
    message = canvas.lines(str(event.get("@error.message") or "").lstrip())
    parts = (canvas.text(event.get("@error.type") or ""), *message[:1])
    return Piece(canvas.cut(": ".join(filter(None, parts)), _LONGEST))


_WHEN = _Told(Column("when"), _when)
_STATUS = _Told(Column("status"), _status)
_TOOK = _Told(Column("took", right=True), _took)
_TESTS = _Told(Column("tests", folds=True), _tests)
_ERROR = _Told(Column("error", folds=True), _error)
_RUN = _Told(Column("run"), _id)
_PIPELINE = _Told(Column("pipeline", folds=True), _of("@ci.pipeline.name"))

_ANY = (
    _WHEN,
    _Told(Column("level"), _level),
    _STATUS,
    _TOOK,
    _Told(Column("name", folds=True), _name),
    _RUN,
)
_COLUMNS: Mapping[str, Sequence[_Told]] = {
    "pipeline": (
        _WHEN,
        _STATUS,
        _TOOK,
        _PIPELINE,
        _TESTS,
        _Told(Column("branch", folds=True), _branch),
        _Told(Column("commit"), _commit),
        _RUN,
    ),
    "stage": (
        _WHEN,
        _STATUS,
        _TOOK,
        _Told(Column("stage", folds=True), _of("@ci.stage.name")),
        _TESTS,
        _RUN,
    ),
    "job": (
        _WHEN,
        _STATUS,
        _TOOK,
        _Told(Column("job", folds=True), _of("@ci.job.name")),
        _ERROR,
        _RUN,
    ),
    "step": (
        _WHEN,
        _STATUS,
        _TOOK,
        _Told(Column("step", folds=True), _of("@ci.step.name")),
        _Told(Column("job", folds=True), _of("@ci.job.name", "faint")),
        _RUN,
    ),
}
