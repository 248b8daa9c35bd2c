"""What the events say of an exception, whatever the exception or `--tb` does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.outcome import Outcome, Resource
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

TRACEBACK = "Traceback (most recent call last):"


def run(project: Project, suite: str, *args: str) -> Outcome:
    project.write(test_it=suite)
    outcome = project.run(*args)
    outcome.check()
    return outcome


def error_of(outcome: Outcome) -> Resource:
    """The error of the one job, which is the error of its failed step too."""
    (job,) = outcome.jobs
    (step,) = [step for step in outcome.steps_of(job) if step["status"] == "error"]
    assert step["error"] == job["error"]
    error: Resource = job["error"]
    return error


def test_an_exception_that_cannot_be_shown(project: Project) -> None:
    outcome = run(
        project,
        """
        class Broken(Exception):
            def __str__(self): raise ValueError("no words")
            __repr__ = __str__

        def test_it(): raise Broken()
        """,
    )
    error = error_of(outcome)

    assert error["type"] == "test_it.Broken"
    assert error["message"] == "<str() of this test_it.Broken raised ValueError>"
    assert "in test_it\n    def test_it(): raise Broken()" in error["stack"]


def test_a_value_that_cannot_be_shown(project: Project) -> None:
    outcome = run(
        project,
        """
        class Broken:
            def __repr__(self): raise ValueError("no words")

        def test_it(): assert Broken() == 1
        """,
    )
    error = error_of(outcome)

    assert error["type"] == "AssertionError"
    assert "ValueError" in error["message"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are new in Python 3.11")
def test_the_members_of_a_group_are_in_the_stack(project: Project) -> None:
    outcome = run(
        project,
        """
        def test_it():
            inner = ExceptionGroup("inner", [KeyError("two")])
            raise ExceptionGroup("outer", [ValueError("one"), inner])
        """,
    )
    error = error_of(outcome)

    assert (error["type"], error["message"]) == ("ExceptionGroup", "outer (2 sub-exceptions)")
    for part in ("ValueError: one", "ExceptionGroup: inner", "KeyError: 'two'"):
        assert part in error["stack"]


def test_causes_that_go_round_in_a_circle_end(project: Project) -> None:
    outcome = run(
        project,
        """
        def test_it():
            one, two = ValueError("one"), ValueError("two")
            one.__cause__, two.__cause__ = two, one
            raise one
        """,
    )
    error = error_of(outcome)

    assert (error["type"], error["message"]) == ("ValueError", "one")
    assert "ValueError: two" in error["stack"]


def test_causes_and_contexts_are_in_the_stack(project: Project) -> None:
    outcome = run(
        project,
        """
        def test_it():
            try:
                try: {}["first"]
                except KeyError as error: raise OSError("second") from error
            except OSError:
                raise RuntimeError("third")
        """,
    )
    error = error_of(outcome)

    assert (error["type"], error["message"]) == ("RuntimeError", "third")
    first, second, third = (
        error["stack"].index(line)
        for line in ("KeyError: 'first'", "OSError: second", "RuntimeError: third")
    )
    assert first < second < third
    assert error["stack"].count(TRACEBACK) == 3


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes are new in Python 3.11")
def test_notes_are_in_message_and_stack(project: Project) -> None:
    outcome = run(
        project,
        """
        def test_it():
            error = ValueError("noted")
            error.add_note("look here")
            raise error
        """,
    )
    error = error_of(outcome)

    assert error["message"] == "noted\nlook here"
    assert error["stack"].rstrip().endswith("ValueError: noted\nlook here")


def test_an_endless_recursion_is_told_shortly(project: Project) -> None:
    outcome = run(
        project,
        """
        def down(): down()
        def test_it(): down()
        """,
    )
    error = error_of(outcome)

    assert error["type"] == "RecursionError"
    assert "Previous line repeated" in error["stack"]
    assert len(error["stack"]) < 2_000


@pytest.mark.parametrize(
    "call",
    ['pytest.fail("plainly")', 'pytest.fail("plainly", pytrace=False)'],
    ids=["with trace", "without trace"],
)
def test_a_plain_failure_tells_where_it_was(project: Project, call: str) -> None:
    outcome = run(project, f"import pytest\ndef test_it(): {call}")
    error = error_of(outcome)

    assert (error["type"], error["message"], error["domain"]) == ("Failed", "plainly", "user")
    assert "in test_it" in error["stack"]


def test_an_error_that_no_python_code_raises_has_the_line_that_called(project: Project) -> None:
    outcome = run(
        project,
        """
        def test_it():
            list(map(int, ["1", "two"]))
        """,
    )
    error = error_of(outcome)

    assert error["type"] == "ValueError"
    assert error["message"].startswith("invalid literal for int() with base 10: 'two'")
    assert 'test_it.py", line 3, in test_it' in error["stack"]


def test_hidden_frames_are_in_the_stack(project: Project) -> None:
    outcome = run(
        project,
        """
        def helper():
            __tracebackhide__ = True
            raise ValueError("from a helper")
        def test_it(): helper()
        """,
    )
    stack = error_of(outcome)["stack"]

    assert stack.index("in test_it") < stack.index("in helper")


@pytest.mark.parametrize("style", ["auto", "long", "short", "line", "native", "no"])
def test_the_stack_does_not_depend_on_how_the_terminal_shows_it(plain: Project, style: str) -> None:
    outcome = run(
        plain,
        """
        def helper(value): assert value == 2, "not two"
        def test_it(): helper(1)
        """,
        f"--tb={style}",
    )
    error = error_of(outcome)

    assert error["type"] == "AssertionError"
    assert error["message"] == "not two\nassert 1 == 2"
    stack = error["stack"]
    assert stack.startswith(TRACEBACK)
    assert stack.index("in test_it") < stack.index("in helper")
    assert "_pytest" not in stack


def test_an_unknown_fixture_is_named(project: Project) -> None:
    outcome = run(project, "def test_it(no_such): pass")
    error = error_of(outcome)

    assert (error["type"], error["domain"]) == ("FixtureLookupError", "user")
    assert error["message"] == "fixture 'no_such' not found"
    assert "available fixtures:" in error["stack"]


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        pytest.param("import sys; sys.exit(3)", "SystemExit", "3", id="sys.exit"),
        pytest.param("raise GeneratorExit('g')", "GeneratorExit", "g", id="GeneratorExit"),
        pytest.param("raise LookupError", "LookupError", "", id="no message"),
    ],
)
def test_exceptions_that_are_no_errors_fail_a_test_all_the_same(
    plain: Project, body: str, kind: str, message: str
) -> None:
    outcome = run(plain, f"def test_it(): {body}\ndef test_after(): pass")
    error = outcome.job("test_it")["error"]

    assert (error["type"], error["message"]) == (kind, message)
    assert outcome.job("test_after")["status"] == "success"


def test_texts_of_any_characters_cross_from_worker_to_wire(project: Project) -> None:
    outcome = run(
        project,
        r"""
        def test_it(): raise ValueError("null \x00, colour \x1b[31m, tile \U0001f600")
        """,
        "--tb=no",
    )
    message = error_of(outcome)["message"]

    assert message.startswith("null ")
    assert message.endswith("tile \U0001f600")
    assert "\x00" not in message


# Not on workers: xdist itself ends a worker whose report holds such a text.
def test_a_text_that_no_encoding_can_say_is_told_as_far_as_it_can_be(plain: Project) -> None:
    outcome = run(plain, r"def test_it(): raise ValueError('lone \udc80 end')")

    assert error_of(outcome)["message"] == "lone \N{REPLACEMENT CHARACTER} end"


@pytest.mark.parametrize(
    ("suite", "domain"),
    [
        pytest.param("def test_it(): assert 0", "user", id="assertion"),
        pytest.param("def test_it(): raise OSError", "user", id="exception"),
        pytest.param("import json\ndef test_it(): json.loads('{')", "user", id="through library"),
        pytest.param("def test_it(installed): pass", "provider", id="plugin"),
    ],
)
def test_the_domain_tells_the_users_errors_from_the_tools(
    plain: Project, suite: str, domain: str
) -> None:
    # An installed plugin lies where packages are installed.
    plain.file(
        "site-packages/some_plugin.py",
        """
        import pytest

        @pytest.fixture
        def installed(): raise OSError("no service")
        """,
    )
    plain.write(test_it=suite)
    outcome = plain.run(
        "-p", "some_plugin", env={"PYTHONPATH": str(plain.directory / "site-packages")}
    )
    outcome.check()

    assert error_of(outcome)["domain"] == domain
