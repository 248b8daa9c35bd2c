"""`last.json`: what became of the last run's events, for scripts."""

from __future__ import annotations

from json import JSONEncoder
from typing import TYPE_CHECKING

from pytest_ddci.disk import Disk
from pytest_ddci.shelf import prepare
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_ddci.summary import Closing

NAME = "last.json"
VERSION = 1

# Held here, where no test that mocks `json.dumps` finds it.
_to_json = JSONEncoder(indent=1).encode


def last_report(  # noqa: PLR0913 - what a script may ask, by name
    closing: Closing,
    *,
    pipeline_id: str,
    exit_status: int,
    at_ns: int,
    journal: str | None,
    redact: Callable[[str], str],
) -> dict[str, object]:
    """The report of a session that was reported to its end.

    Args:
        closing: what the summary says.
        pipeline_id: the pipeline's `unique_id`.
        exit_status: of pytest.
        at_ns: when, nanoseconds since the epoch.
        journal: the file of the run beside the report; None where no disk took it.
        redact: applied to every text that the run has had a hand in.
    """
    books = closing.accounting
    return {
        "version": VERSION,
        "at": rfc3339(at_ns),
        "pipeline_id": redact(pipeline_id),
        "pipeline_name": redact(closing.name),
        "status": closing.status,
        "exit_status": exit_status,
        "failure": redact(closing.failure) or None,
        "url": redact(closing.url) if closing.url else None,
        "journal": journal,
        "emitted": books.emitted,
        "delivered": books.delivered,
        "rejected": books.rejected,
        "kept": books.kept,
        "emitted_by_level": dict(books.emitted_by_level),
        "lost": closing.lost,
        "dropped": closing.dropped,
        "left_out": closing.left_out,
        "requests": books.requests,
        "sent_bytes": books.sent_bytes,
        "seconds": round(books.seconds, 3),
        "unsent": closing.unsent or None,
        "problem": redact(books.problem) if books.problem else None,
        "notes": [redact(note) for note in closing.notes],
        "stopped": None,
    }


def stopped_report(why: str, *, at_ns: int, journal: str | None, emitted: int) -> dict[str, object]:
    """The report of a session whose reporting an error of ours has ended.

    Args:
        why: the error in one line, redacted.
        at_ns: when, nanoseconds since the epoch.
        journal: the file of the run; None before there was one.
        emitted: the events that it holds; all of them are kept.
    """
    return {
        "version": VERSION,
        "at": rfc3339(at_ns),
        "journal": journal,
        "emitted": emitted,
        "delivered": 0,
        "rejected": 0,
        "kept": emitted,
        "stopped": why,
    }


def write_last(directory: Path, report: Mapping[str, object]) -> None:
    """Put the report into the directory of journals, whole or not at all, mode 0600.

    A link of that name is replaced, never followed.

    Raises:
        OSError: it cannot be written.
    """
    prepare(directory)
    new = str(directory / f".{NAME}-{Disk.urandom(4).hex()}")
    fd = Disk.create(new)
    try:
        try:
            Disk.write(fd, _to_json(report).encode("ascii") + b"\n")
        finally:
            Disk.close(fd)
        Disk.replace(new, directory / NAME)
    except BaseException:
        Disk.unlink(new)
        raise
