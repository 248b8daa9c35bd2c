"""What a hook fails to redact is not written: jobs and steps are dropped, other texts hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_ddci.encoder import Encoder
from pytest_ddci.errors import RedactionError
from pytest_ddci.facts import CustomStep, Notes, Outcome, Phase, PhaseEnded, Place
from pytest_ddci.journal import read_journal
from pytest_ddci.lines import EventLine
from pytest_ddci.recorder import Recorder
from pytest_ddci.run_journal import RunJournal
from tests.builders import T0, assembler, attempt, ended
from tests.fakes import FakeEditor
from tests.unit.test_encoder import HEAD

if TYPE_CHECKING:
    from pathlib import Path

A, B = "a.py::test_a", "b.py::test_b"


def failing_on(*words: str) -> Any:  # noqa: ANN401 - a redaction
    def redact(text: str) -> str:
        if any(word in text for word in words):
            raise RedactionError("hook")
        return text

    return redact


def recorder(tmp_path: Path, *words: str) -> Recorder:
    encoder = Encoder(HEAD, failing_on(*words), lambda _: "https://x")
    encoder.fragments.describe_worker(Place(hostname="h", labels=(), tags={}), "")
    journal = RunJournal.begin(tmp_path / "journals", encoder.header(1), start_ns=T0)
    return Recorder(assembler(A, B), encoder, journal, steps="all", editor=FakeEditor())


def events(tmp_path: Path) -> list[dict[str, Any]]:
    [path] = (tmp_path / "journals").glob("run-*")
    lines = [line.decoded() for line in read_journal(path) if isinstance(line, EventLine)]
    return [line["attributes"]["resource"] for line in lines if line]


def test_a_job_that_cannot_be_redacted_is_dropped_with_its_steps(tmp_path: Path) -> None:
    target = recorder(tmp_path, "test_a")
    for fact in [*attempt(A), *attempt(B, at=50)]:
        target.feed(fact)
    assert [event["name"] for event in events(tmp_path) if event["level"] == "job"] == [B]
    assert target.dropped == 4


def test_a_text_that_fails_again_is_dropped_again(tmp_path: Path) -> None:
    target = recorder(tmp_path, "a.py")
    for fact in [*attempt(A), *attempt("a.py::test_2", at=50)]:
        target.feed(fact)
    assert events(tmp_path) == []
    assert target.dropped == 8


def test_a_step_that_cannot_be_redacted_is_only_itself(tmp_path: Path) -> None:
    target = recorder(tmp_path, "odd words")
    steps = (CustomStep("odd words", T0, T0 + 1), CustomStep("even words", T0, T0 + 1))
    for fact in attempt(A):
        if isinstance(fact, PhaseEnded) and fact.phase is Phase.CALL:
            target.feed(replace(fact, notes=Notes(tags={}, metrics={}, steps=steps)))
        else:
            target.feed(fact)
    names = [event["name"] for event in events(tmp_path) if event["level"] == "step"]
    assert names == ["setup", "call", "teardown", "even words"]
    assert target.dropped == 1


def test_stages_and_the_pipeline_keep_all_other_texts(tmp_path: Path) -> None:
    target = recorder(tmp_path, "checkout")
    for fact in attempt(A):
        target.feed(fact)
    target.finish(ended())
    found = {event["level"]: event for event in events(tmp_path)}
    # A tag of the run is on every event; it was hidden before there were any.
    assert [level for level in found if "team:[redacted]" not in found[level]["tags"]] == []
    assert found["pipeline"]["name"] == "shop"
    assert target.dropped == 0


def test_an_error_that_cannot_be_redacted_leaves_the_pipeline_in_place(tmp_path: Path) -> None:
    target = recorder(tmp_path, "1 failed")
    for fact in attempt(A, Outcome.FAILED):
        target.feed(fact)
    target.finish(ended(1))
    [pipeline] = [event for event in events(tmp_path) if event["level"] == "pipeline"]
    assert pipeline["status"] == "error"
    assert pipeline["error"]["message"] == "[redacted]"
