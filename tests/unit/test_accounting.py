from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.accounting import Accounting

counts = st.integers(min_value=0, max_value=10**6)


def books(delivered: int, rejected: int, kept: int, problem: str | None = None) -> Accounting:
    emitted = delivered + rejected + kept
    return Accounting(
        emitted=emitted,
        delivered=delivered,
        rejected=rejected,
        kept=kept,
        emitted_by_level={"job": emitted},
        problem=problem,
    )


def test_an_event_that_is_in_no_account_is_refused() -> None:
    with pytest.raises(ValueError, match="3 events emitted, but 1 delivered"):
        Accounting(emitted=3, delivered=1, rejected=1, kept=0, emitted_by_level={"job": 3})


def test_levels_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="2 events emitted"):
        Accounting(emitted=2, kept=2, emitted_by_level={"job": 1})


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Accounting(emitted=0, delivered=-1, rejected=1, kept=0)


@given(st.tuples(counts, counts, counts), st.tuples(counts, counts, counts))
def test_the_sum_of_two_books_obeys_the_law(
    one: tuple[int, int, int], two: tuple[int, int, int]
) -> None:
    total = books(*one).plus(books(*two))
    sums = tuple(a + b for a, b in zip(one, two, strict=True))
    assert (total.delivered, total.rejected, total.kept) == sums
    assert total.emitted_by_level == {"job": total.emitted}


def test_the_first_problem_is_told_of_two() -> None:
    assert books(1, 0, 1, "first").plus(books(0, 0, 1, "second")).problem == "first"


@pytest.mark.parametrize(
    ("account", "complete"),
    [(books(2, 0, 0), True), (books(2, 1, 0), False), (books(2, 0, 1), False)],
    ids=["all delivered", "one rejected", "one kept"],
)
def test_books_are_complete_when_everything_was_delivered(
    account: Accounting,
    complete: bool,  # noqa: FBT001 - an expectation
) -> None:
    assert account.complete is complete
