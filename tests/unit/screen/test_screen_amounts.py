"""Amounts as a person reads them."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from pytest_ddci.screen.amounts import counted, duration, moment, number

MS = 1_000_000
SECOND = 1_000 * MS
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (-5, "0.0 ms"),
        (0, "0.0 ms"),
        (450_000, "0.5 ms"),
        (9.949 * MS, "9.9 ms"),
        (9.96 * MS, "10 ms"),
        (999.4 * MS, "999 ms"),
        (999.6 * MS, "1.00 s"),
        (59.99 * SECOND, "59.99 s"),
        (59.996 * SECOND, "1 m 00 s"),
        (61 * SECOND, "1 m 01 s"),
        (59 * MINUTE + 59.6 * SECOND, "1 h 00 m"),
        (26 * HOUR, "1 d 02 h"),
    ],
)
def test_durations_have_about_three_digits(ns: float, words: str) -> None:
    assert duration(ns) == words


def test_times_are_told_in_the_zone() -> None:
    zone = timezone(timedelta(hours=2))
    assert moment(1_800_000_000 * SECOND, zone) == "2027-01-15 10:00:00"


def test_a_time_that_no_calendar_has_is_a_number() -> None:
    assert moment(2**80, timezone.utc) == f"{2**80} ns"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (1 / 3, "0.333"),
        (0.0001, "0.0001"),
        (1e20, "1e+20"),
        (-0.5, "-0.5"),
    ],
)
def test_numbers_have_three_digits_behind_the_point(value: float, words: str) -> None:
    assert number(value) == words


def test_counts_begin_with_the_bad_ones_and_leave_out_zeros() -> None:
    counts = {"passed": 3.0, "failed": 1, "errors": 2, "skipped": 0, "not_run": 4, "duration": 9}
    assert counted(counts) == "1 failed, 2 errors, 3 passed, 4 not run"


def test_one_error_is_no_errors() -> None:
    assert counted({"errors": 1, "flaky": 1}) == "1 error, 1 flaky"


def test_what_is_no_count_is_not_told() -> None:
    assert not counted({"passed": "many", "unknown": 3})
