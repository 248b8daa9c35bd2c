"""The portrait of a run: all that is shown of it, line by line. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.screen import amounts
from pytest_ddci.screen.canvas import title
from pytest_ddci.screen.ink import Piece, line
from pytest_ddci.screen.texts import padded, width
from pytest_ddci.showing.failures import LONGEST, failures
from pytest_ddci.showing.headline import headline
from pytest_ddci.showing.tree import tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_ddci.screen.canvas import Canvas
    from pytest_ddci.screen.ink import Line
    from pytest_ddci.showing.attempts import Failure
    from pytest_ddci.showing.chronicle import Chronicle
    from pytest_ddci.showing.slowest import Slow

_BAR = 20
_SHARE = 0.1
"""Setup and teardown are told where they took more than this part of a test."""


def portrait(chronicle: Chronicle, paths: Sequence[Path], canvas: Canvas) -> Iterator[Line]:
    """The lines, the most important first."""
    yield from headline(chronicle, paths, canvas)
    yield from tree(chronicle, canvas)
    yield from failures(chronicle, canvas)
    yield from _retried(chronicle, canvas)
    yield from _slowest(chronicle, canvas)
    yield from _workers(chronicle, canvas)


def _retried(chronicle: Chronicle, canvas: Canvas) -> Iterator[Line]:
    retries, most = chronicle.retries, chronicle.extent.failures
    shown = list(retries)[:most]
    if not shown:
        return
    yield from title(
        "retried tests"
        if len(shown) == len(retries)
        else f"retried tests ({most} of {len(retries)})"
    )
    for each in shown:
        tries = f"{each.last.outcome} at attempt {each.last.number} of {each.attempts}"
        flaky = ", flaky" if each.last.flaky else ""
        yield line(
            "  ",
            canvas.mark(each.last.status),
            f" {canvas.text(each.last.name)}",
            Piece(f"  {tries}{flaky}", "faint"),
        )
        if each.failure:
            yield line("      ", Piece(_first_line(each.failure, canvas), "faint"))


def _first_line(failure: Failure, canvas: Canvas) -> str:
    lines = canvas.lines(": ".join(filter(None, (failure.kind, failure.message.strip()))))
    return canvas.fit(lines[0], min(LONGEST, canvas.width - 6))


def _slowest(chronicle: Chronicle, canvas: Canvas) -> Iterator[Line]:
    slow = list(chronicle.slowest)
    if not slow:
        return
    yield from title("slowest tests")
    times = [amounts.duration(each.attempt.duration_ns) for each in slow]
    longest = max(slow[0].attempt.duration_ns, 1)
    for time, each in zip(times, slow, strict=True):
        yield line(
            f"  {padded(time, max(map(len, times)), right=True)}  ",
            Piece(canvas.bar(each.attempt.duration_ns / longest, _BAR), "live"),
            f"  {canvas.text(each.attempt.name)}",
            Piece(_phases(each), "faint"),
        )


def _phases(slow: Slow) -> str:
    """Setup and teardown where they are what takes time."""
    told = [
        f"{phase} {amounts.duration(seconds * 1e9)}"
        for phase, seconds in slow.phases.items()
        if phase != "call" and seconds * 1e9 > _SHARE * slow.attempt.duration_ns
    ]
    return f"  ({', '.join(told)})" if told else ""


def _workers(chronicle: Chronicle, canvas: Canvas) -> Iterator[Line]:
    balance = chronicle.balance
    if not len(balance):
        return
    yield from title(f"workers, {amounts.duration(balance.span_ns)} from first to last test")
    workers = list(balance)
    names = [canvas.text(each.name) for each in workers]
    times = [amounts.duration(each.busy_ns) for each in workers]
    for name, time, worker in zip(names, times, workers, strict=True):
        share = balance.share(worker)
        tests = f"{worker.attempts} {'test' if worker.attempts == 1 else 'tests'}"
        yield line(
            f"  {padded(name, max(map(width, names)))}  ",
            Piece(canvas.bar(share, _BAR), "live"),
            f"  {padded(time, max(map(len, times)), right=True)} busy, "
            f"{1 - share:>4.0%} idle, {tests}",
        )
