"""The headline of a run: what it is, how it went, where it ran, where its journals are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci.screen import amounts
from pytest_ddci.screen.ink import STATUS, Piece, line
from pytest_ddci.shelf import state_of
from pytest_ddci.showing.attempts import tags_of
from pytest_ddci.showing.chronicle import RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_ddci.screen.canvas import Canvas
    from pytest_ddci.screen.ink import Line, Style
    from pytest_ddci.showing.chronicle import Chronicle

_SHA = 10
_SUBJECT = 60
_NAMES = 9


def headline(chronicle: Chronicle, paths: Sequence[Path], canvas: Canvas) -> Iterator[Line]:
    """Its lines."""
    pipeline, status = chronicle.pipeline, canvas.text(chronicle.status)
    counts = amounts.counted(chronicle.counts)
    yield line(
        Piece(f"pipeline {canvas.text(pipeline.get('name'))}", "strong"),
        ": ",
        Piece(status, STATUS.get(status, "")),
        f" ({counts})" if counts else "",
    )
    told = {
        "time": _time(chronicle, canvas),
        "commit": _commit(_block(pipeline, "git"), canvas),
        "place": _place(pipeline, canvas),
        "retries": canvas.text(_block(pipeline, "previous_attempt").get("id") or ""),
        "part of": canvas.text(_block(pipeline, "parent_pipeline").get("url") or ""),
        "link": canvas.text(pipeline.get("url") or ""),
        "id": canvas.text(pipeline.get("unique_id") or ""),
    }
    for name, value in told.items():
        if value:
            yield _row(name, value)
    for path in paths:
        yield _row("journal", _journal(path, chronicle, canvas))
    if chronicle.damaged:
        lines = "line" if chronicle.damaged == 1 else "lines"
        yield _row("damaged", f"{chronicle.damaged} {lines} cannot be read", "bad")
    if failure := chronicle.failure:
        for number, each in enumerate(canvas.lines(failure.message or failure.kind)):
            yield _row("" if number else "problem", each, "bad")


def _row(name: str, value: str, style: Style = "") -> Line:
    return line("  ", Piece(f"{name:<{_NAMES}}", "faint"), Piece(value, style))


def _block(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = resource.get(name)
    return found if isinstance(found, dict) else {}


def _time(chronicle: Chronicle, canvas: Canvas) -> str:
    start_ns, end_ns = chronicle.span
    began = amounts.moment(start_ns, canvas.surface.zone)
    if chronicle.status == RUNNING:
        return f"{began}, running for {amounts.duration(canvas.now_ns - start_ns)}"
    took = f"{began}, {amounts.duration(end_ns - start_ns)}"
    return f"{took}, then killed" if chronicle.killed else took


def _commit(git: Mapping[str, Any], canvas: Canvas) -> str:
    where = git.get("branch") or git.get("tag") or ""
    subject = str(git.get("message") or "").partition("\n")[0]
    parts = (where, str(git.get("sha") or "")[:_SHA], subject)
    told = [canvas.text(part) for part in parts if part]
    return " ".join([*told[:2], *(canvas.fit(each, _SUBJECT) for each in told[2:])])


def _place(pipeline: Mapping[str, Any], canvas: Canvas) -> str:
    tags = tags_of(pipeline)
    python = " ".join(tags[each] for each in ("runtime.name", "runtime.version") if each in tags)
    versions = [python, f"pytest {tags['pytest.version']}" if "pytest.version" in tags else ""]
    host = _block(pipeline, "node").get("hostname") or ""
    return ", ".join(canvas.text(each) for each in (host, *versions) if each)


def _journal(path: Path, chronicle: Chronicle, canvas: Canvas) -> str:
    if state_of(path) == "delivered":
        fate = "delivered"
    elif chronicle.status == RUNNING:
        fate = "being written"
    else:
        fate = "to be sent: ddci send"
    return f"{canvas.text(path)} ({fate})"
