"""Bars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.screen.bars import bar, timeline


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (0, "    "),
        (0.001, "\u258f   "),
        (0.5, "\u2588\u2588  "),
        (0.53, "\u2588\u2588\u258f "),
        (1, "\u2588" * 4),
        (7, "\u2588" * 4),
    ],
)
def test_a_bar_is_as_long_as_its_share(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


def test_ascii_bars_have_whole_columns() -> None:
    assert bar(0.3, 4, unicode=False) == "##  "
    assert timeline((50, 60), (0, 100), 10, unicode=False) == "     #    "


@given(st.tuples(st.integers(-50, 150), st.integers(-50, 150)).map(sorted), st.integers(1, 40))
def test_a_timeline_has_all_its_columns_and_shows_something(span: list[int], columns: int) -> None:
    drawn = timeline((span[0], span[1]), (0, 100), columns)
    assert len(drawn) == columns
    assert drawn.strip()


def test_a_run_that_took_no_time_is_all_of_it() -> None:
    assert timeline((5, 5), (5, 5), 3).strip()


def test_a_span_lies_where_it_was() -> None:
    assert timeline((0, 50), (0, 100), 4) == "\u2588\u2588  "
    assert timeline((75, 100), (0, 100), 4) == "   \u2588"
