"""Our errors stay ours."""

from __future__ import annotations

import pytest

from pytest_ddci.guard import Guard, guarded, guarded_always


class Hooks:
    def __init__(self) -> None:
        self.guard = Guard()
        self.calls: list[str] = []

    @guarded
    def note(self, word: str) -> None:
        self.calls.append(word)

    @guarded_always
    def put_back(self, error: Exception | None = None) -> None:
        self.calls.append("put back")
        if error:
            raise error

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


def test_a_signal_waits_until_nothing_of_ours_is_under_way() -> None:
    hooks, done = Hooks(), []

    class Outer(Hooks):
        @guarded
        def work(self) -> None:
            self.guard.when_idle(lambda: done.append("signal"))
            self.note("inner")
            assert not done, "the inner method is not the last one"

    outer = Outer()
    outer.work()
    assert (done, outer.calls, outer.guard.error) == (["signal"], ["inner"], None)
    hooks.guard.when_idle(lambda: done.append("at once"))
    assert done == ["signal", "at once"]


def test_a_signal_waits_for_a_method_that_fails_too() -> None:
    done: list[str] = []

    class Failing(Hooks):
        @guarded
        def work(self) -> None:
            self.guard.when_idle(lambda: done.append("signal"))
            raise ValueError

    failing = Failing()
    failing.work()
    assert done == ["signal"]
    assert isinstance(failing.guard.error, ValueError)


def test_what_puts_things_back_runs_after_an_error_too_and_never_raises() -> None:
    hooks = Hooks()
    first = ValueError("first")
    hooks.fail(first)
    hooks.put_back(TypeError("second"))
    assert hooks.calls == ["put back"]
    assert hooks.guard.error is first


def test_what_cannot_put_things_back_is_the_first_error_where_there_was_none() -> None:
    hooks = Hooks()
    error = TypeError("only")
    hooks.put_back(error)
    assert hooks.guard.error is error
