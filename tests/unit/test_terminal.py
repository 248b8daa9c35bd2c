"""The only writer to the terminal: when it speaks, and that it redacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pytest_ddci.terminal import Terminal
from tests.fakes import FakeClock
from tests.unit.test_summary import CLOSING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class FakeWriter:
    """Pytest's terminal reporter, as far as it is used."""

    isatty: bool = True
    lines: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)

    def write_line(self, line: str) -> None:
        self.lines.append(line)

    def rewrite(self, line: str, *, erase: bool) -> None:
        assert erase
        self.rewritten.append(line)


def terminal(
    writer: FakeWriter | None,
    *,
    verbose: int = 0,
    clock: FakeClock | None = None,
    keep_error: Callable[[Exception], str] = lambda _: ".ddci/error-1.txt",
) -> Terminal:
    config = SimpleNamespace(
        getoption={"verbose": verbose}.get,
        pluginmanager=SimpleNamespace(getplugin={"terminalreporter": writer}.get),
    )
    return Terminal(
        cast("pytest.Config", config),
        clock or FakeClock(),
        lambda text: text.replace("hunter2", "[redacted]"),
        keep_error,
    )


def test_every_line_of_the_summary_has_our_name_before_it() -> None:
    writer = FakeWriter()
    terminal(writer).show(CLOSING)
    assert writer.lines[0] == "ddci: pipeline suite: success"
    assert all(line.startswith("ddci: ") for line in writer.lines)
    assert writer.rewritten == []


@pytest.mark.parametrize(("verbose", "speaks"), [(2, True), (0, True), (-1, True), (-2, False)])
def test_only_twice_quiet_is_silent(verbose: int, *, speaks: bool) -> None:
    writer = FakeWriter()
    target = terminal(writer, verbose=verbose)
    target.show(CLOSING)
    target.show_error(RuntimeError("x"))
    assert bool(writer.lines) is speaks


def test_without_a_terminal_reporter_nothing_is_printed_and_nothing_breaks() -> None:
    kept: list[Exception] = []

    def keep(error: Exception) -> str:
        kept.append(error)
        return ""

    target = terminal(None, keep_error=keep)
    target.progress(1, 2)
    target.show(CLOSING)
    error = RuntimeError("x")
    target.show_error(error)
    assert kept == [error]


def test_progress_is_shown_after_a_second() -> None:
    writer, clock = FakeWriter(), FakeClock()
    target = terminal(writer, clock=clock)
    for seconds in (0.0, 0.5, 0.5):
        clock.advance(seconds)
        target.progress(1, 10)
    assert writer.rewritten == []
    clock.advance(0.25)
    target.progress(4, 10)
    assert writer.rewritten == ["ddci: sent 4 of 10 events"]


def test_progress_is_erased_before_the_summary() -> None:
    writer, clock = FakeWriter(), FakeClock()
    target = terminal(writer, clock=clock)
    target.progress(0, 10)
    clock.advance(2)
    target.progress(5, 10)
    target.show(CLOSING)
    assert writer.rewritten[-1] == ""


def test_progress_is_only_for_terminals() -> None:
    writer, clock = FakeWriter(isatty=False), FakeClock()
    target = terminal(writer, clock=clock)
    target.progress(0, 10)
    clock.advance(5)
    target.progress(5, 10)
    assert writer.rewritten == []


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RuntimeError("broken"), "ddci: reporting stopped: RuntimeError: broken"),
        (OSError("two\n  lines"), "ddci: reporting stopped: OSError: two lines"),
        (ValueError("hunter2"), "ddci: reporting stopped: ValueError: [redacted]"),
    ],
    ids=["words", "lines", "secret"],
)
def test_an_error_of_ours_is_one_line_that_says_where_its_traceback_is(
    error: Exception, line: str
) -> None:
    writer = FakeWriter()
    terminal(writer).show_error(error)
    assert writer.lines == [f"{line} (traceback in .ddci/error-1.txt)"]


def test_an_error_whose_traceback_could_not_be_kept_is_told_all_the_same() -> None:
    writer = FakeWriter()
    terminal(writer, keep_error=lambda _: "").show_error(RuntimeError("broken"))
    assert writer.lines == ["ddci: reporting stopped: RuntimeError: broken"]


@pytest.mark.parametrize(
    "error", [ValueError("I/O operation on closed file"), BrokenPipeError()], ids=["closed", "pipe"]
)
def test_a_terminal_that_nobody_can_write_to_is_no_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    writer, clock = FakeWriter(), FakeClock()
    monkeypatch.setattr(writer, "write_line", refuse)
    monkeypatch.setattr(writer, "rewrite", refuse)
    target = terminal(writer, clock=clock)
    target.progress(0, 10)
    clock.advance(2)
    target.progress(5, 10)
    target.show(CLOSING)
    assert writer.lines == []
