"""Facts for tests, with everything defaulted that the test at hand does not care about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.assembler import Assembler
from pytest_ddci.facts import (
    AttemptStarted,
    Collected,
    Fact,
    Failure,
    Outcome,
    Phase,
    PhaseEnded,
    SessionEnded,
)
from pytest_ddci.finished import BegunJob, PassedJob
from pytest_ddci.identity import Identity
from pytest_ddci.passed import whole
from pytest_ddci.stages import stage_of

if TYPE_CHECKING:
    from pytest_ddci.finished import FinishedJob

IDENTITY = Identity("pipeline-1")
T0 = 1_800_000_000_000_000_000
MS = 1_000_000


def assembler(*collected: str, each: bool = False) -> Assembler:
    """An assembler that knows what is to run."""
    made = Assembler(IDENTITY, stage_of("module"), each=each)
    if collected:
        made.feed(Collected(nodeids=collected))
    return made


def phase(  # noqa: PLR0913 - all but the first have a default
    nodeid: str,
    which: Phase = Phase.CALL,
    outcome: Outcome = Outcome.PASSED,
    *,
    at: int = 0,
    worker: str = "",
    failure: Failure | None = None,
    reason: str = "",
) -> PhaseEnded:
    """A phase of 10 ms; `at` counts milliseconds."""
    start_ns = T0 + (at + 10 * list(Phase).index(which)) * MS
    if failure is None and outcome in (Outcome.FAILED, Outcome.RERUN):
        failure = Failure("AssertionError", f"{which.value} failed", "stack")
    return PhaseEnded(
        nodeid=nodeid,
        phase=which,
        outcome=outcome,
        start_ns=start_ns,
        end_ns=start_ns + 10 * MS,
        worker=worker,
        failure=failure,
        reason=reason,
    )


def attempt(  # noqa: PLR0913 - all but the first have a default
    nodeid: str,
    call: Outcome = Outcome.PASSED,
    *,
    setup: Outcome = Outcome.PASSED,
    teardown: Outcome = Outcome.PASSED,
    at: int = 0,
    worker: str = "",
) -> list[Fact]:
    """All facts of one attempt, in order."""
    facts: list[Fact] = [
        AttemptStarted(nodeid=nodeid, at_ns=T0 + at * MS),
        phase(nodeid, Phase.SETUP, setup, at=at, worker=worker),
    ]
    if setup is Outcome.PASSED:
        facts.append(phase(nodeid, Phase.CALL, call, at=at, worker=worker))
    facts.append(phase(nodeid, Phase.TEARDOWN, teardown, at=at, worker=worker))
    return facts


def feed(target: Assembler, *facts: Fact) -> list[FinishedJob]:
    """Feed them all; the jobs that they finish, in full."""
    jobs = [target.feed(fact) for fact in facts]
    return [
        whole(job) if isinstance(job, PassedJob) else job
        for job in jobs
        if job is not None and not isinstance(job, BegunJob)
    ]


def ended(
    status: int = 0,
    *,
    at: int = 10_000,
    interrupted: bool = False,
    stopped_early: bool = False,
    reason: str = "",
) -> SessionEnded:
    """The end of a session, ten seconds in."""
    return SessionEnded(
        at_ns=T0 + at * MS,
        exit_status=status,
        interrupted=interrupted,
        stopped_early=stopped_early,
        reason=reason,
    )
