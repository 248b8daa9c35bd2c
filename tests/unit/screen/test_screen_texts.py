"""Texts that do no harm to a terminal, and that fit into columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.screen.texts import cut, escaped, fit, lines_of, padded, width

WORDS = st.text().map(escaped)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [red]text[/red]", "plain [red]text[/red]"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("caf\u00e9 \u6f22", "caf\u00e9 \u6f22"),
        ("\ud800", r"\ud800"),
        ("\u2028\x85\x9b31m", r"\u2028\x85\x9b31m"),
    ],
    ids=["markup", "sequence", "breaks", "direction", "letters", "surrogate", "c1"],
)
def test_what_is_not_printable_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text())
def test_whatever_is_shown_is_printable(text: str) -> None:
    assert escaped(text).isprintable()
    assert all(line.isprintable() for line in lines_of(text))


def test_lines_keep_their_indentation() -> None:
    assert lines_of("a\n  b\n\tc\x1b\n\n") == ["a", "  b", r"    c\x1b"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("\u6f22\u5b57", 4), ("e\u0301", 1), ("\uff21b", 3), ("", 0)],
    ids=["ascii", "wide", "combining", "full width", "empty"],
)
def test_width_is_in_columns(text: str, columns: int) -> None:
    assert width(text) == columns


@given(WORDS, st.integers(0, 40))
def test_what_is_fitted_or_cut_fits(text: str, limit: int) -> None:
    assert width(fit(text, limit)) <= limit
    assert width(cut(text, limit, "...")) <= limit


@given(WORDS)
def test_what_fits_is_left_alone(text: str) -> None:
    assert fit(text, width(text)) == cut(text, width(text)) == text


def test_both_ends_of_a_name_stay() -> None:
    assert fit("tests/test_order.py::test_pay[card]", 15) == "tests/t\u2026y[card]"


def test_of_a_note_the_beginning_stays() -> None:
    assert cut("1 failed, 2 passed", 9, "...") == "1 fail..."


def test_padding_counts_columns() -> None:
    assert padded("\u6f22", 4) == "\u6f22  "
    assert padded("9 s", 5, right=True) == "  9 s"
