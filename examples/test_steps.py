"""What a test may say of itself: tags, metrics, steps; and subtests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_ddci import Handle


def test_order(ddci: Handle, warehouse: dict[str, int]) -> None:
    """Steps `log in` and `order` beside setup, call and teardown."""
    ddci.tag("customer", "returning")
    with ddci.step("log in"):
        user = "ada"
    with ddci.step("order"):
        warehouse["apple"] -= 1
    ddci.metric("items", 1)
    assert user
    assert warehouse["apple"] == 2


def test_decorated_steps(ddci: Handle) -> None:
    """Every call of a decorated function is a step."""

    @ddci.step("add")
    def add(left: int, right: int) -> int:
        return left + right

    assert add(add(1, 2), 3) == 6


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="subtests came with pytest 9")
def test_subtests(subtests: Any) -> None:  # noqa: ANN401 - the type exists since pytest 9 only
    """Each subtest is a step."""
    for fruit in ("apple", "pear"):
        with subtests.test("fruit has a name", fruit=fruit):
            assert fruit
