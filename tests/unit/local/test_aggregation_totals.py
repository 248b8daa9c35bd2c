"""What is missing, and what is total."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.local.store import Store
from tests.stored import grouped, job, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as made:
        yield made


MISSING: dict[str, tuple[str, Any, list[tuple[Any, int]]]] = {
    "a text for texts": ("@t", "none", [("a", 1), ("none", 2)]),
    "a text that there is": ("@t", "a", [("a", 3)]),
    "a number for texts": ("@t", 0, [("a", 1), (0, 2)]),
    "a number for numbers": ("@m", -1, [(-1, 2), (5, 1)]),
    "a fraction for numbers": ("@m", 0.5, [(0.5, 2), (5, 1)]),
    "a number that there is": ("@m", 5, [(5, 3)]),
    "a text for numbers": ("@m", "none", [(5, 1), ("none", 2)]),
    "for whole numbers": ("@ci.queue_time", 1, [(1, 2), (2_000_000, 1)]),
    "a fraction for whole numbers": ("@ci.queue_time", 1.5, [(1.5, 2), (2_000_000, 1)]),
    "a text for several texts": ("@ci.node.labels", "none", [("l", 1), ("none", 2)]),
    "a number for several texts": ("@ci.node.labels", 3, [("l", 1), (3, 2)]),
    "an empty text": ("@t", "", [("", 2), ("a", 1)]),
    "for what nobody has": ("@nobody", "none", [("none", 3)]),
}


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A job that has everything, and two that have nothing."""
    directory = tmp_path_factory.mktemp("poor")
    has: dict[str, Any] = {"metrics": ["m:5"], "node": {"labels": ["l"]}, "queue_time": 2}
    write(directory, [job(1, "t:a", **has), job(2), job(3)])
    with Store(directory) as made:
        yield made


@pytest.mark.parametrize(("facet", "missing", "expected"), MISSING.values(), ids=MISSING)
def test_what_is_missing_is_counted_under_a_value(
    poor: Store, facet: str, missing: str | float, expected: list[tuple[Any, int]]
) -> None:
    assert grouped(poor, {"facet": facet, "missing": missing}) == expected


TOTALS = {"a name": ("all", "all"), "a number": (0, 0), "the API's": (True, "$facet_total")}


@pytest.mark.parametrize(("total", "key"), TOTALS.values(), ids=TOTALS)
def test_a_total_is_over_all_groups_and_last(
    store: Store,
    tmp_path: Path,
    total: bool | str | float,  # noqa: FBT001 - what JSON has
    key: str | float,
) -> None:
    write(tmp_path, [job(1, "t:a"), job(2, "t:b", "t:c"), job(3, "t:b")])
    rule = {"facet": "@t", "limit": 1, "total": total}
    assert grouped(store, rule) == [("a", 1), (key, 3)]


def test_each_facet_has_its_own_total(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [job(1, "x:a", "y:c"), job(2, "x:b", "y:c"), job(3, "x:b", "y:d")])
    rules = ({"facet": "@x", "total": "X"}, {"facet": "@y", "total": "Y"})
    assert grouped(store, *rules) == [
        ("a", "c", 1),
        ("a", "Y", 1),
        ("b", "c", 1),
        ("b", "d", 1),
        ("b", "Y", 2),
        ("X", "c", 2),
        ("X", "d", 1),
        ("X", "Y", 3),
    ]


def test_a_total_of_nothing_is_nothing(store: Store) -> None:
    assert grouped(store, {"facet": "@t", "total": True, "missing": "none"}) == []
