"""What the terminal says at the end, after pytest's own summary. Pure: values in, lines out."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ddci.accounting import Accounting

_PLURAL = {"pipeline": "pipelines", "stage": "stages", "job": "jobs", "step": "steps"}
_MEGABYTE = 1_000_000
_KILOBYTE = 1_000


@frozen(kw_only=True)
class Closing:
    """All that is known when the session has been reported.

    Attributes:
        name: the pipeline's name.
        part: what of the pipeline this was, when other processes add to it; empty for all of it.
        status: the pipeline's status; of a part, its own.
        failure: the first line of why it is not a success.
        url: the page of the run; None when there is none to look at.
        accounting: what became of the events.
        journal: where they are, as the user would type it; empty where no disk took them.
        unsent: why nothing was to be sent at all (no key, dry run); empty when it was tried.
        interrupted: whether the user did not wait for the delivery.
        tell_problem: whether to say why events were kept or rejected.
        aside: where rejected events are kept with the API's words.
        lost: how many events are neither delivered nor on disk.
        left_out: how many tags and metrics could not be made valid.
        dropped: how many events a hook dropped.
        notes: warnings and problems, a line each.
    """

    name: str
    part: str = ""
    status: str
    failure: str
    url: str | None
    accounting: Accounting
    journal: str
    unsent: str
    interrupted: bool = False
    tell_problem: bool
    aside: str | None
    lost: int = 0
    left_out: int
    dropped: int
    notes: Sequence[str]


def summary_lines(closing: Closing) -> list[str]:
    """The lines of the summary, the most important first."""
    lines = [f"{closing.part}pipeline {closing.name}: {closing.status}{_because(closing)}"]
    if closing.url:
        lines.append(f"link: {closing.url}")
    lines += [f"events: {_events(closing.accounting)}", *_fate(closing)]
    if closing.lost:
        lines.append(f"lost: {closing.lost} events that no disk took and nobody accepted")
    if closing.left_out:
        lines.append(f"left out: {closing.left_out} tags or metrics that the API cannot take")
    if closing.dropped:
        lines.append(f"dropped by a hook: {closing.dropped} events")
    return [*lines, *closing.notes]


def size(count: int) -> str:
    """Bytes as a person reads them."""
    if count >= _MEGABYTE:
        return f"{count / _MEGABYTE:.1f} MB"
    return f"{count / _KILOBYTE:.1f} kB" if count >= _KILOBYTE else f"{count} bytes"


def _because(closing: Closing) -> str:
    return f" ({closing.failure})" if closing.failure else ""


def _typed(path: str) -> str:
    """A path as a shell takes it for one word."""
    if sys.platform == "win32":
        return f'"{path}"' if " " in path else path
    return shlex.quote(path)


def _events(accounting: Accounting) -> str:
    counts = [
        f"{count} {level if count == 1 else _PLURAL[level]}"
        for level, count in accounting.emitted_by_level.items()
        if count
    ]
    return ", ".join(counts) or "none"


def _fate(closing: Closing) -> list[str]:
    """Delivered, rejected, kept: what is zero is not mentioned."""
    books = closing.accounting
    lines = []
    if not closing.unsent:
        lines.append(
            f"delivered: {books.delivered} of {books.emitted} in {books.requests} "
            f"{'request' if books.requests == 1 else 'requests'}, {size(books.sent_bytes)}, "
            f"{books.seconds:.2f} s"
        )
    if books.rejected:
        where = f", kept aside in {closing.aside}" if closing.aside else ""
        lines.append(f"rejected: {books.rejected}{where}")
    if books.problem and closing.tell_problem and not closing.unsent:
        lines.append(f"problem: {books.problem}")
    if books.kept:
        why = f" ({closing.unsent})" if closing.unsent else ""
        lines.append(f"kept: {books.kept} in {closing.journal}{why}")
        lines.append(f"send them with: ddci send {_typed(closing.journal)}")
    elif closing.journal:
        lines.append(f"journal: {closing.journal}")
    return lines
