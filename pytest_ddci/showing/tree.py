"""The tree of a run: the pipeline, its stages, and in them the tests that are worth a look.

Each line has its time, and where in the run's time it lies.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.screen import amounts
from pytest_ddci.screen.canvas import title
from pytest_ddci.screen.ink import STATUS, Piece, line
from pytest_ddci.screen.texts import padded, width
from pytest_ddci.showing.chronicle import RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_ddci.screen.canvas import Canvas
    from pytest_ddci.screen.ink import Line
    from pytest_ddci.showing.attempts import Attempt
    from pytest_ddci.showing.chronicle import Chronicle
    from pytest_ddci.showing.stage import Stage

STAGES = 40
"""Stages that are shown in any case; of more than these only those with a test worth a look, and
so many of the others that were no success."""

_GAP = "  "
_QUIET = frozenset({"success", "skipped"})
_LONGEST_NAME = 100
_SHORTEST_NAME = 16
_SHORTEST_NOTE = 24
_TIMELINES = ((140, 30), (100, 20), (80, 12))
"""Columns of a timeline by the columns that there are."""


@frozen
class Row:
    """A line of the tree.

    Attributes:
        depth: 0 for the pipeline, 1 for a stage, 2 for a test.
        span: from when to when, in nanoseconds since the epoch; None where that says nothing.
        note: what else there is to say.
    """

    depth: int
    name: str
    status: str
    span: tuple[int, int] | None
    note: str = ""


def tree(chronicle: Chronicle, canvas: Canvas) -> Iterator[Line]:
    """Its lines."""
    rows = list(_rows(chronicle, canvas))
    yield from title("stages")
    yield from _drawn(rows, canvas)


def _rows(chronicle: Chronicle, canvas: Canvas) -> Iterator[Row]:
    tests = _tests(chronicle, canvas)
    whole, status = _whole(chronicle, canvas), canvas.text(chronicle.status)
    yield Row(0, canvas.text(chronicle.pipeline.get("name")), status, whole)
    left_out: list[Stage] = []
    room = sys.maxsize if chronicle.extent.every else STAGES
    has_room = len(chronicle.stages) <= room
    for id_, stage in sorted(chronicle.stages.items(), key=lambda each: each[1].start_ns):
        if not tests[id_] and not has_room:
            room -= stage.status not in _QUIET
            if stage.status in _QUIET or room < 0:
                left_out.append(stage)
                continue
        yield _stage(stage, chronicle, canvas)
        yield from tests[id_]
    if left_out:
        words = f"{len(left_out)} more {'stage' if len(left_out) == 1 else 'stages'}: -v"
        bad = sum(stage.status not in _QUIET for stage in left_out)
        yield Row(1, words, "", None, f"{bad} not successful" if bad else "")


def _tests(chronicle: Chronicle, canvas: Canvas) -> Mapping[str, list[Row]]:
    """The rows of tests by the ids of their stages."""
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for stage in chronicle.stages.values():
        for each in stage.told.values():
            rows[each.stage].append(_test(each, stage, canvas))
    for slow in chronicle.slowest:
        stage = chronicle.stages[slow.attempt.stage]
        if slow.attempt.id not in stage.told:
            rows[slow.attempt.stage].append(_test(slow.attempt, stage, canvas))
    for now in chronicle.settle() if chronicle.running else ():
        name = canvas.text(_within(now.name, chronicle.stages[now.stage]))
        rows[now.stage].append(Row(2, name, RUNNING, (now.start_ns, canvas.now_ns)))
    for found in rows.values():
        found.sort(key=lambda row: row.span or (0, 0))
    return rows


def _whole(chronicle: Chronicle, canvas: Canvas) -> tuple[int, int]:
    start_ns, end_ns = chronicle.span
    return start_ns, max(end_ns, canvas.now_ns) if chronicle.running else end_ns


def _stage(stage: Stage, chronicle: Chronicle, canvas: Canvas) -> Row:
    status = RUNNING if chronicle.running and not stage.said else canvas.text(stage.status)
    span = (stage.start_ns, stage.end_ns)
    return Row(1, canvas.text(stage.name), status, span, amounts.counted(stage.counts))


def _test(attempt: Attempt, stage: Stage, canvas: Canvas) -> Row:
    notes = []
    if attempt.flaky:
        notes.append("flaky")
    if not attempt.final or attempt.number > 1:
        notes.append(f"attempt {attempt.number}")
    if attempt.worker:
        notes.append(canvas.text(attempt.worker))
    name = canvas.text(_within(attempt.name, stage))
    span = (attempt.start_ns, attempt.end_ns)
    return Row(2, name, canvas.text(attempt.status), span, ", ".join(notes))


def _within(name: str, stage: Stage) -> str:
    """A test's name without its stage's."""
    return name.removeprefix(stage.name).lstrip(":/") or name


@frozen
class _Layout:
    """Columns of the names with all that is before them, the times and the timelines."""

    names: int
    times: int
    timelines: int

    @property
    def used(self) -> int:
        """Where notes begin."""
        return self.names + sum(len(_GAP) + each for each in (self.times, self.timelines) if each)


def _laid_out(rows: Sequence[Row], branches: Sequence[str], canvas: Canvas) -> _Layout:
    """Names come first, then the times; of notes at least the beginning."""
    timelines = next((each for enough, each in _TIMELINES if canvas.width >= enough), 0)
    times = max(len(_time(row)) for row in rows)
    longest = max(
        width(each) + 2 + width(row.name) for each, row in zip(branches, rows, strict=True)
    )
    if canvas.surface.width is None:
        return _Layout(min(longest, _LONGEST_NAME), times, timelines)
    notes = min(max(width(row.note) for row in rows), _SHORTEST_NOTE)
    after = _Layout(0, times, timelines).used + (len(_GAP) + notes if notes else 0)
    return _Layout(min(longest, max(canvas.width - after, _SHORTEST_NAME)), times, timelines)


def _drawn(rows: Sequence[Row], canvas: Canvas) -> Iterator[Line]:
    branches = _branches(rows, unicode=canvas.surface.unicode)
    layout = _laid_out(rows, branches, canvas)
    whole = rows[0].span or (0, 0)
    for row, branch in zip(rows, branches, strict=True):
        room = layout.names - width(branch) - 2
        name = row.name if canvas.surface.width is None else canvas.fit(row.name, room)
        when = canvas.timeline(row.span, whole, layout.timelines) if row.span else ""
        note = canvas.cut(row.note, canvas.width - layout.used - len(_GAP))
        yield line(
            Piece(branch, "faint"),
            canvas.mark(row.status),
            f" {padded(name, room)}{_GAP}{padded(_time(row), layout.times, right=True)}",
            _GAP if layout.timelines else "",
            Piece(padded(when, layout.timelines), STATUS.get(row.status, "")),
            Piece(_GAP + note, "faint"),
        )


def _time(row: Row) -> str:
    return amounts.duration(row.span[1] - row.span[0]) if row.span else ""


def _branches(rows: Sequence[Row], *, unicode: bool) -> list[str]:
    """What joins each row to the one that it belongs to."""
    along, fork, end = ("│  ", "├─ ", "└─ ") if unicode else ("|  ", "|- ", "`- ")
    made: list[str] = []
    more: set[int] = set()
    for row in reversed(rows):
        lead = "".join(along if depth in more else "   " for depth in range(1, row.depth))
        made.append(lead + (fork if row.depth in more else end) if row.depth else "")
        more = {depth for depth in more if depth < row.depth} | {row.depth}
    return made[::-1]
