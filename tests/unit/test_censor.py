"""The users' hook has the last word on a text, and a text it fails on is not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.censor import Censor
from pytest_ddci.errors import RedactionError
from pytest_ddci.redact import MARK, Redactor
from tests.unit.test_user_hooks import failing, hooks

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "hunter22"
OURS = Redactor({"A_TOKEN": SECRET})


def censor(redact: Callable[..., object] | None = None) -> Censor:
    return Censor(OURS, hooks(**({"redact": redact} if redact else {})))


def test_without_a_hook_it_is_our_own_redaction() -> None:
    assert censor().strict(f"a {SECRET}") == censor()(f"a {SECRET}") == f"a {MARK}"


def test_a_hook_takes_out_more() -> None:
    assert censor(lambda text: text.replace("card 4711", "card"))("card 4711") == "card"


def test_a_hook_sees_what_our_own_redaction_has_left() -> None:
    seen: list[str] = []

    def look(text: str) -> str:
        seen.append(text)
        return text

    censor(look)(f"a {SECRET}")
    assert seen == [f"a {MARK}"]


def test_what_a_hook_puts_in_is_redacted_too() -> None:
    assert censor(lambda text: f"{text} {SECRET}")("a") == f"a {MARK}"


@pytest.mark.parametrize("answer", [None, 5, b"text", ["text"], True], ids=repr)
def test_what_is_no_text_counts_as_a_failure(answer: object) -> None:
    target = hooks(redact=lambda text: answer)  # noqa: ARG005 - as a hook takes it
    made = Censor(OURS, target)
    with pytest.raises(RedactionError):
        made.strict("text")
    assert made("text") == MARK
    assert target.problems[0].startswith(
        f"hook pytest_ddci_redact returned {type(answer).__name__} instead of a text"
    )


@pytest.mark.parametrize("error", [ValueError("x"), pytest.skip.Exception("no")], ids=repr)
def test_a_hook_that_raises_fails(error: BaseException) -> None:
    made = censor(failing(error))
    with pytest.raises(RedactionError):
        made.strict("text")
    assert made("text") == MARK


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)], ids=["ctrl-c", "exit"])
def test_what_ends_the_process_passes(error: BaseException) -> None:
    with pytest.raises(type(error)):
        censor(failing(error))("text")
