"""Journals of runs for tests of how they are shown; times are milliseconds after the start."""

from __future__ import annotations

import json
from datetime import timezone
from typing import TYPE_CHECKING, Any

from pytest_ddci.lines import Line, read_lines
from pytest_ddci.screen.canvas import Canvas
from pytest_ddci.screen.ink import painted
from pytest_ddci.screen.surface import Surface
from pytest_ddci.showing.chronicle import Chronicle, Extent
from pytest_ddci.showing.portrait import portrait
from pytest_ddci.timestamps import rfc3339
from tests import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

MS = 1_000_000
START_NS = wire.START_NS


def at(ms: float) -> str:
    """A moment of a run."""
    return rfc3339(START_NS + int(ms * MS))


def header(**pipeline: Any) -> bytes:  # noqa: ANN401 - any field of the API
    """The first line of a journal."""
    made: dict[str, Any] = wire.header()
    made["pipeline"] |= pipeline
    return json.dumps({"ddci": "header", "version": 1, **made}, separators=(",", ":")).encode()


def job(  # noqa: PLR0913 - all but the first have a default
    name: str,
    start: float = 0,
    end: float = 1_000,
    status: str = "success",
    *,
    attempt: int = 1,
    final: bool = True,
    flaky: bool = False,
    worker: str = "",
    error: str = "",
    **fields: Any,  # noqa: ANN401 - any field of the API
) -> bytes:
    """An attempt at the test with that name, in the stage that its name tells."""
    result = {"success": "pass", "error": "fail", "skipped": "skip"}.get(status)
    tags = [f"test.attempt:{attempt}", f"test.final:{str(final).lower()}", "test.source.file:a.py"]
    tags += [f"test.result:{result}"] if result else []
    tags += ["test.flaky:true"] if flaky else []
    tags += [f"xdist.worker:{worker}"] if worker else []
    if error:
        kind, _, message = error.partition(": ")
        fields["error"] = {"type": kind, "message": message, "stack": f"File a.py\n{error}"}
    stage = name.partition("::")[0]
    made = {
        "name": name,
        "start": at(start),
        "end": at(end),
        "status": status,
        "tags": tags,
        "stage_id": f"id of {stage}",
        "stage_name": stage,
    }
    return wire.event("job", f"{name} {attempt} {worker}", **{**made, **fields})


def stage(name: str, start: float, end: float, status: str, **fields: Any) -> bytes:  # noqa: ANN401 - as above
    """A stage's own event."""
    times: dict[str, Any] = {"start": at(start), "end": at(end)}
    return wire.event("stage", f"id of {name}", name=name, status=status, **times, **fields)


def final(end: float, status: str, *metrics: str, **fields: Any) -> bytes:  # noqa: ANN401 - as above
    """The pipeline's final event."""
    times: dict[str, Any] = {"start": at(0), "end": at(end)}
    return wire.event("pipeline", status=status, metrics=list(metrics), **times, **fields)


def begun(name: str, start: float) -> bytes:
    """The note of an attempt that has begun."""
    stage_name = name.partition("::")[0]
    return wire.started(
        f"{name} 1 ",
        START_NS + int(start * MS),
        name=name,
        stage_id=f"id of {stage_name}",
        stage_name=stage_name,
    )


def lines(*data: bytes) -> Iterator[Line]:
    """Lines as a journal gives them."""
    text = b"".join(each + b"\n" for each in data)
    return read_lines(lambda offset, size: text[offset : offset + size])


def chronicle(data: Iterable[bytes], **extent: Any) -> Chronicle:  # noqa: ANN401 - any field of it
    """What a journal tells."""
    made = Chronicle(Extent(**extent))
    made.read(lines(*data))
    return made


def drawn(  # noqa: PLR0913 - all but the first have a default
    told: Chronicle,
    width: int | None = 80,
    *,
    redact: Callable[[str], str] = str,
    now: float = 60_000,
    paths: Sequence[Path] = (),
    colours: bool = False,
    unicode: bool = True,
) -> list[str]:
    """The lines of its portrait."""
    surface = Surface(width=width, unicode=unicode, zone=timezone.utc)
    canvas = Canvas(surface, redact, START_NS + int(now * MS))
    return [painted(each, colours=colours) for each in portrait(told, paths, canvas)]


def section(shown: Sequence[str], title: str) -> list[str]:
    """The lines below a title, up to the next one; messages may have blank lines."""
    start = next(place for place, each in enumerate(shown) if each.startswith(title)) + 1
    rest = list(shown[start:])
    titles = (place for place, each in enumerate(rest) if not each and rest[place + 1][:1].strip())
    return rest[: next(titles, None)]
