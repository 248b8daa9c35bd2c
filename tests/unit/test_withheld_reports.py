"""Phases that are known from a later report only, because a retry plugin keeps theirs back."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_ddci import stamp
from pytest_ddci.facts import Failure, Outcome, Phase, PhaseEnded, Place, WorkerDescribed
from pytest_ddci.observe import observe_test
from pytest_ddci.stamp import Stamp
from tests.builders import assembler, attempt, feed

NODEID = "a.py::test_a"
BROKEN = Failure("AssertionError", "broken")
CALL = Stamp(start_ns=10, end_ns=30, failure=BROKEN)


def teardown_report(made: Stamp) -> Any:  # noqa: ANN401 - stands in for pytest's own class
    return SimpleNamespace(
        nodeid=NODEID,
        outcome="passed",
        longrepr=None,
        when="teardown",
        **{stamp.ATTRIBUTE: stamp.encode(made)},
    )


def test_a_stamp_carries_the_stamps_of_unlogged_reports() -> None:
    made = Stamp(start_ns=40, end_ns=50, unlogged={"call": ("failed", CALL)})

    assert stamp.decode(stamp.encode(made)) == made


def test_what_was_unlogged_comes_before_the_teardown_that_tells_it() -> None:
    made = Stamp(start_ns=40, end_ns=50, unlogged={"call": ("failed", CALL)})
    call, teardown = observe_test(teardown_report(made), 60)

    assert call == PhaseEnded(
        nodeid=NODEID,
        phase=Phase.CALL,
        outcome=Outcome.FAILED,
        start_ns=10,
        end_ns=30,
        failure=BROKEN,
        withheld=True,
    )
    assert isinstance(teardown, PhaseEnded)
    assert (teardown.phase, teardown.withheld) == (Phase.TEARDOWN, False)


def test_a_worker_is_described_also_when_its_first_report_was_withheld() -> None:
    place = Place(hostname="host", labels=(), tags={})
    made = Stamp(
        start_ns=40,
        end_ns=50,
        unlogged={"setup": ("failed", Stamp(start_ns=0, end_ns=9, place=place))},
    )

    assert WorkerDescribed(worker="", place=place) in list(observe_test(teardown_report(made), 60))


def test_a_withheld_phase_counts_for_nothing_when_its_report_came() -> None:
    target = assembler(NODEID)
    setup, call, teardown = attempt(NODEID)[-3:]
    assert isinstance(call, PhaseEnded)
    twin = replace(call, withheld=True, outcome=Outcome.FAILED)
    (job,) = feed(target, setup, call, twin, teardown)

    assert (job.status, job.tags["test.final"]) == ("success", "true")
    assert [step.name for step in job.steps] == ["setup", "call", "teardown"]


@pytest.mark.parametrize(
    ("outcome", "status", "flaky"),
    [
        pytest.param(Outcome.FAILED, "error", "true", id="failed"),
        pytest.param(Outcome.PASSED, "success", None, id="passed"),
    ],
)
def test_an_attempt_with_a_withheld_phase_is_followed_by_another(
    outcome: Outcome, status: str, flaky: str | None
) -> None:
    target = assembler(NODEID)
    setup, call, teardown = attempt(NODEID)[-3:]
    assert isinstance(call, PhaseEnded)
    withheld = replace(call, withheld=True, outcome=outcome, failure=None)
    first, last = feed(target, setup, withheld, teardown, setup, call, teardown)

    assert (first.status, first.tags["test.final"]) == (status, "false")
    assert (last.status, last.tags["test.final"]) == ("success", "true")
    assert last.tags.get("test.flaky") == flaky


@pytest.mark.parametrize(
    ("crash", "failure"),
    [
        ("ValueError: no\nmore", Failure("ValueError", "no\nmore", "shown")),
        ("some.module.Error: x: y", Failure("some.module.Error", "x: y", "shown")),
        ("assert 1 == 2", Failure("AssertionError", "assert 1 == 2", "shown")),
        ("not a name: x", Failure("Failed", "not a name: x", "shown")),
    ],
)
def test_a_failure_without_its_exception_is_read_from_what_pytest_shows(
    crash: str, failure: Failure
) -> None:
    class Longrepr:
        reprcrash = SimpleNamespace(message=crash)

        def __str__(self) -> str:
            return "shown"

    report = teardown_report(Stamp(start_ns=1, end_ns=2))
    report.outcome, report.longrepr = "failed", Longrepr()
    (fact,) = observe_test(report, 3)

    assert isinstance(fact, PhaseEnded)
    assert fact.failure == failure
