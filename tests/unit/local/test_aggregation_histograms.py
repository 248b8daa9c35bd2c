"""Histograms: the bins that numbers fall into."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def test_numbers_fall_into_bins(store: Store, tmp_path: Path) -> None:
    values = [-1, 0, 0.5, 9.99, 10, 29, 30, 31]
    write(tmp_path, [job(each, metrics=[f"m:{each}"]) for each in values])
    bins = {"interval": 10, "min": 0, "max": 30}
    assert grouped(store, {"facet": "@m", "histogram": bins}) == [(0, 3), (10, 1), (20, 2)]
    missing = {"facet": "@m", "histogram": bins, "missing": -5}
    write(tmp_path, [job("without")])
    assert grouped(store, missing)[0] == (-5, 1)


def test_the_last_bin_may_be_narrower(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [job(each, metrics=[f"m:{each}"]) for each in (3.9, 4, 4.9, 5)])
    bins = {"interval": 2, "min": 0, "max": 5}
    assert grouped(store, {"facet": "@m", "histogram": bins}) == [(2, 1), (4, 3)]


def test_a_hundred_bins_are_possible(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [job(each, metrics=[f"m:{each / 10}"]) for each in range(101)])
    bins = {"interval": 0.1, "min": 0, "max": 10}
    found = grouped(store, {"facet": "@m", "histogram": bins, "limit": 1_000})
    assert sum(count for _, count in found) == 101
    assert len(found) <= 100


@pytest.mark.parametrize("facet", ["@t", "@ci.node.labels", "@nobody"])
def test_texts_have_no_bins(store: Store, tmp_path: Path, facet: str) -> None:
    write(tmp_path, [job(1, "t:5", node={"labels": ["5"]})])
    bins = {"interval": 1, "min": 0, "max": 10}
    assert grouped(store, {"facet": facet, "histogram": bins}) == []
    rule = {"facet": facet, "histogram": bins, "missing": "none"}
    assert grouped(store, rule) == [("none", 1)]
