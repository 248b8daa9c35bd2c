"""What the terminal says at the end: the most important first, and nothing that is zero."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.accounting import Accounting
from pytest_ddci.summary import Closing, size, summary_lines

LEVELS = {"pipeline": 1, "stage": 1, "job": 2, "step": 6}
DELIVERED = Accounting(
    emitted=10,
    delivered=10,
    emitted_by_level=LEVELS,
    requests=1,
    sent_bytes=4_200,
    seconds=0.456,
)
CLOSING = Closing(
    name="suite",
    status="success",
    failure="",
    url="https://app.datadoghq.com/x",
    accounting=DELIVERED,
    journal=".ddci/run-1.delivered.jsonl",
    unsent="",
    tell_problem=True,
    aside=None,
    left_out=0,
    dropped=0,
    notes=[],
)


def test_a_delivered_run_is_told_in_five_lines() -> None:
    assert summary_lines(CLOSING) == [
        "pipeline suite: success",
        "link: https://app.datadoghq.com/x",
        "events: 1 pipeline, 1 stage, 2 jobs, 6 steps",
        "delivered: 10 of 10 in 1 request, 4.2 kB, 0.46 s",
        "journal: .ddci/run-1.delivered.jsonl",
    ]


def test_a_run_that_is_not_sent_names_the_command_that_sends_it() -> None:
    kept = Accounting(emitted=10, kept=10, emitted_by_level=LEVELS)
    closing = replace(
        CLOSING, url=None, accounting=kept, journal=".ddci/run-1.jsonl", unsent="dry run"
    )
    assert summary_lines(closing) == [
        "pipeline suite: success",
        "events: 1 pipeline, 1 stage, 2 jobs, 6 steps",
        "kept: 10 in .ddci/run-1.jsonl (dry run)",
        "send them with: ddci send .ddci/run-1.jsonl",
    ]


def test_a_failed_pipeline_says_why() -> None:
    closing = replace(CLOSING, status="error", failure="1 failed test")
    assert summary_lines(closing)[0] == "pipeline suite: error (1 failed test)"


PARTLY = Accounting(
    emitted=10,
    delivered=6,
    rejected=1,
    kept=3,
    emitted_by_level=LEVELS,
    requests=4,
    sent_bytes=999,
    problem="no answer",
)


def test_rejected_and_kept_events_are_told_with_the_reason_and_the_place() -> None:
    closing = replace(CLOSING, accounting=PARTLY, journal="run-1.jsonl", aside="run-1.rejected")
    assert summary_lines(closing)[3:] == [
        "delivered: 6 of 10 in 4 requests, 999 bytes, 0.00 s",
        "rejected: 1, kept aside in run-1.rejected",
        "problem: no answer",
        "kept: 3 in run-1.jsonl",
        "send them with: ddci send run-1.jsonl",
    ]


def test_a_problem_nobody_wants_to_hear_is_not_told() -> None:
    lines = summary_lines(replace(CLOSING, accounting=PARTLY, tell_problem=False))
    assert not [line for line in lines if line.startswith("problem")]
    assert [line for line in lines if line.startswith("kept: 3")]


def test_what_was_left_out_and_dropped_is_counted_before_the_notes() -> None:
    closing = replace(CLOSING, left_out=2, dropped=3, notes=["warning: one", "two"])
    assert summary_lines(closing)[-4:] == [
        "left out: 2 tags or metrics that the API cannot take",
        "dropped by a hook: 3 events",
        "warning: one",
        "two",
    ]


def test_a_run_without_events_says_so() -> None:
    empty = replace(CLOSING, accounting=Accounting(emitted_by_level={"job": 0}))
    assert "events: none" in summary_lines(empty)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@given(path=st.text(st.characters(exclude_characters="\x00\n\r"), min_size=1))
def test_the_command_can_be_copied_into_a_shell(path: str) -> None:
    kept = Accounting(emitted=1, kept=1, emitted_by_level={"job": 1})
    line = summary_lines(replace(CLOSING, accounting=kept, journal=path))[-1]
    command = line.removeprefix("send them with: ")
    assert shlex.split(command) == ["ddci", "send", path]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (1_000_000, "1.0 MB"),
        (12_345_678, "12.3 MB"),
    ],
)
def test_sizes_are_told_in_the_unit_that_fits(count: int, words: str) -> None:
    assert size(count) == words
