"""Facts in, journal lines out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.encoder import Encoder
from pytest_ddci.facts import AttemptStarted, Outcome, Place, WorkerDescribed
from pytest_ddci.journal import read_journal
from pytest_ddci.lines import ControlLine, EventLine
from pytest_ddci.recorder import Recorder
from pytest_ddci.run_journal import RunJournal
from tests.builders import T0, assembler, attempt, ended
from tests.fakes import FakeEditor
from tests.unit.test_encoder import HEAD

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a.py::test_a", "b.py::test_b"
KEEP = FakeEditor()


def recorder(
    tmp_path: Path, *, steps: str = "all", editor: FakeEditor = KEEP
) -> tuple[Recorder, Path]:
    encoder = Encoder(HEAD, str, lambda _: "https://x")
    encoder.fragments.describe_worker(Place(hostname="h", labels=(), tags={}), "")
    journal = RunJournal.create(tmp_path / "journals", encoder.header(1), start_ns=T0)
    return Recorder(assembler(A, B), encoder, journal, steps=steps, editor=editor), journal.path


def levels(path: Path) -> list[str]:
    return [line.level for line in read_journal(path) if isinstance(line, EventLine)]


def test_a_job_and_its_steps_are_on_disk_as_soon_as_the_test_is_over(tmp_path: Path) -> None:
    target, path = recorder(tmp_path)
    for fact in attempt(A):
        target.feed(fact)
    assert levels(path) == ["job", "step", "step", "step"]


def test_the_end_adds_stages_and_then_the_pipeline(tmp_path: Path) -> None:
    target, path = recorder(tmp_path)
    for fact in [*attempt(A), *attempt(B, at=50)]:
        target.feed(fact)
    target.finish(ended())
    assert levels(path)[-3:] == ["stage", "stage", "pipeline"]


@pytest.mark.parametrize(
    ("steps", "written"),
    [("all", ["step"] * 6), ("failed", ["step"] * 3), ("none", [])],
    ids=["all", "failed", "none"],
)
def test_steps_are_written_for_the_attempts_that_are_asked_for(
    tmp_path: Path, steps: str, written: list[str]
) -> None:
    target, path = recorder(tmp_path, steps=steps)
    for fact in [*attempt(A), *attempt(B, Outcome.FAILED, at=50)]:
        target.feed(fact)
    assert [level for level in levels(path) if level == "step"] == written


def test_the_begin_of_an_attempt_is_noted_under_the_id_of_its_job(tmp_path: Path) -> None:
    target, path = recorder(tmp_path)
    for fact in attempt(A):
        target.feed(fact)
    notes: list[dict[str, Any]] = [
        json.loads(line.data)
        for line in read_journal(path)
        if isinstance(line, ControlLine) and line.kind == "started"
    ]
    jobs = [
        json.loads(line.data)["attributes"]["resource"]
        for line in read_journal(path)
        if isinstance(line, EventLine) and line.level == "job"
    ]
    assert [note["id"] for note in notes] == [job["id"] for job in jobs]


def test_a_dropped_job_takes_its_steps_along_and_all_are_counted(tmp_path: Path) -> None:
    target, path = recorder(
        tmp_path, editor=FakeEditor(lambda line: None if b'"level":"job"' in line else line)
    )
    for fact in attempt(A):
        target.feed(fact)
    assert levels(path) == []
    assert target.dropped == 4


def test_a_test_that_never_ended_is_written_at_the_end(tmp_path: Path) -> None:
    target, path = recorder(tmp_path)
    target.feed(AttemptStarted(nodeid=A, at_ns=T0))
    pipeline = target.finish(ended(2, interrupted=True))
    assert pipeline.status == "canceled"
    assert levels(path) == ["job", "stage", "pipeline"]


def test_where_a_worker_runs_is_known_to_its_jobs(tmp_path: Path) -> None:
    target, path = recorder(tmp_path)
    target.feed(WorkerDescribed(worker="gw0", place=Place(hostname="far", labels=(), tags={})))
    for fact in attempt(A, worker="gw0"):
        target.feed(fact)
    job = next(line for line in read_journal(path) if isinstance(line, EventLine))
    assert b'"hostname":"far","name":"gw0"' in job.data
