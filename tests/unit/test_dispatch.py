"""A run's journal on its way out: tried once or twice, put away, and accounted for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.config import resolve
from pytest_ddci.dispatch import Dispatch
from pytest_ddci.receipt import Receipt
from pytest_ddci.run_journal import RunJournal
from tests.fakes import FakeClock
from tests.wire import START_NS, event, header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Self

    from pytest_ddci.clock import Deadline
    from pytest_ddci.config import Config
    from pytest_ddci.lines import EventLine
    from pytest_ddci.options import Option


class Nothing:
    """Neither a command line nor an ini file."""

    def cli(self, option: Option) -> None: ...

    def ini(self, option: Option) -> None: ...


class FakeIntake:
    """Keeps or delivers, as its script says; the last word holds on."""

    unfit = False

    def __init__(self, *script: str) -> None:
        self.script = list(script)
        self.seconds: list[float] = []

    def send(self, batch: Sequence[EventLine], deadline: Deadline, **_: int) -> Receipt:
        self.seconds.append(round(deadline.remaining(), 3))
        word = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if word == "keep":
            return Receipt(kept=tuple(batch), problem="refused")
        return Receipt(delivered=tuple(batch), requests=1)

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


def config(**more: object) -> Config:
    settings = resolve(Nothing(), {"DD_API_KEY": "k"})
    return replace(settings, **more)  # type: ignore[arg-type] # fields by name


@pytest.fixture
def journal(tmp_path: Path) -> RunJournal:
    made = RunJournal.begin(tmp_path / "ddci", header(), start_ns=START_NS)
    made.append([event("job"), event("stage"), event("pipeline")])
    return made


def quiet(_done: int, _all: int) -> None: ...


def dispatch(intake: FakeIntake, **more: object) -> Dispatch:
    return Dispatch(config(**more), FakeClock(), lambda: intake)  # type: ignore[arg-type,return-value] # a stand-in


def test_what_is_delivered_becomes_history(journal: RunJournal) -> None:
    made = dispatch(FakeIntake("deliver"))
    made.deliver(journal, quiet)
    done = made.settle(journal)
    assert (done.accounting.delivered, done.lost, done.notes) == (3, 0, ())
    assert journal.path.name.endswith(".delivered.jsonl")


def test_a_second_try_sends_what_the_first_has_left(journal: RunJournal) -> None:
    intake = FakeIntake("keep", "deliver")
    made = dispatch(intake)
    made.deliver(journal, quiet)
    made.deliver(journal, quiet)
    made.deliver(journal, quiet)
    assert made.settle(journal).accounting.delivered == 3
    assert len(intake.seconds) == 2


def test_the_deadline_is_one_for_all_tries_and_may_come_nearer(journal: RunJournal) -> None:
    intake = FakeIntake("keep")
    clock = FakeClock()
    made = Dispatch(config(timeout=30.0), clock, lambda: intake)  # type: ignore[arg-type,return-value] # a stand-in
    made.deliver(journal, quiet)
    clock.advance(10)
    made.deliver(journal, quiet)
    made.hurry(5)
    made.deliver(journal, quiet)
    clock.advance(6)
    made.deliver(journal, quiet)
    assert intake.seconds == [30, 20, 5]
    assert made.settle(journal).accounting.kept == 3


def test_haste_before_the_first_try_counts(journal: RunJournal) -> None:
    intake = FakeIntake("deliver")
    made = dispatch(intake)
    made.hurry(5)
    made.deliver(journal, quiet)
    assert intake.seconds == [5]


def test_without_a_key_everything_is_kept(journal: RunJournal) -> None:
    made = dispatch(FakeIntake("deliver"), api_key=None)
    made.deliver(journal, quiet)
    done = made.settle(journal)
    assert (done.accounting.emitted, done.accounting.kept) == (3, 3)
    assert journal.path.exists()


def test_what_is_neither_delivered_nor_on_disk_is_lost_and_not_kept(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    journal = RunJournal.begin(tmp_path / "taken" / "ddci", header(), start_ns=START_NS)
    journal.append([event("job"), event("job"), event("pipeline")])
    made = dispatch(FakeIntake("keep"))
    made.deliver(journal, quiet)
    done = made.settle(journal)
    assert done.lost == 3
    assert (done.accounting.emitted, done.accounting.kept) == (0, 0)
    assert any("cannot create a journal" in note for note in done.notes)


def test_a_grace_is_counted_from_when_it_was_given(journal: RunJournal) -> None:
    clock = FakeClock()
    intake = FakeIntake("deliver")
    made = Dispatch(config(), clock, lambda: intake)  # type: ignore[arg-type,return-value] # a stand-in
    made.hurry(5)
    clock.advance(2)
    made.deliver(journal, quiet)
    assert intake.seconds == [3]
