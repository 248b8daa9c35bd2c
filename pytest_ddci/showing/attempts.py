"""Attempts and failures as the jobs of a journal tell them; as they are, not fit to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci.frozen import frozen
from pytest_ddci.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_RESULT = {
    "pass": "passed",
    "fail": "failed",
    "skip": "skipped",
    "xfail": "xfailed",
    "xpass": "xpassed",
}
_BY_STATUS = {
    "success": "passed",
    "error": "failed",
    "skipped": "skipped",
    "canceled": "canceled",
}
_PHASES = ("setup", "call", "teardown")


@frozen(kw_only=True)
class Attempt:
    """One execution of a test.

    Attributes:
        name: the test's node id.
        stage: the id of its stage.
        number: which attempt at the test this is, counted from 1.
        final: whether it is the last one, which counts.
        flaky: whether it passed where an earlier one had not.
        result: such as `pass` or `xfail`; empty when it has none.
        worker: empty without xdist.
        source: file and line of the test; empty when unknown.
    """

    id: str
    name: str
    stage: str
    start_ns: int
    end_ns: int
    status: str
    number: int
    final: bool
    flaky: bool
    result: str
    worker: str
    source: str

    @property
    def duration_ns(self) -> int:
        """How long it took."""
        return self.end_ns - self.start_ns

    @property
    def outcome(self) -> str:
        """What it came to, by the names of the metrics `tests.*`; empty when that is unknown."""
        return _BY_RESULT.get(self.result) or _BY_STATUS.get(self.status, "")


@frozen
class Failure:
    """An error block."""

    kind: str
    message: str
    stack: str


def attempt_of(job: Mapping[str, Any]) -> Attempt | None:
    """The attempt that a job tells of; None where it is damaged."""
    start_ns, end_ns = time_of(job.get("start")), time_of(job.get("end"))
    if start_ns is None or end_ns is None:
        return None
    tags = tags_of(job)
    number = tags.get("test.attempt", "")
    where = (tags[key] for key in ("test.source.file", "test.source.start") if key in tags)
    return Attempt(
        id=str(job.get("id")),
        name=str(job.get("name")),
        stage=str(job.get("stage_id")),
        start_ns=start_ns,
        end_ns=max(start_ns, end_ns),
        status=str(job.get("status")),
        number=int(number) if number.isascii() and number.isdigit() else 1,
        final=tags.get("test.final") != "false",
        flaky=tags.get("test.flaky") == "true",
        result=tags.get("test.result", ""),
        worker=tags.get("xdist.worker", ""),
        source=":".join(where),
    )


def failure_of(resource: Mapping[str, Any]) -> Failure | None:
    """The error block of an event; None without one."""
    error = resource.get("error")
    if not isinstance(error, dict):
        return None
    found = (error.get(name) for name in ("type", "message", "stack"))
    return Failure(*(each if isinstance(each, str) else "" for each in found))


def phases_of(job: Mapping[str, Any]) -> dict[str, float]:
    """Seconds that setup, call and teardown took, as far as they are known."""
    metrics = numbers_of(job)
    names = {phase: f"duration.{phase}" for phase in _PHASES}
    return {phase: metrics[name] for phase, name in names.items() if name in metrics}


def time_of(text: object) -> int | None:
    """Nanoseconds since the epoch of a time as events have it; None where it is none."""
    try:
        return parse_rfc3339(text) if isinstance(text, str) else None
    except ValueError:
        return None


def tags_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """The tags of an event, the first of equal keys."""
    found: dict[str, str] = {}
    tags = resource.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        key, colon, value = str(tag).partition(":")
        if colon:
            found.setdefault(key, value)
    return found


def numbers_of(resource: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of an event, without those that are no numbers."""
    found: dict[str, float] = {}
    metrics = resource.get("metrics")
    for metric in metrics if isinstance(metrics, list) else ():
        key, _, value = str(metric).rpartition(":")
        try:
            found[key] = float(value)
        except ValueError:
            continue
    return found


def counts_of(resource: Mapping[str, Any]) -> dict[str, float]:
    """The counts of tests of a stage or pipeline, by their names behind `tests.`."""
    return {
        key.removeprefix("tests."): value
        for key, value in numbers_of(resource).items()
        if key.startswith("tests.")
    }
