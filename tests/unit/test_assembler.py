"""Facts in, finished jobs, stages and the pipeline out."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.assembler import Assembler
from pytest_ddci.facts import (
    AttemptStarted,
    Collected,
    CollectionFailed,
    CollectionSkipped,
    CustomStep,
    Deselected,
    Failure,
    InternalError,
    Notes,
    Outcome,
    Phase,
    PhaseEnded,
    Source,
    SubtestEnded,
    TestInfo,
    WorkerCrashed,
    WorkerLost,
)
from pytest_ddci.finished import BegunJob
from pytest_ddci.stages import stage_of
from tests.builders import IDENTITY, MS, T0, assembler, attempt, ended, feed, phase

if TYPE_CHECKING:
    from random import Random

    from pytest_ddci.facts import Fact

A, B = "a.py::test_a", "b.py::test_b"


def test_a_job_is_finished_by_its_teardown_and_spans_its_phases() -> None:
    target = assembler(A)
    *early, last = attempt(A)
    assert feed(target, *early) == []
    (job,) = feed(target, last)
    assert (job.name, job.status, job.stage_name) == (A, "success", "a.py")
    assert (job.start_ns, job.end_ns) == (T0, T0 + 30 * MS)
    assert [step.name for step in job.steps] == ["setup", "call", "teardown"]


@pytest.mark.parametrize(
    ("facts", "status", "result"),
    [
        ({"call": Outcome.FAILED}, "error", "fail"),
        ({"setup": Outcome.FAILED}, "error", "fail"),
        ({"teardown": Outcome.FAILED}, "error", "fail"),
        ({"setup": Outcome.SKIPPED}, "skipped", "skip"),
        ({"call": Outcome.SKIPPED}, "skipped", "skip"),
        ({"call": Outcome.XFAILED}, "success", "xfail"),
        ({"call": Outcome.XPASSED}, "success", "xpass"),
        ({"call": Outcome.SKIPPED, "teardown": Outcome.FAILED}, "error", "fail"),
        ({"call": Outcome.XFAILED, "teardown": Outcome.FAILED}, "error", "fail"),
    ],
    ids=str,
)
def test_the_status_follows_from_the_phases(
    facts: dict[str, Outcome], status: str, result: str
) -> None:
    (job,) = feed(assembler(A), *attempt(A, **facts))  # type: ignore[arg-type] # by name
    assert (job.status, job.tags["test.result"]) == (status, result)


def test_a_failed_call_is_told_before_a_failed_teardown_and_both_are_kept() -> None:
    facts = attempt(A, Outcome.FAILED, teardown=Outcome.FAILED)
    (job,) = feed(assembler(A), *facts)
    assert job.failure is not None
    assert job.failure.message.splitlines() == [
        "call failed",
        "(also in teardown) AssertionError: teardown failed",
    ]
    assert "also in teardown" in job.failure.stack


def test_reruns_are_attempts_of_one_test_and_only_the_last_counts() -> None:
    target = assembler(A)
    jobs = feed(target, *attempt(A, Outcome.RERUN), *attempt(A, Outcome.RERUN, at=50))
    jobs += feed(target, *attempt(A, at=100))
    assert [job.tags["test.attempt"] for job in jobs] == ["1", "2", "3"]
    assert [job.tags["test.final"] for job in jobs] == ["false", "false", "true"]
    assert [job.tags.get("test.flaky") for job in jobs] == [None, None, "true"]
    assert len({job.id for job in jobs}) == 3
    ending = target.finish(ended())
    assert ending.pipeline.status == "success"
    metrics = ending.pipeline.metrics
    assert (metrics["tests.reruns"], metrics["tests.flaky"], metrics["tests.passed"]) == (2, 1, 1)


def test_a_test_that_fails_every_attempt_is_not_flaky() -> None:
    target = assembler(A)
    jobs = feed(target, *attempt(A, Outcome.RERUN), *attempt(A, Outcome.FAILED, at=50))
    assert "test.flaky" not in jobs[-1].tags
    assert target.finish(ended(1)).pipeline.status == "error"


def test_the_same_test_run_three_times_without_a_retry_is_three_final_attempts() -> None:
    target = assembler(A)
    jobs = feed(target, *attempt(A), *attempt(A, at=50), *attempt(A, at=100))
    assert [job.tags["test.attempt"] for job in jobs] == ["1", "2", "3"]
    assert {job.tags["test.final"] for job in jobs} == {"true"}
    assert not any("test.flaky" in job.tags for job in jobs)


def test_a_second_call_within_one_protocol_is_a_second_attempt() -> None:
    target = assembler(A)
    setup, failed = phase(A, Phase.SETUP), phase(A, Phase.CALL, Outcome.RERUN)
    jobs = feed(target, setup, failed, phase(A, Phase.CALL, at=50), phase(A, Phase.TEARDOWN, at=50))
    assert [(job.status, job.tags["test.final"]) for job in jobs] == [
        ("error", "false"),
        ("success", "true"),
    ]
    assert jobs[1].tags["test.flaky"] == "true"


def test_a_failed_subtest_fails_a_test_that_pytest_reports_as_passed() -> None:
    subtest = SubtestEnded(
        nodeid=A,
        name="[m] (i=1)",
        outcome=Outcome.FAILED,
        start_ns=T0 + 12 * MS,
        end_ns=T0 + 13 * MS,
        failure=Failure("AssertionError", "assert 1 == 0", "stack"),
    )
    (job,) = feed(assembler(A), subtest, *attempt(A))
    assert job.status == "error"
    assert job.failure == subtest.failure
    assert [step.name for step in job.steps][-1] == "[m] (i=1)"


def test_what_pytest_says_of_a_test_with_failed_subtests_does_not_hide_their_failure() -> None:
    said = phase(A, outcome=Outcome.FAILED, failure=Failure("Failed", "contains 1 failed subtest"))
    subtest = SubtestEnded(
        nodeid=A,
        name="s",
        outcome=Outcome.FAILED,
        start_ns=T0,
        end_ns=T0,
        failure=Failure("ValueError", "really", "stack"),
    )
    (job,) = feed(assembler(A), subtest, phase(A, Phase.SETUP), said, phase(A, Phase.TEARDOWN))
    assert job.failure is not None
    assert job.failure.type == "ValueError"


def test_notes_properties_and_markers_become_tags_and_our_own_words_win() -> None:
    info = TestInfo(
        source=Source("a.py", 7), parameters={"n": "1"}, tags={"team": "x", "test.final": "no"}
    )
    step = CustomStep("log in", T0 + 11 * MS, T0 + 12 * MS)
    notes = Notes(tags={"team": "y"}, metrics={"rows": 3}, steps=(step,))
    setup = phase(A, Phase.SETUP)
    call = phase(A)
    facts: list[Fact] = [
        PhaseEnded(
            nodeid=A,
            phase=Phase.SETUP,
            outcome=Outcome.PASSED,
            start_ns=setup.start_ns,
            end_ns=setup.end_ns,
            info=info,
            properties=(("jira", "X-1"), ("team", "z")),
        ),
        PhaseEnded(
            nodeid=A,
            phase=Phase.CALL,
            outcome=Outcome.PASSED,
            start_ns=call.start_ns,
            end_ns=call.end_ns,
            notes=notes,
        ),
        phase(A, Phase.TEARDOWN),
    ]
    (job,) = feed(assembler(A), *facts)
    assert job.tags["team"] == "y"
    assert job.tags["jira"] == "X-1"
    assert job.tags["test.final"] == "true"
    assert (job.tags["test.source.file"], job.tags["test.source.start"]) == ("a.py", "7")
    assert job.parameters == {"n": "1"}
    assert job.metrics["rows"] == 3
    assert job.metrics["duration.call"] == pytest.approx(0.01)
    assert "log in" in [each.name for each in job.steps]


def test_a_step_begun_before_the_test_is_cut_to_the_test() -> None:
    step = CustomStep("warm up", T0 - 5 * MS, T0 + 1 * MS)
    setup = phase(A, Phase.SETUP)
    noted = PhaseEnded(
        nodeid=A,
        phase=Phase.SETUP,
        outcome=Outcome.PASSED,
        start_ns=setup.start_ns,
        end_ns=setup.end_ns,
        notes=Notes(steps=(step,)),
    )
    (job,) = feed(assembler(A), noted, phase(A), phase(A, Phase.TEARDOWN))
    (cut,) = [each for each in job.steps if each.name == "warm up"]
    assert (cut.start_ns, cut.end_ns) == (T0, T0 + 1 * MS)


def test_a_crash_is_an_error_of_the_provider_from_the_start_the_controller_saw() -> None:
    target = assembler(A)
    crash = WorkerCrashed(nodeid=A, at_ns=T0 + 900 * MS, worker="gw0", message="gw0 crashed")
    (job,) = feed(target, AttemptStarted(nodeid=A, at_ns=T0), crash)
    assert job.failure == Failure("WorkerCrashed", "gw0 crashed", domain="provider")
    assert (job.start_ns, job.end_ns) == (T0, T0 + 900 * MS)
    assert job.tags["xdist.worker"] == "gw0"
    assert target.finish(ended(1)).pipeline.status == "error"


def test_a_crash_that_is_rerun_does_not_count() -> None:
    target = assembler(A)
    crash = WorkerCrashed(nodeid=A, at_ns=T0, worker="gw0", message="crashed", rerun=True)
    jobs = feed(target, crash, *attempt(A, worker="gw1", at=50))
    assert [job.tags["test.final"] for job in jobs] == ["false", "true"]
    assert target.finish(ended()).pipeline.status == "success"


def test_exit_status_zero_with_a_test_that_never_ran_is_an_incomplete_run() -> None:
    target = assembler(A, B)
    feed(target, *attempt(A))
    pipeline = target.finish(ended(0)).pipeline
    assert pipeline.status == "error"
    assert pipeline.failure is not None
    assert pipeline.failure.type == "IncompleteRun"
    assert B in pipeline.failure.message
    assert pipeline.metrics["tests.not_run"] == 1


def test_a_test_that_began_and_was_never_heard_of_again_is_lost() -> None:
    target = assembler(A, B)
    feed(target, *attempt(A), AttemptStarted(nodeid=B, at_ns=T0 + 40 * MS))
    ending = target.finish(ended(0))
    assert [(job.name, job.status) for job in ending.jobs] == [(B, "error")]
    assert ending.pipeline.failure is not None
    assert ending.pipeline.failure.type == "IncompleteRun"


def test_ctrl_c_cancels_the_test_in_flight_and_the_pipeline() -> None:
    target = assembler(A, B)
    feed(target, AttemptStarted(nodeid=A, at_ns=T0), phase(A, Phase.SETUP))
    ending = target.finish(ended(2, interrupted=True, reason="KeyboardInterrupt"))
    (job,) = ending.jobs
    assert (job.status, job.end_ns) == ("canceled", T0 + 10_000 * MS)
    assert "test.result" not in job.tags
    assert ending.pipeline.status == "canceled"
    assert ending.pipeline.metrics["tests.canceled"] == 1
    assert ending.pipeline.metrics["tests.not_run"] == 1
    assert [stage.status for stage in ending.stages] == ["canceled"]


def test_a_session_that_stops_at_the_first_failure_is_failed_and_not_incomplete() -> None:
    target = assembler(A, B)
    feed(target, *attempt(A, Outcome.FAILED))
    pipeline = target.finish(ended(2, stopped_early=True, reason="stopping after 1 failures"))
    assert pipeline.pipeline.status == "error"
    assert pipeline.pipeline.failure is not None
    assert pipeline.pipeline.failure.type == "TestsFailed"
    assert pipeline.pipeline.metrics["tests.not_run"] == 1


def test_a_collection_error_counts_once_whoever_reports_it() -> None:
    target = assembler()
    error = CollectionFailed(nodeid="c.py", at_ns=T0, failure=Failure("SyntaxError", "bad"))
    feed(target, error, error, error)
    ending = target.finish(ended(2, stopped_early=True))
    (stage,) = ending.stages
    assert (stage.status, stage.failure) == ("error", Failure("SyntaxError", "bad"))
    assert stage.metrics["tests.errors"] == 1
    assert stage.metrics["tests.collected"] == 0
    assert ending.pipeline.status == "error"


def test_a_stage_begins_with_its_first_test_and_not_with_what_announces_it() -> None:
    target = assembler(A)
    announced = AttemptStarted(nodeid=A, at_ns=T0 - 5 * MS)
    assert isinstance(target.feed(announced), BegunJob)
    feed(target, *attempt(A)[1:])
    (stage,) = target.finish(ended()).stages
    assert (stage.start_ns, stage.end_ns) == (T0, T0 + 30 * MS)


def test_a_module_that_skips_itself_is_a_skipped_stage() -> None:
    target = assembler()
    feed(target, CollectionSkipped(nodeid="c.py", at_ns=T0, reason="not on this system"))
    (stage,) = target.finish(ended(5)).stages
    assert (stage.status, stage.tags) == ("skipped", {"test.skip_reason": "not on this system"})


def test_deselected_tests_are_counted_once_for_all_workers() -> None:
    target = assembler()
    feed(target, Deselected(count=3, worker="gw0"), Deselected(count=3, worker="gw1"))
    assert target.finish(ended()).pipeline.metrics["tests.deselected"] == 3


def test_an_internal_error_is_the_pipelines_error() -> None:
    target = assembler(A)
    failure = Failure("InternalError", "boom", "stack", "provider")
    feed(target, *attempt(A), InternalError(failure=failure))
    pipeline = target.finish(ended(3)).pipeline
    assert (pipeline.status, pipeline.failure) == ("error", failure)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(0, "success"), (5, "skipped"), (1, "error"), (4, "error"), (77, "error")],
)
def test_without_failures_the_exit_status_decides(status: int, expected: str) -> None:
    assert assembler().finish(ended(status)).pipeline.status == expected


def test_each_worker_running_every_test_gives_an_execution_each() -> None:
    target = assembler(each=True)
    for worker in ("gw0", "gw1"):
        feed(target, Collected(nodeids=(A,), worker=worker))
    jobs = feed(target, *attempt(A, worker="gw0"), *attempt(A, worker="gw1", at=5))
    assert len({job.id for job in jobs}) == 2
    assert {job.tags["test.attempt"] for job in jobs} == {"1"}
    assert target.finish(ended()).pipeline.metrics["tests.collected"] == 2


def test_the_end_of_the_pipeline_is_never_before_that_of_its_tests() -> None:
    target = assembler(A)
    feed(target, *attempt(A, at=20_000))
    assert target.finish(ended(at=10)).pipeline.end_ns == T0 + 20_030 * MS


def test_a_lost_worker_is_named_with_the_tests_that_it_took_along() -> None:
    target = assembler(A, B)
    feed(
        target, *attempt(A, worker="gw0"), WorkerLost(worker="gw1", error="Not properly terminated")
    )
    failure = target.finish(ended(1)).pipeline.failure
    assert failure is not None
    assert failure.type == "IncompleteRun"
    assert "gw1: Not properly terminated" in failure.message


OUTCOMES = st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.XFAILED])


@st.composite
def streams(draw: st.DrawFn) -> list[list[Fact]]:
    """What up to three workers say, each in its own order; some tests are rerun."""
    made = []
    for worker in range(draw(st.integers(1, 3))):
        stream: list[Fact] = []
        at = draw(st.integers(0, 100))
        for number in range(draw(st.integers(0, 4))):
            nodeid = f"m{draw(st.integers(0, 2))}.py::test_{worker}_{number}"
            for _ in range(draw(st.integers(0, 2))):
                stream += attempt(nodeid, Outcome.RERUN, at=at, worker=f"gw{worker}")
                at += 40
            stream += attempt(nodeid, draw(OUTCOMES), at=at, worker=f"gw{worker}")
            at += 40
        made.append(stream)
    return made


@given(streams(), st.randoms(use_true_random=False))
def test_any_interleaving_of_workers_gives_the_same_events(
    workers: list[list[Fact]], random: Random
) -> None:
    def events(order: list[Fact]) -> tuple[object, object, object]:
        target = Assembler(IDENTITY, stage_of("module"))
        jobs = feed(target, *order)
        ending = target.finish(ended(1))
        stages = sorted(ending.stages, key=lambda stage: stage.name)
        unordered = [(s.id, s.start_ns, s.end_ns, s.status, s.metrics) for s in stages]
        return sorted(jobs, key=lambda job: job.id), unordered, ending.pipeline.metrics

    rests = [list(stream) for stream in workers]
    mixed = []
    while any(rests):
        mixed.append(random.choice([rest for rest in rests if rest]).pop(0))
    assert events(mixed) == events(list(chain.from_iterable(workers)))
