from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pytest_ddci.crew import Crew

if TYPE_CHECKING:
    import pytest


def test_a_task_comes_back_with_its_result() -> None:
    crew = Crew[int, int](lambda task: task * 2)
    crew.start(21)
    done = crew.collect(5)
    assert done is not None
    assert (done.task, done.result, done.error) == (21, 42, None)
    assert crew.underway == []


def test_a_task_that_raises_comes_back_with_the_error() -> None:
    crew = Crew[int, float](lambda task: 1 / task)
    crew.start(0)
    done = crew.collect(5)
    assert done is not None
    assert done.result is None
    assert isinstance(done.error, ZeroDivisionError)


def test_a_task_under_way_is_not_waited_for_beyond_the_time_given() -> None:
    release = threading.Event()
    crew = Crew[str, bool](lambda _: release.wait(5))
    crew.start("slow")
    assert crew.collect(0) is None
    assert crew.underway == ["slow"]
    release.set()
    assert crew.collect(5) is not None


def test_tasks_run_side_by_side_in_threads_that_hold_nobody() -> None:
    meeting = threading.Barrier(3)
    daemons: list[bool] = []

    def work(_: int) -> None:
        daemons.append(threading.current_thread().daemon)
        meeting.wait(5)

    crew = Crew[int, None](work)
    for task in range(3):
        crew.start(task)
    assert [crew.collect(5) is not None for _ in range(3)] == [True] * 3
    assert daemons == [True] * 3


def test_without_threads_a_task_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    crew = Crew[int, int](lambda task: task + 1)
    crew.start(1)
    done = crew.collect(0)
    assert done is not None
    assert done.result == 2
