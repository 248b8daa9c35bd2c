"""One attempt of one test while it runs, and what its phases come to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND
from pytest_ddci.facts import Failure, Outcome, Phase, SubtestEnded, TestInfo
from pytest_ddci.finished import FinishedStep
from pytest_ddci.identity import Identity
from pytest_ddci.tally import TAG, Result

if TYPE_CHECKING:
    from pytest_ddci.facts import CustomStep, Notes, PhaseEnded, Source

_FAILED = (Outcome.FAILED, Outcome.RERUN)
# A failed call says more than a failed teardown after it.
_BY_WEIGHT = (Phase.CALL, Phase.SETUP, Phase.TEARDOWN)
_NAME = {phase: phase.value for phase in Phase}
FILE, LINE = "test.source.file", "test.source.start"
"""Tags of where a test is defined."""

OWN_TAGS = frozenset(
    {FILE, LINE, "xdist.worker", "test.result", "test.attempt", "test.final", "test.flaky"}
)
"""Tags that say the same of every attempt, whatever a test calls so itself."""

DURATION = {phase: f"duration.{phase.value}" for phase in Phase}
"""The metric of each phase, in seconds."""

_QUIET = {
    Outcome.SKIPPED: Result.SKIPPED,
    Outcome.XFAILED: Result.XFAILED,
    Outcome.XPASSED: Result.XPASSED,
}


@dataclass(slots=True)
class Attempt:
    """The open state of an attempt; memory of the whole reporter is bounded by these.

    Attributes:
        told: what the test said of itself in its setup, or in that of an earlier attempt where
            this one has none of its own.
        uneventful: nothing but phases that passed, as of most attempts: those are judged at once.
    """

    nodeid: str
    worker: str
    number: int
    phases: list[PhaseEnded] = field(default_factory=list)
    subtests: list[SubtestEnded] = field(default_factory=list)
    notes: list[Notes] = field(default_factory=list)
    told: TestInfo | None = None
    uneventful: bool = True

    def add_phase(self, fact: PhaseEnded) -> None:
        """Take in a phase and what the test noted in it."""
        self.phases.append(fact)
        self.told = self.told or fact.info
        if fact.outcome is not Outcome.PASSED or fact.withheld:
            self.uneventful = False
        if fact.notes:
            self.notes.append(fact.notes)

    def add_subtest(self, fact: SubtestEnded) -> None:
        """Take in a subtest and what the test noted in it."""
        self.subtests.append(fact)
        self.uneventful = False
        if fact.notes:
            self.notes.append(fact.notes)

    @property
    def info(self) -> TestInfo:
        """What is known of the test itself."""
        return self.told or TestInfo()

    @property
    def source(self) -> Source | None:
        """Where the test is defined."""
        return self.info.source

    @property
    def true_id(self) -> str | None:
        """The test's id as the test itself said it; None when it said nothing."""
        return None if self.told is None else self.told.nodeid or self.nodeid

    @property
    def is_retried(self) -> bool:
        """Whether another attempt follows."""
        if self.uneventful:
            return False
        return any(phase.outcome is Outcome.RERUN or phase.withheld for phase in self.phases)

    def has(self, phase: Phase) -> bool:
        """Whether that phase has been reported."""
        for seen in self.phases:  # noqa: SIM110 - `any` costs six times as much
            if seen.phase is phase:
                return True
        return False

    def span(self, default_ns: int) -> tuple[int, int]:
        """First start and last end of all that was reported, else the default twice."""
        parts: list[PhaseEnded | SubtestEnded] = [*self.phases, *self.subtests]
        if not parts:
            return default_ns, default_ns
        return min([part.start_ns for part in parts]), max([part.end_ns for part in parts])

    def result(self) -> Result:
        """What the phases and subtests come to.

        A failed call beats everything, then a failed setup or teardown; a subtest that failed
        fails its test even where pytest reports the test itself as passed.
        """
        if self.uneventful:
            return Result.PASSED
        failed = {phase.phase for phase in self.phases if phase.outcome in _FAILED}
        if Phase.CALL in failed or self._failed_subtests():
            return Result.FAILED
        if failed:
            return Result.ERROR
        for phase in self.phases:
            if phase.outcome in _QUIET:
                return _QUIET[phase.outcome]
        return Result.PASSED

    def reason(self) -> str:
        """Why it was skipped or expected to fail."""
        if self.uneventful:
            return ""
        return next((phase.reason for phase in self.phases if phase.reason), "")

    def failure(self) -> Failure | None:
        """The failure that names the attempt, with any further one appended."""
        found = [] if self.uneventful else self._failures()
        if not found:
            return None
        (_, first), *others = found
        if not others:
            return first
        message = [first.message, *(f"(also in {where}) {_line(other)}" for where, other in others)]
        stack = [
            first.stack,
            *(f"---- also in {where} ----\n{other.stack}" for where, other in others),
        ]
        return replace(first, message="\n".join(message), stack="\n".join(stack))

    def _failures(self) -> list[tuple[str, Failure]]:
        by_phase = {
            phase.phase: phase.failure or Failure("Failed", phase.reason)
            for phase in self.phases
            if phase.outcome in _FAILED
        }
        subtests = [
            (f"subtest {subtest.name}", subtest.failure or Failure("Failed", subtest.reason))
            for subtest in self._failed_subtests()
        ]
        # pytest's own word for a test whose subtests failed has no exception behind it.
        if subtests and (call := by_phase.get(Phase.CALL)) and not call.stack:
            del by_phase[Phase.CALL]
        phases = [(phase.value, by_phase[phase]) for phase in _BY_WEIGHT if phase in by_phase]
        calls = [entry for entry in phases if entry[0] == Phase.CALL.value]
        return [*calls, *subtests, *(entry for entry in phases if entry not in calls)]

    def _failed_subtests(self) -> list[SubtestEnded]:
        return [subtest for subtest in self.subtests if subtest.outcome in _FAILED]

    def steps(self, job_id: str, start_ns: int, end_ns: int) -> list[FinishedStep]:
        """Phases, then custom steps, then subtests, none outside of the job's own span.

        A custom step that a fixture of wider scope began in an earlier test is cut to that span.
        """
        steps = [_step(phase, job_id) for phase in self.phases]
        if self.notes:
            steps += self._custom_steps(job_id)
        if self.subtests:
            steps += self._subtest_steps(job_id)
        return [_within(step, start_ns, end_ns) for step in steps]

    def _subtest_steps(self, job_id: str) -> list[FinishedStep]:
        return [
            FinishedStep(
                id=Identity.step(job_id, f"subtest-{number}"),
                name=subtest.name,
                start_ns=subtest.start_ns,
                end_ns=subtest.end_ns,
                status="error" if subtest.outcome in _FAILED else "success",
                failure=_failure_of(subtest),
                tags={"step.kind": "subtest", **_outcome_tags(subtest)},
            )
            for number, subtest in enumerate(self.subtests, 1)
        ]

    def _custom_steps(self, job_id: str) -> list[FinishedStep]:
        steps: list[CustomStep] = [step for notes in self.notes for step in notes.steps]
        return [
            FinishedStep(
                id=Identity.step(job_id, f"step-{number}"),
                name=step.name,
                start_ns=step.start_ns,
                end_ns=step.end_ns,
                status="error" if step.failure else "success",
                failure=step.failure,
                tags={"step.kind": "custom"},
            )
            for number, step in enumerate(steps, 1)
        ]

    def tags(self, result: Result, *, final: bool, flaky: bool) -> dict[str, str]:
        """Everything said of the attempt; our own words win over the user's."""
        info, source = self.info, self.source
        tags = {key: str(value) for phase in self.phases for key, value in phase.properties}
        tags.update(info.tags)
        for notes in self.notes:
            tags.update(notes.tags)
        if reason := self.reason():
            expected = result in (Result.XFAILED, Result.XPASSED)
            tags["test.xfail_reason" if expected else "test.skip_reason"] = reason
        own_tags(tags, source, self.worker, result, self.number, final=final, flaky=flaky)
        return tags

    def metrics(self) -> dict[str, float]:
        """Those of the test and the duration of each phase in seconds."""
        metrics = dict(self.info.metrics)
        for notes in self.notes:
            metrics.update(notes.metrics)
        for phase in self.phases:
            metrics[DURATION[phase.phase]] = (phase.end_ns - phase.start_ns) / SECOND
        return metrics


