"""Counting: how many tests of a stage or of the pipeline ended how, and how long they took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.finished import Status


class Result(Enum):
    """What an attempt came to.

    `ERROR` is a failure of setup or teardown around a call that did not fail; `LOST` an attempt
    whose report never came; `CANCELED` one that was interrupted.
    """

    PASSED = "pass"
    FAILED = "fail"
    ERROR = "error"
    SKIPPED = "skip"
    XFAILED = "xfail"
    XPASSED = "xpass"
    CANCELED = "canceled"
    LOST = "lost"

    # As good as Enum's own, which is written in Python, for members there are only once.
    __hash__ = object.__hash__


STATUS: Mapping[Result, Status] = {
    Result.PASSED: "success",
    Result.FAILED: "error",
    Result.ERROR: "error",
    Result.SKIPPED: "skipped",
    Result.XFAILED: "success",
    Result.XPASSED: "success",
    Result.CANCELED: "canceled",
    Result.LOST: "error",
}
"""The API's status of a job for each result."""


TAG: Mapping[Result, str] = {
    Result.PASSED: "pass",
    Result.FAILED: "fail",
    Result.ERROR: "fail",
    Result.SKIPPED: "skip",
    Result.XFAILED: "xfail",
    Result.XPASSED: "xpass",
    Result.LOST: "fail",
}
"""The tag `test.result`; a canceled attempt has no result."""


@dataclass(slots=True)
class Tally:
    """Counts of final attempts, of attempts that were retried, and of tests that never ran."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    canceled: int = 0
    reruns: int = 0
    flaky: int = 0
    not_run: int = 0
    busy_ns: int = 0

    def count(self, result: Result) -> None:
        """Count the final attempt of a test."""
        name = _COUNTER[result]
        setattr(self, name, getattr(self, name) + 1)

    @property
    def finished(self) -> int:
        """Tests whose final attempt ended by itself."""
        return self.passed + self.failed + self.errors + self.skipped + self.xfailed + self.xpassed

    @property
    def status(self) -> Status:
        """The roll-up: any error, else any canceled, else skipped when all were, else success."""
        if self.failed or self.errors:
            return "error"
        if self.canceled:
            return "canceled"
        if self.skipped and self.skipped == self.finished:
            return "skipped"
        return "success"

    def add(self, other: Tally) -> None:
        """Add another tally's counts."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def metrics(self) -> dict[str, float]:
        """The metrics of a stage or pipeline; the duration is a sum of attempts, in seconds."""
        return {
            "tests.collected": self.finished + self.canceled + self.not_run,
            "tests.passed": self.passed,
            "tests.failed": self.failed,
            "tests.errors": self.errors,
            "tests.skipped": self.skipped,
            "tests.xfailed": self.xfailed,
            "tests.xpassed": self.xpassed,
            "tests.canceled": self.canceled,
            "tests.reruns": self.reruns,
            "tests.flaky": self.flaky,
            "tests.not_run": self.not_run,
            "tests.duration": self.busy_ns / SECOND,
        }


_COUNTER = {
    Result.PASSED: "passed",
    Result.FAILED: "failed",
    Result.ERROR: "errors",
    Result.SKIPPED: "skipped",
    Result.XFAILED: "xfailed",
    Result.XPASSED: "xpassed",
    Result.CANCELED: "canceled",
    Result.LOST: "errors",
}
