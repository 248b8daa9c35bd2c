"""What the lines of a journal tell of its run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.lines import read_lines
from pytest_ddci.showing.chronicle import Chronicle, Extent
from tests.told_runs import begun, chronicle, final, header, job, lines, stage

FAILED = "AssertionError: no"


def test_a_final_event_is_the_end() -> None:
    told = Chronicle(Extent())
    assert not told.read(lines(header(), job("a.py::x")))
    assert told.read(lines(final(2_000, "success")))
    assert told.status == "success"


def test_a_running_event_is_no_end() -> None:
    told = Chronicle(Extent())
    assert not told.read(lines(header(), final(0, "running")))
    assert told.status == "unknown"


def test_counts_are_those_of_the_final_event() -> None:
    told = chronicle([header(), job("a.py::x"), final(1, "error", "tests.failed:7", "other:1")])
    assert told.counts == {"failed": 7}


def test_without_a_final_event_tests_are_counted() -> None:
    told = chronicle(
        [
            header(),
            job("a.py::x"),
            job("a.py::y", status="error", final=False),
            job("a.py::y", attempt=2, flaky=True),
            job("b.py::z", status="skipped"),
            job("b.py::c", status="canceled"),
        ]
    )
    assert told.counts == {"passed": 2, "reruns": 1, "flaky": 1, "skipped": 1, "canceled": 1}


def test_a_stage_knows_its_own_counts_better() -> None:
    told = chronicle([job("a.py::x"), stage("a.py", 0, 1, "error", metrics=["tests.errors:1"])])
    assert told.counts == {"errors": 1}


@pytest.mark.parametrize(
    ("statuses", "status"),
    [((), "success"), (("canceled",), "canceled"), (("canceled", "error"), "error")],
)
def test_a_stage_without_an_event_is_as_its_tests_are(
    statuses: tuple[str, ...], status: str
) -> None:
    told = chronicle([job("a.py::x"), *(job(f"a.py::{each}", status=each) for each in statuses)])
    assert told.stages["id of a.py"].status == status


def test_only_final_attempts_are_failures() -> None:
    told = chronicle(
        [
            job("a.py::x", status="error", final=False, error=FAILED),
            job("a.py::x", status="error", attempt=2, error=FAILED),
        ]
    )
    assert told.failed == 1
    [(attempt, failure)] = told.failures
    assert not isinstance(attempt, str)
    assert (attempt.number, failure.kind, failure.message) == (2, "AssertionError", "no")


def test_a_collection_error_is_a_failure_and_a_stage_of_failed_tests_is_none() -> None:
    told = chronicle(
        [
            stage("a.py", 0, 1, "error", error={"type": "SyntaxError", "message": "bad"}),
            stage("b.py", 0, 1, "error", error={"type": "TestsFailed", "message": "1 failed"}),
        ]
    )
    assert [(what, failure.kind) for what, failure in told.failures] == [("a.py", "SyntaxError")]


def test_failures_beyond_the_extent_are_counted() -> None:
    told = chronicle((job(f"a.py::t{n}", status="error") for n in range(9)), failures=2)
    assert (len(told.failures), told.failed) == (2, 9)


def test_the_slowest_attempts_come_first_and_the_earlier_of_equals() -> None:
    durations = [30, 10, 50, 50, 20]
    told = chronicle((job(f"a.py::t{n}", 0, ms) for n, ms in enumerate(durations)), slowest=3)
    assert [slow.attempt.name for slow in told.slowest] == ["a.py::t2", "a.py::t3", "a.py::t0"]


def test_none_may_be_slow() -> None:
    assert list(chronicle([job("a.py::x")], slowest=0).slowest) == []


@given(st.lists(st.integers(0, 1_000)), st.integers(0, 9))
def test_the_slowest_are_the_slowest(durations: list[int], most: int) -> None:
    told = chronicle((job(f"a.py::t{n}", 0, ms) for n, ms in enumerate(durations)), slowest=most)
    found = [slow.attempt.duration_ns // 1_000_000 for slow in told.slowest]
    assert found == sorted(durations, reverse=True)[:most]


def test_retried_tests_have_their_last_attempt_and_why_it_was_needed() -> None:
    told = chronicle(
        [
            job("a.py::once"),
            job("a.py::x", status="error", final=False, error="E: first"),
            job("a.py::x", status="error", attempt=2, final=False, error="E: second"),
            job("a.py::x", attempt=3, flaky=True),
        ]
    )
    [retried] = told.retries
    assert (retried.attempts, retried.last.number, retried.last.status) == (3, 3, "success")
    assert retried.failure is not None
    assert retried.failure.message == "second"


def test_workers_are_busy_while_they_run_tests() -> None:
    told = chronicle(
        [
            job("a.py::x", 0, 600, worker="gw0"),
            job("a.py::y", 0, 1_000, worker="gw10"),
            job("a.py::z", 700, 800, worker="gw0"),
            job("a.py::w", 0, 250, worker="gw2"),
            job("a.py::here"),
        ]
    )
    balance = told.balance
    assert balance.span_ns == 1_000_000_000
    assert [(each.name, each.attempts, round(balance.share(each), 2)) for each in balance] == [
        ("gw0", 2, 0.7),
        ("gw2", 1, 0.25),
        ("gw10", 1, 1.0),
    ]


def test_workers_that_took_no_time_were_not_idle() -> None:
    balance = chronicle([job("a.py::x", 5, 5, worker="gw0")]).balance
    [worker] = balance
    assert balance.share(worker) == 1


def test_tests_that_have_not_ended_are_open() -> None:
    told = chronicle([header(), begun("a.py::x", 1), begun("b.py::y", 2), job("a.py::x")])
    [open_] = told.settle()
    assert open_.name == "b.py::y"
    assert told.stages[open_.stage].name == "b.py"


def test_a_part_is_an_end_and_the_worst_one_counts() -> None:
    told = Chronicle(Extent())
    for status in ("success", "error"):
        part = b'{"ddci":"part","pipeline":{"unique_id":"p","status":"%s"}}' % status.encode()
        assert told.read(lines(header(), part))
    assert told.status == "error"


def test_the_pipelines_own_error_is_told_unless_its_tests_tell_it() -> None:
    incomplete = {"type": "IncompleteRun", "message": "1 never finished"}
    failed = {"type": "TestsFailed", "message": "1 failed"}
    assert chronicle([final(1, "error", error=failed)]).failure is None
    found = chronicle([final(1, "error", error=incomplete)]).failure
    assert found is not None
    assert found.message == "1 never finished"


def test_every_attempt_is_told_only_when_asked_for() -> None:
    data = [job("a.py::x"), job("a.py::y", status="error", final=False)]
    assert chronicle(data, slowest=0).stages["id of a.py"].told == {}
    assert len(chronicle(data, every=True).stages["id of a.py"].told) == 2


@pytest.mark.parametrize(
    "bad",
    [
        b"garbage",
        b'{"ddci":"header"}',
        b'{"ddci":"part","pipeline":3}',
        b'{"ddci":"started","id":"a","start":"soon"}',
        job("a.py::x").replace(b'"end":"2027', b'"end":"soon'),
        job("a.py::x").replace(b'"start":"2027', b'"start":7,"was":"'),
        stage("a.py", 0, 1, "error").replace(b'"end":"2027', b'"end":"soon'),
        job("a.py::x").replace(b'"level":"job"', b'"level":"job",,'),
    ],
    ids=["garbage", "header", "part", "started", "end", "start", "stage", "json"],
)
def test_damaged_lines_are_counted_and_harm_no_others(bad: bytes) -> None:
    told = chronicle([header(), bad, job("a.py::good")])
    told.settle()
    assert told.damaged == 1
    assert told.counts == {"passed": 1}


@given(
    st.lists(st.sampled_from([b'"', b"{", b"}", b'{"ddci":"', b"\n", b":", b"started", b"\xff"]))
)
def test_no_bytes_raise(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    told = Chronicle(Extent(every=True))
    told.read(read_lines(lambda offset, size: text[offset : offset + size]))
    told.settle()
