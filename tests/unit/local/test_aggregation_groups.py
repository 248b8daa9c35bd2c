"""Groups: by what, how many, in which order, and what is missing or total."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.errors import QueryError
from pytest_ddci.local.store import Store
from tests.stored import grouped, job, law, rewrite, sent, write
from tests.wire import START_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as made:
        yield made


KINDS = {
    "a column": ("@ci.status", ["success"] * 3 + ["error"], [("error", 1), ("success", 3)]),
    "a tag": ("@t", ["b", "a", "a", None], [("a", 2), ("b", 1)]),
    "a bare tag": ("t", ["B", "b", None, None], [("b", 2)]),
    "a level": ("ci_level", [None] * 4, [("job", 4)]),
    "a reserved name": ("source", [None] * 4, [("pytest", 4)]),
    "what nobody has": ("@nobody", [None] * 4, []),
    "a branch": ("@ci.pipeline", [None] * 4, []),
}


@pytest.mark.parametrize(("facet", "values", "expected"), KINDS.values(), ids=KINDS)
def test_events_are_grouped_by(
    store: Store,
    tmp_path: Path,
    facet: str,
    values: list[str | None],
    expected: list[tuple[Any, ...]],
) -> None:
    lines = []
    for place, value in enumerate(values):
        if facet == "@ci.status":
            lines.append(job(place, status=value))
        else:
            lines.append(job(place, *([] if value is None else [f"t:{value}"])))
    write(tmp_path, lines)
    assert grouped(store, {"facet": facet}) == expected


def test_an_event_is_in_the_group_of_each_of_its_values(store: Store, tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            job(1, "t:a", "t:b", "t:a", node={"labels": ["x", "y"]}),
            job(2, "t:b", node={"labels": ["y", "y"]}),
        ],
    )
    assert grouped(store, {"facet": "@t"}) == [("a", 1), ("b", 2)]
    both = grouped(store, {"facet": "@t"}, {"facet": "@ci.node.labels"})
    assert both == [("a", "x", 1), ("a", "y", 1), ("b", "x", 1), ("b", "y", 2)]


def test_numbers_are_keys_and_in_their_order(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [job(each, metrics=[f"m:{each}"]) for each in (10, 9, 9.5, -1)])
    assert grouped(store, {"facet": "@m"}) == [(-1, 1), (9, 1), (9.5, 1), (10, 1)]
    assert grouped(store, {"facet": "@duration"}) == [(SECOND, 4)]


def test_truths_are_texts(store: Store, tmp_path: Path) -> None:
    write(
        tmp_path, [sent("pipeline", unique_id=str(each), is_manual=each) for each in (True, False)]
    )
    assert grouped(store, {"facet": "@ci.is_manual"}) == [("false", 1), ("true", 1)]


def test_tags_and_metrics_of_one_name_are_texts(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [job(1, "x:a"), job(2, metrics=["x:2"]), job(3, "x:2", metrics=["x:2.5"])])
    assert grouped(store, {"facet": "@x"}) == [("2", 2), ("2.5", 1), ("a", 1)]


SORTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "by default": ({}, ["a", "b", "c"]),
    "by key": ({"type": "alphabetical", "order": "asc"}, ["a", "b", "c"]),
    "by key, last first": ({"order": "desc"}, ["c", "b", "a"]),
    "by count": ({"type": "measure", "aggregation": "count"}, ["b", "c", "a"]),
    "by count, least first": (
        {"type": "measure", "aggregation": "count", "order": "asc"},
        ["a", "c", "b"],
    ),
    "by sum": ({"type": "measure", "aggregation": "sum", "metric": "@m"}, ["c", "a", "b"]),
    "by text": (
        {"type": "measure", "aggregation": "latest", "metric": "@u", "order": "asc"},
        ["c", "a", "b"],
    ),
    "by what some have": (
        {"type": "measure", "aggregation": "max", "metric": "@some", "order": "asc"},
        ["b", "a", "c"],
    ),
}
SORTED = [
    *(job(f"a{each}", "t:a", "u:y", metrics=["m:5"]) for each in range(1)),
    *(job(f"b{each}", "t:b", "u:z", metrics=["m:1", "some:1"]) for each in range(3)),
    *(job(f"c{each}", "t:c", "u:x", metrics=["m:9"]) for each in range(2)),
]


@pytest.mark.parametrize(("sort", "expected"), SORTS.values(), ids=SORTS)
def test_groups_are_sorted(
    store: Store, tmp_path: Path, sort: dict[str, Any], expected: list[str]
) -> None:
    write(tmp_path, SORTED)
    assert [key for key, _ in grouped(store, {"facet": "@t", "sort": sort})] == expected


def test_there_are_as_many_groups_as_the_limit(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [job(each, f"t:{each:02d}") for each in range(30)])
    assert len(grouped(store, {"facet": "@t"})) == 10
    assert [key for key, _ in grouped(store, {"facet": "@t", "limit": 2})] == ["00", "01"]
    assert len(grouped(store, {"facet": "@t", "limit": 2**63 - 1})) == 30


def test_the_limit_of_the_second_facet_counts_within_the_first(
    store: Store, tmp_path: Path
) -> None:
    pairs = ["a1", "a2", "a2", "a3", "b3", "b3", "b4", "c1"]
    write(tmp_path, [job(n, f"x:{pair[0]}", f"y:{pair[1]}") for n, pair in enumerate(pairs)])
    top = {"type": "measure", "aggregation": "count"}
    assert grouped(
        store, {"facet": "@x", "limit": 2, "sort": top}, {"facet": "@y", "limit": 1, "sort": top}
    ) == [("a", "2", 2), ("b", "3", 2)]


def test_events_that_lack_a_facet_are_in_no_bucket(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [job(1, "x:a", "y:b"), job(2, "x:a"), job(3, "y:b"), job(4)])
    assert grouped(store, {"facet": "@x"}, {"facet": "@y"}) == [("a", "b", 1)]
    total = grouped(store, {"facet": "@x", "total": True}, {"facet": "@y"})
    assert total == [("a", "b", 1), ("$facet_total", "b", 1)]


def test_too_many_facets_or_one_twice_are_refused(store: Store) -> None:
    with pytest.raises(QueryError, match="9 facets; 8 are allowed"):
        grouped(store, *({"facet": f"@{number}"} for number in range(9)))
    with pytest.raises(QueryError, match="twice"):
        grouped(store, {"facet": "@a"}, {"facet": "@b"}, {"facet": "@a"})


KEYS = st.sampled_from(["a", "b", "c", None])
MEASURES = st.sampled_from([None, "count", "sum", "max"])


def naive(
    events: list[tuple[str | None, str | None, int]],
    limits: tuple[int, int],
    sorts: tuple[str | None, str | None],
) -> list[tuple[str, str, int]]:
    """Nested groups, ranked in Python."""
    functions: dict[str, Callable[[list[int]], int]] = {"count": len, "sum": sum, "max": max}
    whole = [event for event in events if None not in event[:2]]

    def ranked(part: list[Any], place: int) -> list[tuple[str, list[Any]]]:
        groups: dict[str, list[Any]] = defaultdict(list)
        for event in part:
            groups[event[place]].append(event)
        name = sorts[place]
        if name is None:
            return sorted(groups.items())[: limits[place]]
        measure = functions[name]
        return sorted(
            groups.items(), key=lambda group: (-measure([each[2] for each in group[1]]), group[0])
        )[: limits[place]]

    return [
        (first, second, len(rest))
        for first, part in ranked(whole, 0)
        for second, rest in ranked(part, 1)
    ]


@law(8)
@given(
    events=st.lists(st.tuples(KEYS, KEYS, st.integers(-3, 3)), max_size=25),
    limits=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    sorts=st.tuples(MEASURES, MEASURES),
)
def test_nested_groups_equal_an_independent_computation(
    tmp_path: Path,
    events: list[tuple[str | None, str | None, int]],
    limits: tuple[int, int],
    sorts: tuple[str | None, str | None],
) -> None:
    lines = []
    for place, (x, y, m) in enumerate(events):
        tags = [f"{name}:{value}" for name, value in (("x", x), ("y", y)) if value]
        at_ns = START_NS + place * SECOND
        lines.append(job(place, *tags, at_ns=at_ns, metrics=[f"m:{m}"]))
    rewrite(tmp_path, lines)
    rules = [
        {
            "facet": facet,
            "limit": limit,
            "sort": {"type": "measure", "aggregation": sort, "metric": "@m"} if sort else {},
        }
        for facet, limit, sort in zip(("@x", "@y"), limits, sorts, strict=True)
    ]
    with Store(tmp_path) as store:
        assert grouped(store, *rules) == naive(events, limits, sorts)
