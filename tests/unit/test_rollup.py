"""What the pipeline comes to: what was lost weighs more than how pytest exited."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ddci.facts import Failure, SessionEnded
from pytest_ddci.rollup import Evidence, judge
from pytest_ddci.tally import Tally

NOTHING = Evidence(
    ended=SessionEnded(at_ns=0, exit_status=0),
    tally=Tally(passed=1),
    failed=(),
    not_run=(),
    lost=(),
    crashed=(),
    internal=None,
)
INTERNAL = Failure("InternalError", "cannot serialise", domain="provider")


def ended(exit_status: int, *, interrupted: bool = False, stopped: bool = False) -> SessionEnded:
    return SessionEnded(
        at_ns=0, exit_status=exit_status, interrupted=interrupted, stopped_early=stopped
    )


def error_of(evidence: Evidence) -> Failure:
    status, failure = judge(evidence)
    assert status == "error"
    assert failure is not None
    return failure


@pytest.mark.parametrize(
    ("exit_status", "status"), [(0, "success"), (5, "skipped")], ids=["passed", "nothing"]
)
def test_a_quiet_session_has_no_error(exit_status: int, status: str) -> None:
    assert judge(replace(NOTHING, ended=ended(exit_status))) == (status, None)


def test_a_lost_test_makes_a_session_that_exits_with_0_incomplete() -> None:
    failure = error_of(replace(NOTHING, lost=["test_a"]))
    assert failure.type == "IncompleteRun"
    assert "test_a" in failure.message.splitlines()


def test_tests_left_out_on_purpose_do_not_make_it_incomplete() -> None:
    evidence = replace(NOTHING, ended=ended(2, stopped=True), not_run=["test_a"])
    assert error_of(evidence).type == "ExitStatus"


def test_a_workers_internal_error_is_told_with_what_it_cost() -> None:
    failure = error_of(replace(NOTHING, lost=["test_a"], internal=INTERNAL))
    assert failure.type == "IncompleteRun"
    assert "internal error: cannot serialise" in failure.message.splitlines()


def test_an_internal_error_that_ended_the_session_names_what_is_missing() -> None:
    failure = error_of(
        replace(NOTHING, ended=ended(3), not_run=["test_a", "test_b"], internal=INTERNAL)
    )
    assert failure.type == "InternalError"
    assert failure.message.splitlines()[0] == "cannot serialise"
    assert {"test_a", "test_b"} <= set(failure.message.splitlines())


def test_an_internal_error_that_cost_nothing_is_an_error_all_the_same() -> None:
    assert error_of(replace(NOTHING, internal=INTERNAL)) == INTERNAL


def test_without_any_test_dead_workers_are_an_error() -> None:
    evidence = replace(NOTHING, ended=ended(5), tally=Tally(), crashed=["gw0: gone"])
    failure = error_of(evidence)
    assert failure.type == "IncompleteRun"
    assert "worker gw0: gone" in failure.message.splitlines()


def test_a_dead_worker_whose_tests_others_ran_is_no_error() -> None:
    assert judge(replace(NOTHING, crashed=["gw0: gone"])) == ("success", None)


def test_ctrl_c_beats_everything() -> None:
    status, failure = judge(
        replace(NOTHING, ended=ended(2, interrupted=True), lost=["test_a"], internal=INTERNAL)
    )
    assert status == "canceled"
    assert failure is not None
    assert failure.type == "Interrupted"
