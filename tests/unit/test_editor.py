"""What becomes of a line when a hook answers: written as it was, changed, or dropped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_ddci.editor import Editor
from pytest_ddci.timestamps import rfc3339
from tests import official_client
from tests.wire import START_NS, event

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.user_hooks import UserHooks

LEVELS = ("pipeline", "stage", "job", "step")
SECRET = "hunter2"


class FakeHooks:
    """One hook that answers as it is told."""

    def __init__(self, answer: Callable[[Any], object] | None) -> None:
        self.complaints: list[str] = []
        self._answer = answer

    def edits_events(self) -> bool:
        return self._answer is not None

    def event(self, event: object) -> object:
        assert self._answer is not None
        return self._answer(event)

    def complain(self, hook: str, problem: str) -> None:
        assert hook == "pytest_ddci_event"
        self.complaints.append(problem)


def edit(line: bytes, answer: Callable[[Any], object] | None) -> tuple[bytes | None, list[str]]:
    """What is written for a line, and what is complained about."""
    hooks = FakeHooks(answer)
    editor = Editor(cast("UserHooks", hooks), lambda text: text.replace(SECRET, "[redacted]"))
    return editor.edit(line), hooks.complaints


def line_of(level: str, **fields: Any) -> bytes:  # noqa: ANN401 - any field of the API
    parent: dict[str, Any] = {"job_id": "j-1", "job_name": "test j-1"} if level == "step" else {}
    return event(level, **{**parent, **fields})


def resource(line: bytes | None) -> dict[str, Any]:
    assert line is not None
    found = json.loads(line)["attributes"]["resource"]
    assert isinstance(found, dict)
    return found


every_level = pytest.mark.parametrize("level", LEVELS)


def test_without_a_hook_no_line_is_even_read() -> None:
    assert edit(b"not an event", None) == (b"not an event", [])


@every_level
def test_none_leaves_the_bytes(level: str) -> None:
    line = line_of(level)
    assert edit(line, lambda _: None) == (line, [])


@every_level
def test_the_event_itself_leaves_the_bytes(level: str) -> None:
    line = line_of(level)
    assert edit(line, lambda given: given) == (line, [])


@pytest.mark.parametrize("level", ["job", "step"])
def test_false_drops_a_job_or_a_step(level: str) -> None:
    assert edit(line_of(level), lambda _: False) == (None, [])


def test_false_drops_an_announcement() -> None:
    running = json.loads(line_of("pipeline", status="running"))
    del running["attributes"]["resource"]["end"]
    assert edit(json.dumps(running).encode(), lambda _: False) == (None, [])


@pytest.mark.parametrize("level", ["pipeline", "stage"])
def test_what_holds_the_others_together_is_not_dropped(level: str) -> None:
    line = line_of(level)
    assert edit(line, lambda _: False) == (
        line,
        [f"dropped a {level}, which holds the others together: kept"],
    )


@every_level
def test_a_changed_copy_is_written_and_pleases_the_api(level: str) -> None:
    line = line_of(level)
    written, complaints = edit(line, lambda given: given.replace(tags=["a:b"], metrics=["n:1"]))
    assert complaints == []
    assert resource(written) == resource(line) | {"tags": ["a:b"], "metrics": ["n:1"]}
    assert written is not None
    assert written.isascii()
    assert official_client.parse({"data": [json.loads(written)]})


@every_level
def test_the_level_stays_the_first_field(level: str) -> None:
    written, _ = edit(line_of(level), lambda given: given.replace(tags=["a:b"]))
    assert next(iter(resource(written))) == "level"


@pytest.mark.parametrize(
    "answer", ["text", 5, True, {}, [], object()], ids=lambda answer: type(answer).__name__
)
def test_an_answer_that_is_no_event_is_ignored(answer: object) -> None:
    line = line_of("job")
    written, [complaint] = edit(line, lambda _: answer)
    assert written == line
    assert complaint == f"returned {type(answer).__name__} for a Job: ignored"


TIES = {
    "id": "other",
    "name": "other",
    "pipeline_unique_id": "other",
    "pipeline_name": "other",
    "stage_id": "other",
    "stage_name": "other",
    "start": rfc3339(START_NS - 1_000_000),
}


@pytest.mark.parametrize("field", TIES)
def test_what_ties_events_to_each_other_is_not_changed(field: str) -> None:
    line = line_of("job")
    written, complaints = edit(line, lambda given: given.replace(**{field: TIES[field]}))
    assert written == line
    assert complaints == [f"changed the {field} of a job: ignored"]


def test_the_id_of_the_pipeline_is_not_changed() -> None:
    line = line_of("pipeline")
    written, complaints = edit(line, lambda given: given.replace(unique_id="other"))
    assert (written, complaints) == (line, ["changed the unique_id of a pipeline: ignored"])


def test_a_copy_made_without_validation_is_validated() -> None:
    line = line_of("job")
    written, [complaint] = edit(line, lambda given: given.model_copy(update={"status": "odd"}))
    assert written == line
    assert complaint.startswith("returned what the API cannot take: ")


def test_what_a_hook_adds_is_redacted() -> None:
    added = {
        "tags": [f"login:{SECRET}"],
        "parameters": {"key": f"is {SECRET}"},
        "error": {"message": SECRET, "stack": f"at {SECRET}", "domain": "user"},
        "url": f"https://ci.example/{SECRET}",
    }
    written, complaints = edit(line_of("job"), lambda given: given.replace(**added))
    assert complaints == []
    assert SECRET.encode() not in (written or b"")
    assert resource(written)["tags"] == ["login:[redacted]"]
    assert resource(written)["error"]["message"] == "[redacted]"


def test_what_a_hook_leaves_is_not_redacted_again() -> None:
    """A pattern that meets an id or a time must not tear the tree."""
    line = line_of("job", id_=SECRET, tags=[f"a:{SECRET}"])
    written, complaints = edit(line, lambda given: given.replace(metrics=["n:1"]))
    assert complaints == []
    assert resource(written) == resource(line) | {"metrics": ["n:1"]}


def test_a_pattern_that_meets_a_status_or_an_end_does_not_harm_them() -> None:
    hooks = FakeHooks(lambda given: given.replace(status="error", tags=["a:b"]))
    editor = Editor(cast("UserHooks", hooks), lambda _: "all:redacted")
    written = editor.edit(line_of("job"))
    assert resource(written)["status"] == "error"
    assert resource(written)["end"] == resource(line_of("job"))["end"]
    assert resource(written)["tags"] == ["all:redacted"]
    assert hooks.complaints == []
