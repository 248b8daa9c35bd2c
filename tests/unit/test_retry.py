from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.retry import asked_wait, backoff

NOW_NS = 1_800_000_000 * SECOND  # Fri, 15 Jan 2027 08:00:00 GMT


def test_waits_double_up_to_eight_seconds() -> None:
    assert [backoff(attempt, 1.0) for attempt in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_jitter_takes_at_most_half_of_a_wait(attempt: int, jitter: float) -> None:
    assert backoff(attempt, 1.0) / 2 <= backoff(attempt, jitter) <= backoff(attempt, 1.0)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (503, {"retry-after": " 1.5 "}, 1.5),
        (503, {"retry-after": "Fri, 15 Jan 2027 08:00:20 GMT"}, 20.0),
        (503, {"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
        (429, {"x-ratelimit-reset": "3"}, 3.0),
        (429, {"x-ratelimit-reset": "1800000060"}, 60.0),
        (429, {"x-ratelimit-reset": "1700000000"}, 0.0),
        (503, {"x-ratelimit-reset": "3"}, None),
        (429, {"retry-after": "2", "x-ratelimit-reset": "9"}, 2.0),
        (429, {"retry-after": "soon", "x-ratelimit-reset": "9"}, 9.0),
        (429, {}, None),
    ],
    ids=[
        "seconds",
        "fraction",
        "HTTP date",
        "HTTP date in the past",
        "reset in seconds",
        "reset at a unix time",
        "reset in the past",
        "reset of another status",
        "both: Retry-After",
        "one unreadable",
        "none",
    ],
)
def test_the_wait_an_answer_asks_for(
    status: int, headers: dict[str, str], wait: float | None
) -> None:
    assert asked_wait(status, headers, NOW_NS) == wait


@given(st.text())
def test_no_header_can_make_it_fail_or_wait_backwards(text: str) -> None:
    wait = asked_wait(429, {"retry-after": text}, NOW_NS)
    assert wait is None or wait >= 0
