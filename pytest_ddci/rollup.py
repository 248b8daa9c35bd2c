"""The pipeline's status and error: from its stages first and the exit status second.

The exit status alone does not tell: xdist exits with 2 when `-x` stops it after a failure, and
with 0 when a worker could not hand over the report of a failed test.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ddci.facts import Failure
from pytest_ddci.frozen import frozen
from pytest_ddci.stages import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ddci.facts import SessionEnded
    from pytest_ddci.finished import Status
    from pytest_ddci.tally import Tally

_INTERNAL_ERROR = 3
_NO_TESTS = 5
_QUIET: Mapping[int, Status] = {0: "success", _NO_TESTS: "skipped"}
_MEANING = {
    1: "tests failed",
    2: "interrupted",
    3: "internal error",
    4: "usage error",
    6: "too many warnings",
}


@frozen(kw_only=True)
class Evidence:
    """What the roll-up looks at.

    Attributes:
        ended: how the session ended.
        tally: the sum of all stages.
        failed: names of failed tests and collectors.
        not_run: ids of collected tests that never started.
        lost: names of tests that started and whose report never came.
        crashed: the workers that died, with what xdist said of them.
        internal: the first internal error.
    """

    ended: SessionEnded
    tally: Tally
    failed: Sequence[str]
    not_run: Sequence[str]
    lost: Sequence[str]
    crashed: Sequence[str]
    internal: Failure | None

    @property
    def incomplete(self) -> bool:
        """Whether tests are missing that nobody left out on purpose."""
        left_out = self.ended.interrupted or self.ended.stopped_early
        return bool(self.lost or (self.not_run and not left_out) or self.never_collected)

    @property
    def never_collected(self) -> bool:
        """Whether workers died before anybody knew which tests there are."""
        return bool(self.crashed) and self.ended.exit_status == _NO_TESTS


def judge(evidence: Evidence) -> tuple[Status, Failure | None]:
    """The pipeline's status and what its error block says."""
    ended = evidence.ended
    if ended.interrupted:
        return "canceled", Failure("Interrupted", _interruption(evidence), domain="provider")
    if failure := _broken(evidence):
        return "error", failure
    if ended.exit_status in _QUIET:
        return _QUIET[ended.exit_status], None
    return "error", Failure("ExitStatus", _exit(ended), domain="unknown")


def _broken(evidence: Evidence) -> Failure | None:
    """What broke, whatever the exit status says of it."""
    internal, ended = evidence.internal, evidence.ended
    if internal and ended.exit_status == _INTERNAL_ERROR and evidence.incomplete:
        return replace(internal, message=f"{internal.message}\n{_missing(evidence)}")
    # An internal error of a worker alone does not end the session: what it cost says more.
    if evidence.incomplete:
        return Failure("IncompleteRun", _missing(evidence), domain="provider")
    if internal:
        return internal
    if evidence.tally.status == "error":
        return Failure("TestsFailed", _failures(evidence))
    return None


def _interruption(evidence: Evidence) -> str:
    left = len(evidence.not_run)
    parts = [evidence.ended.reason or "the session was interrupted"]
    if left:
        parts.append(f"{left} collected tests did not run")
    return "; ".join(parts)


def _missing(evidence: Evidence) -> str:
    missing = [*evidence.lost, *evidence.not_run]
    lines = [f"{len(missing)} collected tests never finished:", listed(missing)]
    if evidence.never_collected:
        lines = ["no test was run, workers died while they collected:"]
    lines += [f"worker {crash}" for crash in evidence.crashed]
    if evidence.internal and evidence.ended.exit_status != _INTERNAL_ERROR:
        lines.append(f"internal error: {evidence.internal.message}")
    if evidence.failed:
        lines.append(_failures(evidence))
    return "\n".join(lines)


def _failures(evidence: Evidence) -> str:
    tally = evidence.tally
    counts = ", ".join(
        f"{count} {word}"
        for count, word in (
            (tally.failed, "failed"),
            (tally.errors, "error" if tally.errors == 1 else "errors"),
            (tally.passed, "passed"),
        )
        if count
    )
    return f"{counts}:\n{listed(list(evidence.failed))}"


def _exit(ended: SessionEnded) -> str:
    meaning = _MEANING.get(ended.exit_status)
    words = [f"pytest exited with status {ended.exit_status}"]
    if meaning:
        words.append(f"({meaning})")
    if ended.reason:
        words.append(f"- {ended.reason}")
    return " ".join(words)
