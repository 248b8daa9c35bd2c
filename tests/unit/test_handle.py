"""What a test may say of itself."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.failure import capture
from pytest_ddci.handle import Handle
from pytest_ddci.notebook import Notebook
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pytest_ddci.facts import CustomStep


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0)


@pytest.fixture
def notebook(clock: FakeClock) -> Notebook:
    return Notebook(clock, capture)


def steps(notebook: Notebook) -> tuple[CustomStep, ...]:
    notes = notebook.take()
    assert notes is not None
    return notes.steps


def test_tags_and_metrics_are_taken_once(notebook: Notebook) -> None:
    handle = Handle(notebook)
    handle.tag("team", "a")
    handle.tag("team", "b")
    handle.metric("rows", 3)
    notes = notebook.take()
    assert notes is not None
    assert (notes.tags, notes.metrics) == ({"team": "b"}, {"rows": 3})
    assert notebook.take() is None


@pytest.mark.parametrize("value", [True, "3", None, [], math.nan], ids=str)
def test_a_metric_that_is_no_number_is_marked_to_be_left_out(
    notebook: Notebook, value: object
) -> None:
    Handle(notebook).metric("rows", value)  # type: ignore[arg-type] # that is what is tested
    notes = notebook.take()
    assert notes is not None
    assert math.isnan(notes.metrics["rows"])


def test_a_step_is_timed_by_our_clock(notebook: Notebook, clock: FakeClock) -> None:
    with Handle(notebook).step("wait"):
        clock.advance(2)
    (step,) = steps(notebook)
    assert (step.name, step.end_ns - step.start_ns, step.failure) == ("wait", 2 * SECOND, None)


def test_a_step_that_raises_carries_the_failure_and_raises_on(notebook: Notebook) -> None:
    with pytest.raises(ValueError, match="no"), Handle(notebook).step("fail"):
        raise ValueError("no")
    (step,) = steps(notebook)
    assert step.failure is not None
    assert step.failure.type == "ValueError"


def test_a_step_in_which_the_test_is_skipped_has_not_failed(notebook: Notebook) -> None:
    with pytest.raises(pytest.skip.Exception), Handle(notebook).step("maybe"):
        pytest.skip("not today")
    assert steps(notebook)[0].failure is None


def test_a_step_may_be_entered_again_within_itself(notebook: Notebook, clock: FakeClock) -> None:
    step = Handle(notebook).step("nested")
    with step:
        clock.advance(1)
        with step:
            clock.advance(1)
    assert sorted(each.end_ns - each.start_ns for each in steps(notebook)) == [SECOND, 2 * SECOND]


def test_every_call_of_a_decorated_function_is_a_step(notebook: Notebook) -> None:
    @Handle(notebook).step("add")
    def add(left: int, right: int) -> int:
        """Add."""
        return left + right

    assert add(add(1, 2), 3) == 6
    assert add.__doc__ == "Add."
    assert [step.name for step in steps(notebook)] == ["add", "add"]


def test_a_decorated_coroutine_is_timed_while_it_runs(notebook: Notebook, clock: FakeClock) -> None:
    @Handle(notebook).step("fetch")
    async def fetch() -> str:
        clock.advance(3)
        return "done"

    assert asyncio.run(fetch()) == "done"
    (step,) = steps(notebook)
    assert step.end_ns - step.start_ns == 3 * SECOND


def test_without_a_notebook_everything_does_nothing() -> None:
    handle = Handle()
    handle.tag("a", "b")
    handle.metric("c", 1)
    with handle.step("d"):
        pass
    assert handle.step("e")(lambda: 7)() == 7


def test_a_value_whose_text_raises_does_not_fail_the_test(notebook: Notebook) -> None:
    class Rude:
        def __str__(self) -> str:
            raise RuntimeError

    Handle(notebook).tag("x", Rude())
    notes = notebook.take()
    assert notes is not None
    assert "Rude" in notes.tags["x"]
