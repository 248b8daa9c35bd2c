"""What pytest knows and what it becomes; everything here passes, as CI likes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def test_passes() -> None:
    """A job with status success and three steps: setup, call, teardown."""
    assert sum([1, 2, 3]) == 6


@pytest.mark.parametrize(("price", "amount", "total"), [(2, 3, 6), (5, 0, 0)])
def test_with_parameters(price: int, amount: int, total: int) -> None:
    """Two jobs whose `parameters` are price, amount and total."""
    assert price * amount == total


@pytest.mark.slow
@pytest.mark.issue(42)
@pytest.mark.ddci(tags={"layer": "domain"}, metrics={"rows": 3})
def test_with_markers() -> None:
    """Tags `test.mark.slow:true`, `test.mark.issue:42` and `layer:domain`, metric `rows:3`."""


def test_with_a_property(record_property: Callable[[str, object], None]) -> None:
    """A tag `requirement:R-7`."""
    record_property("requirement", "R-7")


@pytest.mark.skip(reason="the supplier is on holiday")
def test_skipped() -> None:
    """A job with status skipped and the reason as tag `test.skip_reason`."""


@pytest.mark.xfail(reason="rounding is not decided", strict=True)
def test_expected_to_fail() -> None:
    """Status success, tag `test.result:xfail`, reason as tag `test.xfail_reason`."""
    assert round(2.5) == 3


@pytest.mark.xfail(reason="was broken once")
def test_unexpectedly_passes() -> None:
    """Status success, tag `test.result:xpass`."""


class TestBasket:
    """Tests of a class carry its name as tag `test.class`."""

    def test_starts_empty(self) -> None:
        assert not []


def test_secretive() -> None:
    """Not reported: the conftest's `pytest_ddci_event` drops it."""
