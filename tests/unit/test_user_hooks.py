"""Calls of the users' own hooks: what they raise or answer wrongly is told and costs no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pluggy
import pytest

from pytest_ddci import hookspecs
from pytest_ddci.accounting import Accounting
from pytest_ddci.errors import InvalidEventError
from pytest_ddci.head import PipelineDraft
from pytest_ddci.user_hooks import UserHooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.events import Model

EVENT = cast("Model", object())


def hooks(**implementations: Callable[..., object]) -> UserHooks:
    """The hooks of a project with those implementations, by the end of their name."""
    manager = pluggy.PluginManager("pytest")
    manager.add_hookspecs(hookspecs)
    mark = pluggy.HookimplMarker("pytest")
    plugin = SimpleNamespace(
        **{f"pytest_ddci_{name}": mark(hook) for name, hook in implementations.items()}
    )
    manager.register(plugin)
    return UserHooks(cast("pytest.Config", SimpleNamespace(hook=manager.hook)))


def test_without_implementations_everything_stays_as_it_is() -> None:
    target, draft = hooks(), PipelineDraft(name="suite", tags={"a": "b"})
    target.pipeline(draft)
    target.delivered(Accounting())
    assert draft == PipelineDraft(name="suite", tags={"a": "b"})
    assert not target.edits_events()
    assert target.event(EVENT) is None
    assert target.stage_name("t.py::t", "t.py") == "t.py"
    assert target.problems == []


def test_every_hook_is_called_with_what_it_asks_for() -> None:
    seen: list[object] = []

    def pipeline(pipeline: PipelineDraft) -> None:
        pipeline.name = "renamed"

    def event(event: object, config: object) -> object:
        seen.extend([event, config])
        return False

    def stage_name(nodeid: str, default: str) -> str:
        return f" {nodeid} of {default} "

    def delivered(accounting: Accounting) -> None:
        seen.append(accounting)

    target = hooks(pipeline=pipeline, event=event, stage_name=stage_name, delivered=delivered)
    draft, books = PipelineDraft(name="suite"), Accounting()
    target.pipeline(draft)
    assert draft.name == "renamed"
    assert target.edits_events()
    assert target.event(EVENT) is False
    assert target.stage_name("t", "d") == "t of d"
    target.delivered(books)
    assert seen[0] is EVENT
    assert seen[-1] is books
    assert target.problems == []


def failing(error: BaseException) -> Callable[..., object]:
    def hook() -> None:
        raise error

    return hook


def test_an_error_is_one_line_with_its_place() -> None:
    target = hooks(event=failing(ZeroDivisionError("two\n  lines")))
    assert target.event(EVENT) is None
    [problem] = target.problems
    assert problem.startswith("hook pytest_ddci_event raised ZeroDivisionError: two lines (")
    assert problem.endswith(f"test_user_hooks.py:{failing.__code__.co_firstlineno + 2})")


def test_an_error_that_happens_again_is_counted_not_repeated() -> None:
    target = hooks(event=failing(OSError("again")))
    for _ in range(3):
        target.event(EVENT)
    [problem] = target.problems
    assert problem.endswith("(3 times)")


def test_no_more_than_twenty_different_problems_are_told() -> None:
    target = hooks()
    for number in range(50):
        target.complain("pytest_ddci_event", f"problem {number}")
    assert target.problems[0] == "hook pytest_ddci_event problem 0"
    assert len(target.problems) == 20


def test_a_long_message_is_cut() -> None:
    target = hooks(event=failing(OSError("x" * 10_000)))
    target.event(EVENT)
    assert len(target.problems[0]) < 600


def test_what_the_api_cannot_take_is_told_as_such() -> None:
    target = hooks(event=failing(InvalidEventError("Job: tags: not a list")))
    target.event(EVENT)
    assert target.problems == [
        "hook pytest_ddci_event asked for what the API cannot take: Job: tags: not a list"
    ]


def test_an_error_that_cannot_even_be_printed_is_told() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    target = hooks(event=failing(MuteError()))
    assert target.event(EVENT) is None
    assert target.problems[0].startswith("hook pytest_ddci_event raised MuteError: ")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)], ids=["ctrl-c", "exit"])
def test_what_ends_the_process_passes(error: BaseException) -> None:
    with pytest.raises(type(error)):
        hooks(event=failing(error)).event(EVENT)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (5, "5"),
        ("", "str"),
        (" \n", "str"),
        ([1], "[1]"),
        ({"a": 1}, "dict"),
        (False, "False"),
        ([0] * 1_000, "[0, 0, 0"),
    ],
    ids=repr,
)
def test_a_stage_name_that_is_none_leaves_the_default(answer: object, shown: str) -> None:
    target = hooks(stage_name=lambda: answer)
    assert target.stage_name("t", "default") == "default"
    [problem] = target.problems
    assert problem.startswith(f"hook pytest_ddci_stage_name returned {shown}")
    assert len(problem) < 200


def test_a_stage_hook_that_raises_leaves_the_default() -> None:
    target = hooks(stage_name=failing(KeyError("nodeid")))
    assert target.stage_name("t", "default") == "default"
    assert target.problems[0].startswith("hook pytest_ddci_stage_name raised KeyError: ")


@pytest.mark.parametrize(
    ("field", "garbage", "problem"),
    [
        ("name", None, "left the pipeline without a name: ignored"),
        ("name", " ", "left the pipeline without a name: ignored"),
        ("tags", None, "left NoneType as tags: ignored"),
        ("metrics", [1], "left list as metrics: ignored"),
        ("parameters", "x", "left str as parameters: ignored"),
    ],
)
def test_garbage_in_the_draft_is_put_back_and_told(
    field: str, garbage: object, problem: str
) -> None:
    target = hooks(pipeline=lambda pipeline: setattr(pipeline, field, garbage))
    before = PipelineDraft(name="suite", tags={"a": "b"}, metrics={"n": 1}, parameters={"p": "q"})
    draft = before.copy()
    target.pipeline(draft)
    assert draft == before
    assert target.problems == [f"hook pytest_ddci_pipeline {problem}"]


def test_what_a_hook_says_in_the_draft_becomes_text() -> None:
    def pipeline(pipeline: PipelineDraft) -> None:
        pipeline.tags |= {5: 6, "none": None}  # type: ignore[dict-item] # what a user may do
        pipeline.parameters |= {"sizes": {2, 1}, "text": "as it is"}  # type: ignore[dict-item] # same

    draft = PipelineDraft(name="suite")
    target = hooks(pipeline=pipeline)
    target.pipeline(draft)
    assert draft.tags == {"5": "6"}
    assert draft.parameters == {"sizes": "{1, 2}", "text": "as it is"}
    assert target.problems == []
