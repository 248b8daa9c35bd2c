"""Our errors stay ours."""

from __future__ import annotations

import pytest

from pytest_ddci.guard import Guard, guarded


class Hooks:
    def __init__(self) -> None:
        self.guard = Guard()
        self.calls: list[str] = []

    @guarded
    def note(self, word: str) -> None:
        self.calls.append(word)

    @guarded
    def fail(self, error: BaseException) -> None:
        raise error


def test_the_first_error_is_kept_and_nothing_guarded_runs_after_it() -> None:
    hooks = Hooks()
    hooks.note("before")
    first = ValueError("first")
    hooks.fail(first)
    hooks.fail(TypeError("second"))
    hooks.note("after")
    assert hooks.guard.error is first
    assert hooks.calls == ["before"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_what_ends_the_process_is_no_error_of_ours(error: BaseException) -> None:
    hooks = Hooks()
    with pytest.raises(type(error)):
        hooks.fail(error)
    assert hooks.guard.error is None


def test_a_guarded_hook_shows_pluggy_its_own_arguments() -> None:
    assert Hooks.note.__wrapped__.__name__ == "note"  # type: ignore[attr-defined] # by functools
