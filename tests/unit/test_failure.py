"""Exceptions as failures, whatever they do to whoever looks at them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.bounded import LONGEST
from pytest_ddci.failure import capture

if TYPE_CHECKING:
    from pytest_ddci.facts import Failure


def caught(error: BaseException) -> Failure:
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 - that is what is tested
        return capture(raised)


class RudeError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not telling")


def test_type_message_and_stack_are_those_of_the_exception() -> None:
    failure = caught(ValueError("no such fruit"))
    assert (failure.type, failure.message) == ("ValueError", "no such fruit")
    assert "in caught" in failure.stack
    assert failure.stack.rstrip().endswith("ValueError: no such fruit")


def test_an_exception_of_a_module_is_named_with_its_module() -> None:
    assert caught(RudeError()).type == f"{__name__}.RudeError"


def test_an_exception_whose_text_raises_is_told_all_the_same() -> None:
    failure = caught(RudeError())
    assert "raised RuntimeError" in failure.message
    assert "in caught" in failure.stack


def test_causes_are_in_the_stack() -> None:
    try:
        try:
            raise KeyError("price")
        except KeyError as cause:
            raise ValueError("an item without a price") from cause
    except ValueError as error:
        failure = capture(error)
    assert failure.stack.index("KeyError: 'price'") < failure.stack.index("direct cause")


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert "second" in caught(first).stack


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_notes_are_part_of_the_message_and_of_the_stack() -> None:
    error = ValueError("bad")
    error.add_note("seen in row 7")
    failure = caught(error)
    assert failure.message == "bad\nseen in row 7"
    assert "seen in row 7" in failure.stack


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_the_members_of_a_group_are_in_the_stack() -> None:
    group = ExceptionGroup("both", [ValueError("one"), TypeError("two")])  # noqa: F821 - 3.11
    stack = caught(group).stack
    assert "ValueError: one" in stack
    assert "TypeError: two" in stack


def test_an_endless_recursion_has_a_stack() -> None:
    def fall() -> None:
        fall()

    with pytest.raises(RecursionError) as info:
        fall()
    failure = capture(info.value)
    assert "more times" in failure.stack


def test_the_stack_begins_where_pytest_calls_the_users_code() -> None:
    assert "_pytest" not in caught(ValueError("x")).stack.splitlines()[1]


@pytest.mark.parametrize(
    ("error", "domain"),
    [(AssertionError("no"), "user"), (ValueError("no"), "user")],
    ids=["assertion", "exception"],
)
def test_what_the_projects_code_raises_is_the_users(error: Exception, domain: str) -> None:
    assert caught(error).domain == domain


def test_what_only_installed_packages_know_of_is_the_providers() -> None:
    namespace: dict[str, object] = {"__name__": "some_plugin"}
    code = compile("def hook(): raise OSError('disk')", "/x/site-packages/some_plugin.py", "exec")
    exec(code, namespace)  # noqa: S102 - the only way to a frame in another file
    hook = namespace["hook"]
    assert callable(hook)
    with pytest.raises(OSError, match="disk") as info:
        hook()
    # The frame of this test is left out, as it is in a run: nobody of the project called.
    info.value.__traceback__ = info.tb.tb_next
    assert capture(info.value).domain == "provider"


def test_what_pytest_shows_is_asked_for_only_where_it_says_more() -> None:
    assert capture(ValueError("x"), lambda: pytest.fail("asked for")).message == "x"


def test_the_stack_of_every_cause_shows_lines_and_no_marks_below_them() -> None:
    def low() -> None:
        raise KeyError("low")

    def high() -> None:
        try:
            low()
        except KeyError as error:
            raise ValueError("high") from error

    with pytest.raises(ValueError, match="high") as info:
        high()
    lines = [line.strip() for line in capture(info.value).stack.splitlines()]
    assert [line for line in lines if not line.strip("^~ ")] == [""] * 2
    assert [line for line in lines if line.startswith(("low", "raise", "high"))] == [
        "low()",
        'raise KeyError("low")',
        "high()",
        'raise ValueError("high") from error',
    ]


def test_a_very_long_chain_of_causes_is_told_whole() -> None:
    error: Exception = ValueError("first")
    for number in range(3_000):
        after = ValueError(f"number {number}")
        after.__cause__ = error
        error = after
    stack = capture(error).stack
    assert "ValueError: first" in stack
    assert "ValueError: number 1500" in stack


def test_pytests_own_exceptions_are_told_as_pytest_shows_them() -> None:
    own = type("FixtureLookupError", (LookupError,), {"__module__": "_pytest.fixtures"})
    explained = "file x.py, line 1\nE       fixture 'basket' not found\n>  available fixtures: a"
    failure = capture(own(), lambda: explained)
    assert (failure.type, failure.message) == ("FixtureLookupError", "fixture 'basket' not found")
    assert failure.stack == explained


def test_a_message_of_many_megabytes_leaves_the_process_bounded() -> None:
    failure = caught(ValueError("x" * (LONGEST * 2)))
    assert len(failure.message) < LONGEST + 100
    assert "characters left out" in failure.message


def test_a_surrogate_in_a_message_is_no_obstacle() -> None:
    assert caught(ValueError("bad \udc80 name")).message == "bad \udc80 name"
