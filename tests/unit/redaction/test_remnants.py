"""What is left of a secret where somebody else has cut a text is hidden as well."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING

import pytest

from pytest_ddci import limits
from pytest_ddci.bounded import LONGEST, bounded
from pytest_ddci.redact import MARK, Redactor
from pytest_ddci.redaction.remnants import LEAST
from tests.planted import GRAM, Secret, leaks

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = "qW3rTy-Zx9/cVb'N7mLkJ4hG\\f2dSaPoI8"
LONG = "".join(f"{number:x}Z" for number in range(900))


def middle(text: str, size: int) -> str:
    """As pytest and `reprlib` cut: the middle is missing."""
    half = size // 2
    return text[:half] + "..." + text[len(text) - half :]


CUTS: dict[str, Callable[[str, int], str]] = {
    "dots": lambda text, size: text[:size] + "...",
    "more dots": lambda text, size: text[:size] + "......",
    "an ellipsis": lambda text, size: text[:size] + "…",
    "a quote between": lambda text, size: repr(text)[: size + 1] + "'...",
    "words in brackets": lambda text, size: text[:size] + " [...]",
    "the middle": middle,
    "the beginning": lambda text, size: "..." + text[-size:],
    "our own": limits.cut,
    "our own, of names": limits.cut_name,
    "our own, of stacks": limits.cut_middle,
}


def seen(text: str, value: str = VALUE) -> list[str]:
    return leaks([("text", text)], [Secret("", value, value)])


@pytest.mark.parametrize("cut", CUTS)
def test_no_cut_saves_a_part_of_a_value(cut: str) -> None:
    hide = Redactor({"A_TOKEN": VALUE})
    for offset in range(len(VALUE) + 2):
        text = f"{'.' * 60}{VALUE}{'.' * 60}".replace(".", "x y ")
        found = hide(CUTS[cut](text, 240 + offset))
        assert seen(found) == [], (cut, offset, found)


def test_nothing_is_left_of_a_value_whose_repr_was_cut() -> None:
    hide, short = Redactor({"A_TOKEN": VALUE}), reprlib.Repr()
    for size in range(LEAST, 60):
        short.maxstring = short.maxother = size
        text = hide(short.repr([VALUE * 2]))
        assert seen(text) == [], text


def test_a_long_value_may_be_cut_anywhere_near_its_ends() -> None:
    hide = Redactor({"A_TOKEN": LONG})
    for size in range(2 * LEAST, 500):
        assert seen(hide(f"<{middle(LONG, size)}>"), LONG) == []


def test_the_limit_of_what_leaves_a_process_saves_no_part() -> None:
    hide = Redactor({"A_TOKEN": VALUE})
    for offset in (5, 12, 20, 30):
        half = LONGEST // 2
        text = "a" * (half - offset) + VALUE + "b" * LONGEST
        text += VALUE + "c" * (half - offset)
        assert seen(hide(bounded(text))) == [], offset


@pytest.mark.parametrize("text", ["qW3rT...", "...aPoI8", "see qW3rTy-Zx9 ", "and so on..."])
def test_too_small_a_part_and_one_without_an_ellipsis_stay(text: str) -> None:
    assert Redactor({"A_TOKEN": VALUE})(text) == text


def test_what_was_beside_a_mark_stays_what_it_is() -> None:
    hide = Redactor({"A_TOKEN": VALUE})
    once = hide(f"{VALUE[:10]}... {VALUE}...{VALUE[-10:]}")
    assert once == f"{MARK}... {MARK}...{MARK}"
    assert hide(once) == once


@pytest.mark.parametrize(
    "token",
    [
        "ghp_" + "aB3d" * 9,
        "github_pat_" + "aB3d" * 9,
        "glpat-" + "aB3-" * 6,
        "xoxb-" + "12345678" * 3,
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSy" + "aB3d-" * 6,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
        "ddpat_" + "aB3d" * 9,
        "pypi-" + "aB3-" * 15,
    ],
)
@pytest.mark.parametrize("dots", ["...", "…"])
def test_the_beginning_of_a_token_is_hidden_as_well(token: str, dots: str) -> None:
    for size in range(token.find("_") + token.find("-") + 14, len(token)):
        found = Redactor({})(f"<{token[:size]}{dots}")
        assert token[8 : 8 + GRAM] not in found, found