def own_tags(  # noqa: PLR0913 - by position, for every test
    tags: dict[str, str],
    source: Source | None,
    worker: str,
    result: Result,
    number: int,
    *,
    final: bool,
    flaky: bool,
) -> None:
    """Add what we say of every attempt to what the test and its user say."""
    if source:
        tags[FILE] = source.path
        if source.line is not None:
            tags[LINE] = str(source.line)
    if worker:
        tags["xdist.worker"] = worker
    if said := TAG.get(result):
        tags["test.result"] = said
    tags["test.attempt"] = str(number)
    tags["test.final"] = "true" if final else "false"
    if flaky:
        tags["test.flaky"] = "true"


def _step(phase: PhaseEnded, job_id: str) -> FinishedStep:
    name = _NAME[phase.phase]
    made = FinishedStep(Identity.step(job_id, name), name, phase.start_ns, phase.end_ns, "success")
    if phase.outcome is not Outcome.PASSED:
        made.status = "error" if phase.outcome in _FAILED else "success"
        made.failure = _failure_of(phase)
        made.tags = _outcome_tags(phase)
    return made


def _within(step: FinishedStep, start_ns: int, end_ns: int) -> FinishedStep:
    if start_ns <= step.start_ns <= step.end_ns <= end_ns:
        return step
    begin = min(max(step.start_ns, start_ns), end_ns)
    return replace(step, start_ns=begin, end_ns=min(max(step.end_ns, begin), end_ns))


def _failure_of(part: PhaseEnded | SubtestEnded) -> Failure | None:
    if part.outcome not in _FAILED:
        return None
    return part.failure or Failure("Failed", part.reason)


def _outcome_tags(part: PhaseEnded | SubtestEnded) -> dict[str, str]:
    """The outcome and its reason, where success or error alone would not tell them."""
    if part.outcome in (Outcome.PASSED, Outcome.FAILED):
        return {}
    return {"step.outcome": part.outcome.value, **({"reason": part.reason} if part.reason else {})}


def _line(failure: Failure) -> str:
    return f"{failure.type}: {failure.message}"
