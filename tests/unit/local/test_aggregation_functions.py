"""The sixteen functions, against an independent computation."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.local.store import Store
from pytest_ddci.timestamps import rfc3339
from tests.stored import aggregated, law, rewrite, sent, write
from tests.wire import START_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

FUNCTIONS = (
    *("count", "cardinality", "pc75", "pc90", "pc95", "pc98", "pc99", "sum", "min", "max"),
    *("avg", "median", "latest", "earliest", "most_frequent", "delta"),
)


def percentile(hundredth: int) -> Callable[[Sequence[float]], float]:
    """Interpolated between the two nearest values, as numpy's default is."""

    def of(values: Sequence[float]) -> float:
        if len(values) == 1:
            return values[0]
        return statistics.quantiles(values, n=100, method="inclusive")[hundredth - 1]

    return of


EXPECTED: dict[str, Callable[[Sequence[float]], Any]] = {
    "count": len,
    "cardinality": lambda values: len(set(values)),
    **{f"pc{number}": percentile(number) for number in (75, 90, 95, 98, 99)},
    "sum": math.fsum,
    "min": min,
    "max": max,
    "avg": statistics.fmean,
    "median": statistics.median,
    "latest": lambda values: values[-1],
    "earliest": lambda values: values[0],
    "most_frequent": lambda values: min(values, key=lambda value: (-Counter(values)[value], value)),
    "delta": lambda values: values[-1] - values[0],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as made:
        yield made


def computed(store: Store, metric: str, functions: Sequence[str] = FUNCTIONS) -> dict[str, Any]:
    """What each function makes of a metric of all events."""
    computes = [{"aggregation": function, "metric": metric} for function in functions]
    (bucket,) = aggregated(store, {"compute": computes})
    assert bucket["by"] == {}
    return dict(zip(functions, bucket["computes"].values(), strict=True))


def jobs(count: int, fields: Callable[[int], dict[str, Any]]) -> list[bytes]:
    """Jobs one second after the other."""
    return [
        sent("job", str(place), START_NS + place * SECOND, **fields(place))
        for place in range(count)
    ]


REALS = st.floats(-1e12, 1e12, allow_nan=False) | st.sampled_from([0.1, 0.2, 0.3, -0.0, 1e-9])
NUMBERS = st.lists(REALS | st.integers(-3, 3), min_size=1, max_size=30)


@law(12)
@given(values=NUMBERS)
def test_numbers_equal_an_independent_computation(tmp_path: Path, values: list[float]) -> None:
    rewrite(tmp_path, jobs(len(values), lambda place: {"metrics": [f"m:{values[place]!r}"]}))
    with Store(tmp_path) as store:
        found = computed(store, "@m")
    for function, expected in EXPECTED.items():
        exact = expected(values)
        near = pytest.approx(exact, rel=1e-9, abs=1e-9 * max(map(abs, values)))
        assert found[function] == near, function


@law(5)
@given(values=st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_durations_equal_an_independent_computation(tmp_path: Path, values: list[int]) -> None:
    start = START_NS // SECOND
    lines = [
        sent(
            "job",
            str(place),
            start=rfc3339((start + place) * SECOND - value * 1_000),
            end=rfc3339((start + place) * SECOND),
        )
        for place, value in enumerate(values)
    ]
    rewrite(tmp_path, lines)
    with Store(tmp_path) as store:
        found = computed(store, "@duration")
    nanoseconds = [value * 1_000 for value in values]
    for function in ("count", "cardinality", "sum", "min", "max", "latest", "earliest", "delta"):
        exact = sum(nanoseconds) if function == "sum" else EXPECTED[function](nanoseconds)
        assert found[function] == exact, function
    for function in ("avg", "median", "pc75", "pc90", "pc95", "pc98", "pc99"):
        assert found[function] == pytest.approx(EXPECTED[function](nanoseconds), rel=1e-9)


def test_sums_of_long_durations_are_exact(store: Store, tmp_path: Path) -> None:
    year: dict[str, Any] = {"start": "2026-01-15T08:00:00.000001Z", "end": "2027-01-15T08:00:00Z"}
    write(tmp_path, [sent("job", str(each), **year) for each in range(400)])
    duration = (365 * 86_400 * 10**6 - 1) * 1_000
    assert computed(store, "@duration", ["sum", "avg"]) == {
        "sum": 400 * duration,
        "avg": pytest.approx(duration),
    }


def test_sums_of_fractions_have_no_errors_that_add_up(store: Store, tmp_path: Path) -> None:
    write(tmp_path, jobs(1_000, lambda _: {"metrics": ["m:0.1"]}))
    assert computed(store, "@m", ["sum", "avg"]) == {"sum": 100, "avg": 0.1}


TEXTS = ["b", "a", "c", "a", "b"]
OF_TEXTS = {
    "count": 5,
    "cardinality": 3,
    "latest": "b",
    "earliest": "b",
    "most_frequent": "a",
}


@pytest.mark.parametrize(
    ("metric", "fields"),
    [
        ("@t", lambda text: {"tags": [f"t:{text}"]}),
        ("t", lambda text: {"tags": [f"t:{text}"]}),
        ("@ci.job.name", lambda text: {"name": text}),
    ],
    ids=["a tag", "a bare tag", "a column"],
)
def test_texts_have_no_numbers_but_the_rest(
    store: Store, tmp_path: Path, metric: str, fields: Callable[[str], dict[str, Any]]
) -> None:
    write(tmp_path, jobs(5, lambda place: fields(TEXTS[place])))
    assert computed(store, metric) == dict.fromkeys(FUNCTIONS) | OF_TEXTS


def test_of_several_texts_each_counts(store: Store, tmp_path: Path) -> None:
    labels = [["b", "a"], [], ["c", "b"], ["a"]]
    write(tmp_path, jobs(4, lambda place: {"node": {"labels": labels[place]}}))
    assert computed(store, "@ci.node.labels") == dict.fromkeys(FUNCTIONS) | {
        "count": 3,
        "cardinality": 3,
        "latest": "a",
        "earliest": "b",
        "most_frequent": "a",
    }


def test_a_name_that_is_a_tag_and_a_metric_yields_texts(store: Store, tmp_path: Path) -> None:
    fields = [{"tags": ["x:a"], "metrics": ["x:1"]}, {"metrics": ["x:2.5"]}, {"metrics": ["x:1"]}]
    write(tmp_path, jobs(3, lambda place: fields[place]))
    assert computed(store, "@x") == dict.fromkeys(FUNCTIONS) | {
        "count": 3,
        "cardinality": 3,
        "latest": "1",
        "earliest": "a",
        "most_frequent": "1",
    }


def test_a_truth_yields_its_text(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [sent("pipeline", is_manual=True)])
    functions = ["count", "latest", "max"]
    assert computed(store, "@ci.is_manual", functions) == {
        "count": 1,
        "latest": "true",
        "max": None,
    }


@pytest.fixture(
    scope="module",
    params=[[sent("pipeline", status="running", end=None)], []],
    ids=["of events without", "of nothing"],
)
def empty(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Store]:
    """Nothing to compute with."""
    directory = tmp_path_factory.mktemp("empty")
    write(directory, request.param)
    with Store(directory) as made:
        yield made


@pytest.mark.parametrize("metric", ["@m", "@duration", "@nobody", "@ci.node.labels", "@ci", "tag"])
def test_of_nothing_there_is_nothing_but_a_count(empty: Store, metric: str) -> None:
    assert computed(empty, metric) == dict.fromkeys(FUNCTIONS) | {"count": 0, "cardinality": 0}


def test_events_are_counted_without_a_metric(store: Store, tmp_path: Path) -> None:
    write(tmp_path, jobs(3, lambda place: {"metrics": ["m:1"]} if place else {}))
    computes = [{"aggregation": "count"}, {"aggregation": "count", "metric": "@m"}]
    assert aggregated(store, {"compute": computes}) == [{"by": {}, "computes": {"c0": 3, "c1": 2}}]


def test_only_what_matches_is_computed(store: Store, tmp_path: Path) -> None:
    write(tmp_path, jobs(4, lambda place: {"metrics": [f"m:{place}"]}))
    body = {"compute": [{"aggregation": "sum", "metric": "@m"}]}
    assert aggregated(store, body, "@m:>1") == [{"by": {}, "computes": {"c0": 5}}]


def test_a_sum_that_no_number_can_hold_is_null(store: Store, tmp_path: Path) -> None:
    write(tmp_path, jobs(2, lambda _: {"metrics": ["m:1.7e308"]}))
    assert computed(store, "@m", ["sum", "max"]) == {"sum": None, "max": 1.7e308}


def test_with_nothing_to_compute_there_are_the_groups(store: Store, tmp_path: Path) -> None:
    write(tmp_path, jobs(2, lambda _: {}))
    assert aggregated(store, {}) == [{"by": {}, "computes": {}}]
    assert aggregated(store, {"group_by": [{"facet": "ci_level"}]}) == [
        {"by": {"ci_level": "job"}, "computes": {}}
    ]
