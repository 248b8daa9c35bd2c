"""Runs by their journals: the latest one, one by its id, one by its file; and their reading."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pytest_ddci.errors import ConfigError, JournalError
from pytest_ddci.frozen import frozen
from pytest_ddci.journal import read_journal
from pytest_ddci.lines import ControlLine, EventLine, level_of
from pytest_ddci.recovery import recover
from pytest_ddci.shelf import entries, is_being_written, sibling, state_of
from pytest_ddci.showing.chronicle import Chronicle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_ddci.lines import Line
    from pytest_ddci.showing.chronicle import Extent

LATEST = "latest"

_LISTED = 5


@frozen
class Beginning:
    """The first line of a journal.

    Attributes:
        path: the journal.
        pipeline_id: the pipeline's `unique_id`.
        start: when the run started, as the API writes times.
    """

    path: Path
    pipeline_id: str
    start: str


def find(wanted: str, directory: Path) -> list[Path]:
    """The journals of the pipeline with that id, or with the only id that begins so.

    Args:
        wanted: `latest`, or an id or its beginning.
        directory: where journals are.

    Returns:
        Its journals, the oldest first: several where processes shared it. None where there are
        no such runs.

    Raises:
        ConfigError: several ids begin so.
        OSError: the directory cannot be read.
    """
    known = list(_beginnings(directory))
    ids = {each.pipeline_id for each in known}
    if wanted == LATEST:
        newest = max(known, key=lambda each: each.start, default=None)
        found = {newest.pipeline_id} if newest else set()
    elif wanted in ids:
        found = {wanted}
    else:
        found = {each for each in ids if each.startswith(wanted)}
    if len(found) > 1:
        some = ", ".join(sorted(found)[:_LISTED])
        more = ", ..." if len(found) > _LISTED else ""
        raise ConfigError(f"{len(found)} runs have ids that begin with {wanted}: {some}{more}")
    return [each.path for each in known if each.pipeline_id in found]


def read_run(paths: Iterable[Path], extent: Extent) -> Chronicle:
    """What the journals of a run tell, whether it has ended, is going on, or was killed.

    Of a killed run the events are made up that `ddci send` would add; no file is changed.

    Raises:
        JournalError: a journal cannot be read, or is none.
    """
    chronicle = Chronicle(extent)
    for path in paths:
        # Asked first: a run that ends meanwhile is seen to its end.
        busy = _is_busy(path)
        if chronicle.read(_lines(path)):
            continue
        if busy:
            chronicle.running = True
        else:
            made = recover(_lines(path))
            chronicle.killed |= bool(made)
            chronicle.read(_as_lines(made))
        if not chronicle.head and not chronicle.events:
            raise JournalError(f"{path} is no journal of a run")
    return chronicle


def _beginnings(directory: Path) -> Iterator[Beginning]:
    for entry in entries(directory):
        if entry.state == "rejected":
            continue
        # Another process may rename or remove its journal at any time.
        with contextlib.suppress(JournalError):
            header = _header(entry.path)
            pipeline = header.get("pipeline")
            if isinstance(pipeline, dict):
                id_, start = str(pipeline.get("unique_id")), str(pipeline.get("start"))
                yield Beginning(entry.path, id_, start)


def _header(path: Path) -> dict[str, Any]:
    first = next(iter(read_journal(path)), None)
    if not isinstance(first, ControlLine) or first.kind != "header":
        return {}
    return first.decoded() or {}


def _is_busy(path: Path) -> bool:
    """Whether a run is writing it; an artifact that may only be read is nobody's."""
    try:
        return state_of(path) != "delivered" and is_being_written(path)
    except OSError:
        return False


def _lines(path: Path) -> Iterator[Line]:
    """The lines of a journal, under its other name if it has been delivered by now."""
    delivered = sibling(path, "delivered")
    return read_journal(delivered if delivered.exists() and not path.exists() else path)


def _as_lines(made: Iterable[bytes]) -> Iterator[Line]:
    """Lines as a journal would give them."""
    for index, data in enumerate(made):
        level = level_of(data)
        yield EventLine(0, index, level, data) if level else ControlLine(0, "part", data)
