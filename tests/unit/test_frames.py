"""Frames look as Python's own do."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.frames import Frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType


def dive(depth: int) -> None:
    if depth == 0:
        raise ValueError("deep")
    dive(depth - 1)


def dive_twice() -> None:
    try:
        dive(9)
    finally:
        dive(7)


def from_text() -> None:
    exec(compile("def made():\n    raise ValueError\nmade()", "<made>", "exec"), {})  # noqa: S102


def fallen(fall: Callable[[], None]) -> TracebackType:
    with pytest.raises(ValueError) as info:  # noqa: PT011 - any
        fall()
    return info.tb


def pythons_own(tb: TracebackType) -> str:
    """What Python prints of the same frames where it knows nothing of columns."""
    frames = [
        traceback.FrameSummary(frame.f_code.co_filename, number, frame.f_code.co_name)
        for frame, number in traceback.walk_tb(tb)
    ]
    return "".join(traceback.StackSummary.from_list(frames).format())


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4, 5, 40])
def test_frames_look_as_pythons_do_however_often_they_repeat(depth: int) -> None:
    tb = fallen(lambda: dive(depth))
    assert "".join(Frames(tb).format()) == pythons_own(tb)


@pytest.mark.parametrize("fall", [dive_twice, from_text])
def test_repetitions_in_between_and_frames_without_a_file_do_too(
    fall: Callable[[], None],
) -> None:
    tb = fallen(fall)
    assert "".join(Frames(tb).format()) == pythons_own(tb)


def test_without_a_traceback_there_is_nothing() -> None:
    assert Frames(None).format() == []


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    source = tmp_path / "changing.py"
    shown = []
    for word in ("first", "second_time"):
        source.write_text(f"raise ValueError('{word}')\n", encoding="ascii")
        code = compile(source.read_text(encoding="ascii"), str(source), "exec")
        with pytest.raises(ValueError, match=word) as info:
            exec(code, {})  # noqa: S102 - a file that changes
        shown.append("".join(Frames(info.tb).format()))
    assert ["first" in shown[0], "second_time" in shown[1]] == [True, True]
