"""Facts in, finished jobs, stages and the pipeline out: a state machine without pytest or I/O."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pytest_ddci import facts
from pytest_ddci.attempt import Attempt
from pytest_ddci.facts import Failure, Phase
from pytest_ddci.finished import (
    BegunJob,
    FinishedJob,
    FinishedPipeline,
    FinishedStage,
    PassedJob,
)
from pytest_ddci.frozen import frozen
from pytest_ddci.pending import Pending
from pytest_ddci.rollup import Evidence, judge
from pytest_ddci.stages import Stages
from pytest_ddci.tally import STATUS, Result, Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.facts import Fact, SessionEnded, Source
    from pytest_ddci.identity import Identity

    Job = BegunJob | FinishedJob | PassedJob

_LOST = "the test began and its report never arrived"


@frozen
class Ending:
    """What the end of the session adds: attempts cut short, all stages, the pipeline."""

    jobs: tuple[FinishedJob, ...]
    stages: tuple[FinishedStage, ...]
    pipeline: FinishedPipeline


class Assembler:
    """Turns the facts of one session into finished jobs, stages and the pipeline.

    Args:
        identity: gives the ids.
        name_of: names the stage of a node id.
        each: every worker runs every test (`--dist each`).
        shown: the id to show for a report's id, when the test itself did not say it.
    """

    def __init__(
        self,
        identity: Identity,
        name_of: Callable[[str], str],
        *,
        each: bool = False,
        shown: Callable[[str], str] = str,
    ) -> None:
        self._id_of = identity.job
        self._each = each
        self._shown = shown
        self._stages = Stages(identity, name_of)
        self._pending = Pending(each)
        self._attempts: dict[tuple[str, str], Attempt] = {}
        self._started: dict[str, list[BegunJob]] = {}
        # Only tests that ran more than once are in these two.
        self._earlier: dict[tuple[str, str], int] = {}
        self._retried: set[tuple[str, str]] = set()
        self._lost: list[str] = []
        self._crashed: list[str] = []
        self._stopped: dict[str, str] = {}
        self._deselected: dict[str, int] = {}
        self._internal: Failure | None = None
        self._takers: dict[type, Callable[..., Job | None]] = {
            facts.AttemptStarted: self._take_start,
            facts.AttemptPassed: self._take_passed,
            facts.PhaseEnded: self._take_phase,
            facts.SubtestEnded: self._take_subtest,
            facts.WorkerCrashed: self._take_crash,
            facts.CollectionFailed: self._take_collection_failure,
            facts.CollectionSkipped: self._take_collection_skip,
            facts.Collected: self._take_collected,
            facts.Deselected: self._take_deselected,
            facts.WorkerLost: self._take_lost_worker,
            facts.InternalError: self._take_internal_error,
        }

    def feed(self, fact: Fact) -> Job | None:
        """Take in a fact; the job that it begins or finishes, if it does.

        Where every worker runs every test no job begins: nobody says on which worker it did.
        """
        taker = self._takers.get(type(fact))
        return taker(fact) if taker else None

    def finish(self, ended: SessionEnded) -> Ending:
        """Close what is open and judge the whole."""
        jobs = tuple(self._cut_short(ended))
        not_run = [self._shown(nodeid) for nodeid in self._pending]
        elsewhere = Tally(not_run=sum(not self._stages.not_run(nodeid) for nodeid in not_run))
        total = Tally()
        for part in (elsewhere, *(stage.tally for stage in self._stages)):
            total.add(part)
        evidence = Evidence(
            ended=ended,
            tally=total,
            failed=list(chain.from_iterable(stage.failed for stage in self._stages)),
            not_run=not_run,
            lost=self._lost,
            crashed=self._crashed,
            internal=self._internal,
        )
        status, failure = judge(evidence)
        stages = tuple(stage.finish() for stage in self._stages)
        metrics = total.metrics()
        metrics["tests.collected"] -= sum(stage.collection_errors for stage in self._stages)
        metrics["tests.deselected"] = max(self._deselected.values(), default=0)
        pipeline = FinishedPipeline(
            end_ns=max([ended.at_ns, *(stage.end_ns for stage in stages)]),
            status=status,
            failure=failure,
            tags={"pytest.exit_status": str(ended.exit_status)},
            metrics=metrics,
        )
        return Ending(jobs, stages, pipeline)

    def _take_start(self, fact: facts.AttemptStarted) -> BegunJob | None:
        nodeid = fact.nodeid
        name = self._shown(nodeid)
        number = self._next_number(nodeid, "")
        job_id = self._id_of(nodeid, "", number)
        stage_id, stage_name = self._stages.identify(name)
        job = BegunJob(job_id, name, stage_id, stage_name, fact.at_ns, fact.source, number)
        if nodeid in self._started:
            self._started[nodeid].append(job)
        else:
            self._started[nodeid] = [job]
        return None if self._each else job

    def _take_phase(self, fact: facts.PhaseEnded) -> FinishedJob | None:
        attempt = self._attempt(fact.nodeid, fact.worker)
        closed = None
        if attempt.has(fact.phase):
            if fact.withheld:
                return None
            # A retry plugin that logs the phases of one attempt after another in one protocol.
            closed = self._close(attempt, retried=True)
            told = attempt.told
            attempt = self._attempt(fact.nodeid, fact.worker)
            attempt.told = told
        attempt.add_phase(fact)
        if fact.phase is not Phase.TEARDOWN:
            return closed
        return self._close(attempt, retried=attempt.is_retried)

    def _take_passed(self, fact: facts.AttemptPassed) -> Job | None:
        nodeid, worker, times, info = fact.nodeid, fact.worker, fact.times, fact.info
        if info is None or (nodeid, worker) in self._attempts or times != tuple(sorted(times)):
            # Something of it has come before, or a clock lied.
            *_, closed = map(self._take_phase, fact.phases())
            return closed
        begun = self._began(nodeid)
        key = (nodeid, worker) if self._each else (nodeid, "")
        number, flaky = 1, False
        if self._earlier or not self._pending.finished(nodeid, worker):
            # It is not the test's first attempt, or may be none.
            number = self._next_number(nodeid, worker)
            flaky = self._count_attempt(key, nodeid, worker, number, Result.PASSED, retried=False)
        name = info.nodeid or nodeid
        if begun is None or begun.number != number or begun.name != name or self._each:
            stage = self._stages.of(name, times[0])
            job_id = self._id_of(nodeid, key[1], number)
        else:
            stage = self._stages.named(begun.stage_name, times[0])
            job_id = begun.id
        stage.add_passed(times[0], times[-1], flaky=flaky)
        return PassedJob(job_id, name, stage.id, stage.name, times, worker, info, number, flaky)

    def _take_subtest(self, fact: facts.SubtestEnded) -> None:
        self._attempt(fact.nodeid, fact.worker).add_subtest(fact)

    def _take_crash(self, fact: facts.WorkerCrashed) -> FinishedJob:
        attempt = self._attempt(fact.nodeid, fact.worker)
        began = self._began(fact.nodeid)
        start = began.start_ns if began else fact.at_ns
        stopped = self._stopped.get(fact.worker)
        return self._close(
            attempt,
            retried=fact.rerun,
            result=Result.FAILED if stopped is None else Result.CANCELED,
            failure=Failure("WorkerCrashed", fact.message, domain="provider")
            if stopped is None
            else Failure("Interrupted", stopped, domain="provider"),
            span=(min(start, attempt.span(start)[0]), fact.at_ns),
            source=fact.source,
        )

    def _take_collection_failure(self, fact: facts.CollectionFailed) -> None:
        stage = self._stages.of(fact.nodeid, fact.at_ns)
        stage.add_collection_failure(fact.nodeid, fact.failure)

    def _take_collection_skip(self, fact: facts.CollectionSkipped) -> None:
        self._stages.of(fact.nodeid, fact.at_ns).skip_reason = fact.reason

    def _take_collected(self, fact: facts.Collected) -> None:
        self._pending.collected(fact.nodeids, fact.worker)

    def _take_deselected(self, fact: facts.Deselected) -> None:
        self._deselected[fact.worker] = self._deselected.get(fact.worker, 0) + fact.count

    def _take_lost_worker(self, fact: facts.WorkerLost) -> None:
        if fact.stopped:
            self._stopped[fact.worker] = fact.error
        else:
            self._crashed.append(f"{fact.worker}: {fact.error}")
        self._pending.worker_lost(fact.worker)

    def _take_internal_error(self, fact: facts.InternalError) -> None:
        self._internal = self._internal or fact.failure

    def _next_number(self, nodeid: str, worker: str) -> int:
        """The number of the attempt that runs next, counted from 1."""
        earlier = self._earlier.get(self._key(nodeid, worker)) if self._earlier else None
        if earlier is None:
            return 2 if self._pending.knows_finished(nodeid, worker) else 1
        return earlier + 1

    def _key(self, nodeid: str, worker: str) -> tuple[str, str]:
        """What makes executions attempts of one test: the worker only where each runs all."""
        return nodeid, worker if self._each else ""

    def _attempt(self, nodeid: str, worker: str) -> Attempt:
        attempt = self._attempts.get((nodeid, worker))
        if attempt is None:
            attempt = Attempt(nodeid, worker, self._next_number(nodeid, worker))
            self._attempts[nodeid, worker] = attempt
        return attempt

    def _began(self, nodeid: str) -> BegunJob | None:
        """Forget and give the oldest open start of that test."""
        starts = self._started.pop(nodeid, None)
        if starts is None:
            return None
        if len(starts) > 1:
            self._started[nodeid] = starts[1:]
        return starts[0]

    def _cut_short(self, ended: SessionEnded) -> list[FinishedJob]:
        """Close the attempts whose teardown never came: canceled, or lost without a reason."""
        jobs = []
        on_purpose = ended.interrupted or ended.stopped_early
        reported = {nodeid for nodeid, _ in self._attempts}
        for nodeid in self._started.keys() - reported:
            self._attempt(nodeid, "")
        for attempt in sorted(self._attempts.values(), key=lambda one: (one.nodeid, one.worker)):
            start = self._began(attempt.nodeid)
            begin_ns = start.start_ns if start else ended.at_ns
            reason = ended.reason or "the session was interrupted"
            jobs.append(
                self._close(
                    attempt,
                    retried=False,
                    result=Result.CANCELED if on_purpose else Result.LOST,
                    failure=Failure("Interrupted", reason, domain="provider")
                    if on_purpose
                    else Failure("LostTest", _LOST, domain="provider"),
                    span=(min(begin_ns, attempt.span(begin_ns)[0]), ended.at_ns),
                    source=start.source if start else None,
                )
            )
            if not on_purpose:
                self._lost.append(jobs[-1].name)
        return jobs

    def _count_attempt(  # noqa: PLR0913 - of an attempt that may be no object
        self,
        key: tuple[str, str],
        nodeid: str,
        worker: str,
        number: int,
        result: Result,
        *,
        retried: bool,
    ) -> bool:
        """Remember what the next attempt of this test must know; whether this one is flaky."""
        if retried or number > 1:
            self._earlier[key] = number
        if retried:
            if STATUS[result] == "error":
                self._retried.add(key)
            return False
        self._pending.finished(nodeid, worker)
        if not self._retried:
            return False
        flaky = key in self._retried and result is Result.PASSED
        self._retried.discard(key)
        return flaky

    def _close(  # noqa: PLR0913 - what an attempt came to when its own phases cannot tell
        self,
        attempt: Attempt,
        *,
        retried: bool,
        result: Result | None = None,
        failure: Failure | None = None,
        span: tuple[int, int] | None = None,
        source: Source | None = None,
    ) -> FinishedJob:
        key = self._key(attempt.nodeid, attempt.worker)
        del self._attempts[attempt.nodeid, attempt.worker]
        began = self._began(attempt.nodeid) if span is None else None
        start_ns, end_ns = span or attempt.span(began.start_ns if began else 0)
        result = result or attempt.result()
        flaky = self._count_attempt(
            key, attempt.nodeid, attempt.worker, attempt.number, result, retried=retried
        )
        name = attempt.true_id or self._shown(attempt.nodeid)
        stage = self._stages.of(name, start_ns)
        job_id = self._id_of(attempt.nodeid, key[1], attempt.number)
        job = FinishedJob(
            id=job_id,
            name=name,
            stage_id=stage.id,
            stage_name=stage.name,
            start_ns=start_ns,
            end_ns=end_ns,
            status=STATUS[result],
            worker=attempt.worker,
            failure=failure or attempt.failure(),
            source=attempt.source or source,
            parameters=attempt.info.parameters,
            tags=attempt.tags(result, final=not retried, flaky=flaky),
            metrics=attempt.metrics(),
            steps=attempt.steps(job_id, start_ns, end_ns),
        )
        stage.add_job(job, result, final=not retried)
        stage.tally.flaky += flaky
        return job
