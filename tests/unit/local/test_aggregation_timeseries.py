"""Timeseries: where buckets begin, on whose clock, and how many there are."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci import moments
from pytest_ddci.clock import SECOND
from pytest_ddci.errors import QueryError
from pytest_ddci.local.buckets import LONGEST, POINTS, Buckets, default_interval
from pytest_ddci.local.sql import TRUE
from pytest_ddci.local.store import Store
from pytest_ddci.queries import AggregateRequest
from pytest_ddci.timestamps import parse_rfc3339, rfc3339
from tests.stored import aggregated, law, rewrite, sent, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR = 3_600 * SECOND
DAY = 24 * HOUR


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as made:
        yield made


def ended(*times: str, **fields: Any) -> list[bytes]:  # noqa: ANN401 - any field of the API
    """Jobs that end at these times."""
    return [
        sent("job", time, start=rfc3339(parse_rfc3339(time) - SECOND), end=time, **fields)
        for time in times
    ]


def series(store: Store, interval: str, **options: Any) -> dict[str, int]:  # noqa: ANN401 - as the API
    """How many events each bucket has."""
    compute = [{"aggregation": "count", "type": "timeseries", "interval": interval}]
    (bucket,) = aggregated(store, {"compute": compute, "options": options})
    return {point["time"]: point["value"] for point in bucket["computes"]["c0"]}


def test_buckets_begin_on_the_clock_and_empty_ones_are_left_out(
    store: Store, tmp_path: Path
) -> None:
    write(
        tmp_path,
        ended(
            "2027-01-15T08:04:59.999Z",
            "2027-01-15T08:05:00Z",
            "2027-01-15T08:09:59Z",
            "2027-01-15T08:21:00Z",
        ),
    )
    assert series(store, "5m") == {
        "2027-01-15T08:00:00.000Z": 1,
        "2027-01-15T08:05:00.000Z": 2,
        "2027-01-15T08:20:00.000Z": 1,
    }


def test_an_interval_may_be_milliseconds(store: Store, tmp_path: Path) -> None:
    write(tmp_path, ended("2027-01-15T08:00:00.250Z"))
    assert series(store, "100") == {"2027-01-15T08:00:00.200Z": 1}


DAYS = {
    "UTC": ({}, "2027-01-15T00:00:00.000Z"),
    "GMT": ({"timezone": "GMT"}, "2027-01-15T00:00:00.000Z"),
    "an offset from UTC": ({"timezone": "UTC+9"}, "2027-01-15T15:00:00.000Z"),
    "a place": ({"timezone": "America/New_York"}, "2027-01-15T05:00:00.000Z"),
    "seconds": ({"time_offset": -16_200}, "2027-01-15T04:30:00.000Z"),
}


@pytest.mark.parametrize(("options", "begins"), DAYS.values(), ids=DAYS)
def test_days_begin_at_midnight_there(
    store: Store, tmp_path: Path, options: dict[str, Any], begins: str
) -> None:
    write(tmp_path, ended("2027-01-15T20:30:00Z"))
    assert series(store, "1d", **options) == {begins: 1}


def test_weeks_begin_on_mondays(store: Store, tmp_path: Path) -> None:
    write(tmp_path, ended("2027-01-17T23:59:59Z", "2027-01-18T00:00:00Z"))
    assert series(store, "1w") == {"2027-01-11T00:00:00.000Z": 1, "2027-01-18T00:00:00.000Z": 1}
    assert set(series(store, "1w", timezone="Asia/Tokyo")) == {"2027-01-17T15:00:00.000Z"}


# Berlin's clocks: from 2:00 to 3:00 on 2027-03-28 at 1:00 UTC, from 3:00 to 2:00 on 2027-10-31.
CHANGES = {
    "a short day": (
        ["2027-03-27T23:30:00Z", "2027-03-28T21:59:59Z", "2027-03-28T22:00:00Z"],
        "1d",
        {"2027-03-27T23:00:00.000Z": 2, "2027-03-28T22:00:00.000Z": 1},
    ),
    "only its evening": (["2027-03-28T20:00:00Z"], "1d", {"2027-03-27T23:00:00.000Z": 1}),
    "a long day": (
        ["2027-10-30T22:00:00Z", "2027-10-31T22:59:59Z", "2027-10-31T23:00:00Z"],
        "1d",
        {"2027-10-30T22:00:00.000Z": 2, "2027-10-31T23:00:00.000Z": 1},
    ),
    "an hour that is told twice": (
        ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"],
        "1h",
        {
            "2027-10-31T00:00:00.000Z": 1,
            "2027-10-31T01:00:00.000Z": 1,
            "2027-10-31T02:00:00.000Z": 1,
        },
    ),
    "an hour that is left out": (
        ["2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"],
        "1h",
        {"2027-03-28T00:00:00.000Z": 1, "2027-03-28T01:00:00.000Z": 1},
    ),
    "a long quarter of a day": (
        ["2027-10-31T00:00:00Z", "2027-10-31T04:59:59Z", "2027-10-31T05:00:00Z"],
        "6h",
        {"2027-10-30T22:00:00.000Z": 2, "2027-10-31T05:00:00.000Z": 1},
    ),
}


@pytest.mark.parametrize(("times", "interval", "expected"), CHANGES.values(), ids=CHANGES)
def test_clocks_are_put_forward_and_back(
    store: Store, tmp_path: Path, times: list[str], interval: str, expected: dict[str, int]
) -> None:
    write(tmp_path, ended(*times))
    assert series(store, interval, timezone="Europe/Berlin") == expected


def test_each_group_has_its_series_and_each_compute_its_interval(
    store: Store, tmp_path: Path
) -> None:
    write(tmp_path, ended("2027-01-15T08:00:00Z", "2027-01-16T08:00:00Z", tags=["t:a"]))
    write(tmp_path, ended("2027-01-16T09:00:00Z", tags=["t:b"], metrics=["m:5"]))
    body = {
        "compute": [
            {"aggregation": "count", "type": "timeseries", "interval": "1d"},
            {"aggregation": "count"},
            {"aggregation": "max", "metric": "@m", "type": "timeseries", "interval": "1h"},
        ],
        "group_by": [{"facet": "@t", "total": True}],
    }
    first, second = {"time": "2027-01-15T00:00:00.000Z"}, {"time": "2027-01-16T00:00:00.000Z"}
    highest = [{"time": "2027-01-16T09:00:00.000Z", "value": 5}]
    assert aggregated(store, body) == [
        {
            "by": {"@t": "a"},
            "computes": {"c0": [first | {"value": 1}, second | {"value": 1}], "c1": 2, "c2": []},
        },
        {
            "by": {"@t": "b"},
            "computes": {"c0": [second | {"value": 1}], "c1": 1, "c2": highest},
        },
        {
            "by": {"@t": "$facet_total"},
            "computes": {
                "c0": [first | {"value": 1}, second | {"value": 2}],
                "c1": 3,
                "c2": highest,
            },
        },
    ]


def test_a_series_of_nothing_has_no_points(store: Store) -> None:
    assert series(store, "1h", timezone="Europe/Berlin") == {}


@given(
    st.integers(0, 4 * 10**18),
    st.integers(0, 10**18) | st.integers(0, 10**12),
)
def test_by_default_there_are_at_most_150_points(start_ns: int, length_ns: int) -> None:
    interval = default_interval(start_ns, start_ns + length_ns)
    buckets = (start_ns + length_ns) // interval - start_ns // interval + 1
    assert buckets <= POINTS
    assert interval % SECOND == 0


@pytest.mark.parametrize(
    ("window", "interval"),
    [("15m", "10s"), ("1h", "30s"), ("1d", "10m"), ("1w", "2h"), ("90d", "1d"), ("0s", "1s")],
)
def test_the_default_interval_is_round(window: str, interval: str) -> None:
    length_ns = moments.duration_ns(window)
    assert default_interval(0, length_ns) == moments.interval_ns(interval)


def test_a_window_of_all_times_has_few_buckets_too() -> None:
    interval = default_interval(-(10**25), 10**25)
    assert 2**64 // interval <= POINTS
    assert interval < LONGEST


def test_the_default_interval_is_that_of_the_window(store: Store, tmp_path: Path) -> None:
    write(tmp_path, ended("2027-01-15T08:00:17Z"))
    request = AggregateRequest.of({"compute": [{"aggregation": "count", "type": "timeseries"}]})
    end = parse_rfc3339("2027-01-15T08:01:00Z")
    for minutes, begins in ((15, "08:00:10"), (60, "08:00:00")):
        window = (end - minutes * 60 * SECOND, end)
        (bucket,) = store.aggregate(TRUE, window, request)
        assert bucket["computes"]["c0"] == [{"time": f"2027-01-15T{begins}.000Z", "value": 1}]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
def test_the_longest_intervals_are_possible_and_longer_ones_refused(
    store: Store, tmp_path: Path, zone: str
) -> None:
    write(tmp_path, ended("2027-01-15T08:00:00Z", "1860-01-15T08:00:00Z"))
    assert list(series(store, "500w", timezone=zone).values()) == [1, 1]
    with pytest.raises(QueryError, match=r"compute\[0\]\.interval.* at most 500w"):
        series(store, "3501d", timezone=zone)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "UTC", "UTC-3:30"])
def test_many_years_have_many_changes_of_the_clock(store: Store, tmp_path: Path, zone: str) -> None:
    write(tmp_path, ended(*(f"{year}-07-01T12:00:00Z" for year in range(1830, 2110, 20))))
    assert sum(series(store, "1d", timezone=zone).values()) == 14


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "UTC-7"])
INTERVALS = st.sampled_from(["1m", "15m", "1h", "2h", "3h", "12h", "1d", "3d", "1w"])
TIMES = st.integers(1_790_000_000, 1_815_000_000).map(lambda seconds: seconds * SECOND)


def naive_start(ns: int, interval_ns: int, zone: str) -> datetime:
    """Where the bucket of a moment begins, by the clock of a zone."""
    where = timezone(timedelta(hours=-7)) if zone == "UTC-7" else ZoneInfo(zone)
    at = datetime.fromtimestamp(ns // SECOND, tz=where)
    clock = at.replace(tzinfo=None)
    monday = datetime(1970, 1, 5) if interval_ns % (7 * DAY) == 0 else datetime(1970, 1, 1)  # noqa: DTZ001 - a clock's time
    begins = clock - (clock - monday) % timedelta(microseconds=interval_ns // 1_000)
    if interval_ns <= HOUR:
        return at.astimezone(timezone.utc) - (clock - begins)
    return begins.replace(tzinfo=where).astimezone(timezone.utc)


@law(10)
@given(times=st.lists(TIMES, min_size=1, max_size=12), interval=INTERVALS, zone=ZONES)
def test_buckets_equal_an_independent_computation(
    tmp_path: Path, times: list[int], interval: str, zone: str
) -> None:
    lines = [
        sent("job", str(place), start=rfc3339(ns), end=rfc3339(ns))
        for place, ns in enumerate(times)
    ]
    rewrite(tmp_path, lines)
    width = moments.interval_ns(interval)
    expected = Counter(
        naive_start(ns, width, zone).strftime("%Y-%m-%dT%H:%M:%S.000Z") for ns in times
    )
    with Store(tmp_path) as store:
        found = series(store, interval, timezone=zone)
    assert found == expected
    assert list(found) == sorted(found)


def test_offsets_of_a_zone_are_found_to_the_second() -> None:
    first, last = parse_rfc3339("2027-03-01T00:00:00Z"), parse_rfc3339("2027-04-01T00:00:00Z")
    sql = Buckets(HOUR, ZoneInfo("Europe/Berlin"), first, last).sql
    assert parse_rfc3339("2027-03-28T01:00:00Z") in sql.parameters
