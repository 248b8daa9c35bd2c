"""Ctrl-C at any line of what records a test: nothing is lost, nothing twice, everything adds up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.disk import Disk
from pytest_ddci.encoder import Encoder
from pytest_ddci.facts import AttemptStarted, Outcome, Place
from pytest_ddci.lines import BadLine, ControlLine, EventLine
from pytest_ddci.recorder import INTERRUPTED, Recorder
from pytest_ddci.run_journal import RunJournal
from tests.builders import T0, assembler, attempt, ended
from tests.fakes import FakeEditor
from tests.interrupts import Interrupt
from tests.outcome import check_ids, check_tree, metrics
from tests.unit.test_encoder import HEAD

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ddci.lines import Line

A, B = "a.py::test_a", "a.py::test_b"
END = ended(2, interrupted=True, reason="KeyboardInterrupt")


class Session:
    """A test that is over, and a second one with which anything may happen."""

    def __init__(self, directory: Path) -> None:
        encoder = Encoder(HEAD, str, lambda _: "https://x")
        encoder.fragments.describe_worker(Place(hostname="h", labels=(), tags={}), "")
        self.journal = RunJournal.begin(directory, encoder.header(1), start_ns=T0)
        self.recorder = Recorder(
            assembler(A, B), encoder, self.journal, steps="all", editor=FakeEditor()
        )
        for fact in attempt(A):
            self.recorder.feed(fact)

    def second_test(self) -> None:
        for fact in attempt(B, Outcome.FAILED, at=50):
            self.recorder.feed(fact)

    def finish(self) -> None:
        self.recorder.finish(END)

    def close(self) -> list[Line]:
        """What is in the journal in the end; its file is gone."""
        lines = [*self.journal.lines()]
        assert self.journal.path.stat().st_size == self.journal.path.read_bytes().rfind(b"\n") + 1
        self.journal.close()
        self.journal.path.unlink()
        return lines


def check(session: Session, place: str) -> dict[str, str]:
    """Names and statuses of the jobs in a journal that must be right in every other respect."""
    emitted = session.journal.emitted
    lines = session.close()
    assert not any(isinstance(line, BadLine) for line in lines), place
    resources = [line.resource() or {} for line in lines if isinstance(line, EventLine)]
    check_ids(resources)
    check_tree(resources)
    assert len(resources) == emitted, place
    jobs = {each["name"]: each["status"] for each in resources if each["level"] == "job"}
    begun = {
        json.loads(line.data)["name"]
        for line in lines
        if isinstance(line, ControlLine) and line.kind == "started"
    }
    assert begun == {*jobs}, place
    [pipeline] = [each for each in resources if each["level"] == "pipeline"]
    assert pipeline["status"] == "canceled"
    for whole in resources:
        if whole["level"] in {"stage", "pipeline"}:
            counts = metrics(whole)
            told = [counts[f"tests.{word}"] for word in ("passed", "failed", "canceled")]
            statuses = [*jobs.values()]
            assert told == [statuses.count(s) for s in ("success", "error", "canceled")], place
    return jobs


def test_an_interrupt_while_a_test_is_recorded_costs_at_most_its_result(tmp_path: Path) -> None:
    seen, number = set(), 0
    while True:
        number += 1
        session, interrupt = Session(tmp_path), Interrupt(number)
        interrupt.during(session.second_test)
        session.finish()
        jobs = check(session, interrupt.place)
        assert jobs.pop(A) == "success"
        if not interrupt.place:
            break
        seen.add(jobs.get(B, "not begun"))
    assert number > 500
    assert seen == {"not begun", "canceled", "error"}


def test_an_interrupt_while_the_end_is_recorded_leaves_it_to_be_done_again(tmp_path: Path) -> None:
    number = 0
    while True:
        number += 1
        session, interrupt = Session(tmp_path), Interrupt(number)
        session.recorder.feed(AttemptStarted(nodeid=B, at_ns=T0 + 50_000_000))
        interrupt.during(session.finish)
        if not interrupt.place:
            break
        session.finish()
        assert check(session, interrupt.place) == {A: "success", B: "canceled"}
    assert number > 500


def test_after_an_interrupt_nothing_else_is_recorded(tmp_path: Path) -> None:
    session, interrupt = Session(tmp_path), Interrupt(40)
    interrupt.during(session.second_test)
    before = session.journal.path.read_bytes()
    session.second_test()
    assert session.journal.path.read_bytes() == before
    session.close()


def test_half_a_line_that_an_interrupt_has_left_stays_a_line_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(tmp_path)
    write = Disk.write_some

    def half(fd: int, data: bytes) -> int:
        write(fd, data[: len(data) // 2])
        raise KeyboardInterrupt

    # The system takes less, and then comes Ctrl-C.
    monkeypatch.setattr(Disk, "write_some", staticmethod(half))
    with pytest.raises(KeyboardInterrupt):
        session.second_test()
    monkeypatch.undo()
    pipeline = session.recorder.finish(END)
    assert pipeline.failure is not None
    assert (pipeline.status, pipeline.failure.message) == ("canceled", INTERRUPTED)
    lines = session.close()
    last = [line for line in lines if isinstance(line, EventLine)][-1].resource() or {}
    assert (last["error"]["message"], last["error"]["type"]) == (INTERRUPTED, "Interrupted")
    assert [line.severe for line in lines if isinstance(line, BadLine)] == [False]
    assert [line.level for line in lines if isinstance(line, EventLine)][-2:] == [
        "stage",
        "pipeline",
    ]
