from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.errors import QueryError
from pytest_ddci.moments import (
    MILLISECOND,
    absolute,
    duration_ns,
    interval_ns,
    is_relative,
    moment,
    window,
    zone,
)
from pytest_ddci.timestamps import parse_rfc3339, rfc3339

NOW = parse_rfc3339("2026-03-31T05:40:00.123456789Z")
HOUR = 3_600 * SECOND
FIXED = {"s": SECOND, "m": 60 * SECOND, "h": HOUR, "d": 24 * HOUR, "w": 168 * HOUR}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

nows = st.integers(parse_rfc3339("1980-01-01T00:00:00Z"), parse_rfc3339("2200-01-01T00:00:00Z"))
counts = st.integers(0, 1_000)
units = st.sampled_from(sorted(FIXED))


def at(text: str) -> int:
    return parse_rfc3339(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-03-31T05:40:00.123456789Z"),
        ("now-30s", "2026-03-31T05:39:30.123456789Z"),
        ("now-15m", "2026-03-31T05:25:00.123456789Z"),
        ("now-1h", "2026-03-31T04:40:00.123456789Z"),
        ("now-7d", "2026-03-24T05:40:00.123456789Z"),
        ("now-2w", "2026-03-17T05:40:00.123456789Z"),
        ("now-1mo", "2026-02-28T05:40:00.123456789Z"),
        ("now-25mo", "2024-02-29T05:40:00.123456789Z"),
        ("now+1h", "2026-03-31T06:40:00.123456789Z"),
        ("now+10mo", "2027-01-31T05:40:00.123456789Z"),
        ("now -10m", "2026-03-31T05:30:00.123456789Z"),
        ("now - 1d", "2026-03-30T05:40:00.123456789Z"),
        (" now ", "2026-03-31T05:40:00.123456789Z"),
        ("2020-09-17T11:48:36+01:00", "2020-09-17T10:48:36Z"),
        ("2020-09-17T11:48:36+0100", "2020-09-17T10:48:36Z"),
        ("2020-09-17T11:48:36-01", "2020-09-17T12:48:36Z"),
        ("2019-01-02T09:42:36.320Z", "2019-01-02T09:42:36.320Z"),
        ("2019-01-02T09:42:36,5z", "2019-01-02T09:42:36.5Z"),
        ("2019-03-20T09:00Z", "2019-03-20T09:00:00Z"),
        ("2019-03-20", "2019-03-20T00:00:00Z"),
        ("1688732708951", "2023-07-07T12:25:08.951Z"),
        (1688732708951, "2023-07-07T12:25:08.951Z"),
        ("0", "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
    ids=str,
)
def test_a_time_is_read_as_documented(text: str | int, expected: str) -> None:
    assert moment(text, NOW) == at(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no time: expected now, now-15m"),
        ("yesterday", "'yesterday' is no time"),
        ("NOW", "'NOW' is no time"),
        ("now-", "'now-' is no time"),
        ("now-15", "'now-15' is no time"),
        ("now15m", "'now15m' is no time"),
        ("now-1.5h", "'now-1.5h' is no time"),
        ("now--1h", "'now--1h' is no time"),
        ("now-1h-1m", "'now-1h-1m' is no time"),
        ("now-٣m", "is no time"),
        ("now-15M", "'now-15M': M is no unit"),
        ("now-1y", "'now-1y': y is no unit"),
        ("now-1min", "'now-1min': min is no unit"),
        ("now/d", "'now/d': times are not rounded"),
        ("now-1d/d", "'now-1d/d': times are not rounded"),
        ("now-199999w", "not within the years 1 to 9999"),
        ("now-99999mo", "not within the years 1 to 9999"),
        ("now+999999999w", "not within the years 1 to 9999"),
        ("2020-09-17T11:48:36", "has no time zone: append Z"),
        ("2020-09-17T11:48", "has no time zone: append Z"),
        ("2020-09-17T11:48:36 01:00", "is no time"),
        ("2020-09-17 11:48:36Z", "is no time"),
        ("2020-13-17", "is on no calendar or clock"),
        ("2021-02-29T00:00Z", "is on no calendar or clock"),
        ("2021-02-28T24:00Z", "is on no calendar or clock"),
        ("2021-02-28T10:00+24:00", "is no time"),
        ("20-02-28", "is no time"),
        ("1688732708.951", "is no time"),
        ("99999999999999999", "not within the years 1 to 9999"),
        (10**400, "a very large number is not within"),
        ("1" * 5_000, "is no time"),
        ("now-15m\x00", "is no time"),
        ("\ud800", "is no time"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "backslashreplace").decode(),
)
def test_what_is_no_time_is_refused_with_what_was_found(text: str | int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        moment(text, NOW)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [True, 1.5, None, ["now"]], ids=repr)
def test_what_is_neither_text_nor_number_is_refused_by_its_type(value: object) -> None:
    with pytest.raises(QueryError, match=f"{type(value).__name__} is no time"):
        moment(value, NOW)  # type: ignore[arg-type] # what a JSON body may hold


@given(nows, counts, units)
def test_going_back_and_forth_by_a_unit_are_inverse(now: int, count: int, unit: str) -> None:
    before = moment(f"now-{count}{unit}", now)
    assert now - before == count * FIXED[unit] == moment(f"now+{count}{unit}", now) - now


@given(nows, st.integers(-600, 600))
@example(at("2024-03-31T00:00:00Z"), -1)
@example(at("2023-12-31T23:59:59Z"), 2)
def test_months_keep_the_time_of_day_and_the_day_as_far_as_there_is_one(
    now: int, count: int
) -> None:
    moved = moment(f"now{count:+}mo", now)
    before, after = (EPOCH + timedelta(seconds=ns // SECOND) for ns in (now, moved))
    assert (after.year - before.year) * 12 + after.month - before.month == count
    assert now % (24 * HOUR) == moved % (24 * HOUR)
    month_ends = (after + timedelta(days=1)).month != after.month
    assert after.day == before.day or (after.day < before.day and month_ends)


@given(nows, st.integers(-86_340, 86_340).map(lambda seconds: seconds // 60 * 60))
def test_an_instant_is_the_same_in_every_zone(now: int, offset: int) -> None:
    east = timezone(timedelta(seconds=offset))
    when = EPOCH + timedelta(microseconds=now // 1_000)
    assert moment(when.astimezone(east).isoformat(), 0) == now // 1_000 * 1_000


@given(st.integers(-60_000_000_000_000, 250_000_000_000_000))
def test_milliseconds_are_the_same_as_text_and_as_number(milliseconds: int) -> None:
    assert moment(milliseconds, 0) == moment(str(milliseconds), 0) == milliseconds * MILLISECOND


@given(nows, counts, units, nows)
def test_an_absolute_time_does_not_move(now: int, count: int, unit: str, later: int) -> None:
    text = f"now-{count}{unit}"
    assert moment(absolute(text, now), later) == moment(text, now) // MILLISECOND * MILLISECOND


def test_an_absolute_time_is_iso_8601_to_the_millisecond() -> None:
    assert absolute("now", NOW) == "2026-03-31T05:40:00.123Z"


@pytest.mark.parametrize(
    ("text", "relative"),
    [("now", True), (" now-1h", True), ("now/d", True), ("2026-01-01", False), (5, False)],
)
def test_what_begins_with_now_is_relative(text: str | int, relative: bool) -> None:  # noqa: FBT001 - a case
    assert is_relative(text) is relative


@given(st.one_of(st.text(), st.from_regex(r"\A(now)?[-+]?\d*[a-z/]*\Z"), st.integers()), nows)
def test_every_text_is_a_time_or_a_query_error(text: str | int, now: int) -> None:
    try:
        found = moment(text, now)
    except QueryError as error:
        assert str(error)  # noqa: PT017 - either is right
    else:
        assert rfc3339(found)[:4].isdigit()


def test_a_window_is_by_default_the_last_fifteen_minutes() -> None:
    assert window(None, None, NOW) == (NOW - 15 * 60 * SECOND, NOW)


def test_a_window_may_be_empty_but_not_end_before_it_begins() -> None:
    assert window("now", "now", NOW) == (NOW, NOW)
    with pytest.raises(QueryError, match="from 'now' to 'now-1s'"):
        window("now", "now-1s", NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0ns", 0),
        ("250ns", 250),
        ("3us", 3_000),
        ("3µs", 3_000),
        ("3\N{GREEK SMALL LETTER MU}s", 3_000),
        ("2ms", 2_000_000),
        ("1.5s", 1_500_000_000),
        ("10 min", 600 * SECOND),
        ("1m", 60 * SECOND),
        ("7days", 168 * HOUR),
        ("1day", 24 * HOUR),
        ("2hrs", 2 * HOUR),
        ("1w", 168 * HOUR),
        ("-5ms", -5_000_000),
        ("0.000000001s", 1),
        ("36500.000000001d", 36500 * 24 * HOUR + 86_400),
    ],
    ids=str,
)
def test_a_duration_is_a_number_and_a_unit(text: str, expected: int) -> None:
    assert duration_ns(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "5", "ms", "5 parsecs", "1mo", "5MS", "5ms6", ".5s", "1.s", "1e3s", "0.5ns", "٣s", "+1s"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match=r"is no (duration|whole number of nanoseconds)"):
        duration_ns(text)


@given(st.integers(0, 10**9), st.sampled_from(["ns", "us", "ms", "s", "m", "h", "d", "w"]))
def test_a_duration_is_as_many_times_its_unit(count: int, unit: str) -> None:
    assert duration_ns(f"{count}{unit}") == count * duration_ns(f"1{unit}")


@given(st.text())
def test_every_text_is_a_duration_or_a_query_error(text: str) -> None:
    try:
        found = duration_ns(text)
    except QueryError as error:
        assert str(error)  # noqa: PT017 - either is right
    else:
        assert any(character.isdigit() for character in text) or found == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5m", 300 * SECOND),
        ("1d", 24 * HOUR),
        ("500ms", SECOND // 2),
        ("60000", 60 * SECOND),
        (60_000, 60 * SECOND),
        ("0.5h", HOUR // 2),
    ],
)
def test_an_interval_has_a_unit_or_is_in_milliseconds(text: str | int, expected: int) -> None:
    assert interval_ns(text) == expected


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "-5m", -5, "5min", "1mo", "5ns", "m", "1" * 30, True, None]
)
def test_what_is_no_positive_interval_is_refused(text: str | int) -> None:
    with pytest.raises(QueryError, match="expected a positive number and a unit"):
        interval_ns(text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("UTC", 0.0),
        ("GMT", 0.0),
        ("utc", 0.0),
        ("UTC+1", 1.0),
        ("GMT-03", -3.0),
        ("UTC+05:30", 5.5),
        ("UTC-0930", -9.5),
        ("America/New_York", -5.0),
        ("Europe/Paris", 1.0),
        ("Etc/GMT+1", -1.0),
    ],
)
def test_a_zone_is_utc_an_offset_or_a_name(text: str, hours: float) -> None:
    winter = datetime(2026, 1, 15, 12, tzinfo=zone(text))
    assert winter.utcoffset() == timedelta(hours=hours)


def test_a_named_zone_knows_its_summer() -> None:
    assert zone("Europe/Paris") == ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mars/Olympus",
        "UTC+24",
        "UTC+",
        "+01:00",
        "../../etc/passwd",
        "/etc/localtime",
        "America",
        "Europe/Paris\x00",
        "Europe/../Europe/Paris",
        "\ud800",
        "A" * 1_000,
    ],
)
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is no time zone: expected UTC, GMT"):
        zone(text)
