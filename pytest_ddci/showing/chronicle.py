"""The chronicle of a run: what the lines of its journals tell, as far as it may be shown.

Pure: lines in. Memory is bounded by the stages, the tests that are open and how much is to be
shown, unless every attempt is.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_ddci.frozen import frozen
from pytest_ddci.lines import BadLine, ControlLine, EventLine
from pytest_ddci.showing.attempts import Failure, attempt_of, counts_of, failure_of, time_of
from pytest_ddci.showing.balance import Balance
from pytest_ddci.showing.retries import Retries
from pytest_ddci.showing.slowest import Slowest
from pytest_ddci.showing.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_ddci.lines import Line
    from pytest_ddci.showing.attempts import Attempt

RUNNING = "running"

_TESTS_FAILED = "TestsFailed"
# Quotes within a text of JSON are escaped, so what is found is the key itself.
_ID = re.compile(rb'"id":"([^"\\]*)"')
_WORST = ("error", "canceled", "success", "skipped")


@frozen(kw_only=True)
class Extent:
    """How much is to be shown.

    Attributes:
        slowest: how many of the slowest tests.
        failures: how many failures, and as many of any other kind of test worth a look.
        stacks: whether with their stacks.
        every: whether every attempt, and every stage.
    """

    slowest: int = 5
    failures: int = 20
    stacks: bool = False
    every: bool = False


@frozen
class Open:
    """A test that has begun and not ended; `stage` is the id of its stage."""

    name: str
    stage: str
    start_ns: int


class Chronicle:
    """What is known of a run; fed with the lines of one journal after the other.

    Nothing in it is fit to be shown: it may hold secrets and escape sequences.

    Args:
        extent: how much will be shown.

    Attributes:
        head: the pipeline as the first header has it.
        final: the pipeline's final event; None when there is none.
        parts: what processes that shared the pipeline have noted of it in the end.
        stages: by their ids, in the order of their first tests.
        failures: what failed, an attempt or the name of a stage, and why; the first ones.
        failed: how many things failed.
        retries: tests with several attempts.
        slowest: the slowest attempts.
        balance: xdist's workers.
        damaged: lines that cannot be read.
        events: how many events there are.
        running: whether a process is still writing.
        killed: whether a process has ended without an end.
    """

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.head: dict[str, Any] = {}
        self.final: dict[str, Any] | None = None
        self.parts: list[dict[str, Any]] = []
        self.stages: dict[str, Stage] = {}
        self.failures: list[tuple[Attempt | str, Failure]] = []
        self.failed = 0
        self.retries = Retries()
        self.slowest = Slowest(extent.slowest)
        self.balance = Balance()
        self.damaged = 0
        self.events = 0
        self.running = False
        self.killed = False
        self._open: dict[bytes, bytes] = {}
        self._told: Counter[str] = Counter()

    def read(self, lines: Iterable[Line]) -> bool:
        """Take in a journal, or lines that complete it: whether they tell of the run's end."""
        ended = False
        for line in lines:
            if isinstance(line, EventLine):
                self.events += 1
                ended |= line.level != "step" and self._event(line)
            elif isinstance(line, ControlLine):
                ended |= self._control(line)
            elif isinstance(line, BadLine):
                self.damaged += line.severe
        return ended

    @property
    def pipeline(self) -> Mapping[str, Any]:
        """The pipeline as the best source tells it."""
        return self.final or (self.parts[-1] if self.parts else self.head)

    @property
    def status(self) -> str:
        """The pipeline's status: of its final event, else of what has ended by itself."""
        if self.final is not None:
            return str(self.final.get("status"))
        if self.running:
            return RUNNING
        found = {str(part.get("status")) for part in self.parts}
        return next((status for status in _WORST if status in found), "unknown")

    @property
    def counts(self) -> Mapping[str, float]:
        """The counts of tests: of the final event, else of all stages."""
        if self.final is not None and (found := counts_of(self.final)):
            return found
        total: dict[str, float] = {}
        for stage in self.stages.values():
            for name, count in stage.counts.items():
                total[name] = total.get(name, 0) + count
        return total

    @property
    def failure(self) -> Failure | None:
        """Why the pipeline is no success, unless its tests tell that themselves."""
        found = failure_of(self.pipeline)
        return None if found is None or found.kind == _TESTS_FAILED else found

    @property
    def span(self) -> tuple[int, int]:
        """From the first to the last moment that is known of, in nanoseconds since the epoch."""
        told = [self.head, self.final or {}, *self.parts]
        known = [time_of(each.get(name)) for each in told for name in ("start", "end")]
        for stage in self.stages.values():
            known += [stage.start_ns, stage.end_ns]
        found = [ns for ns in known if ns is not None]
        return (min(found), max(found)) if found else (0, 0)

    def settle(self) -> list[Open]:
        """The tests that have begun and not ended; their stages are there, too."""
        found = []
        for data in self._open.values():
            note = ControlLine(0, "started", data).decoded() or {}
            start_ns = time_of(note.get("start"))
            if start_ns is None:
                self.damaged += 1
                continue
            stage = str(note.get("stage_id"))
            self._stage(stage, note.get("stage_name"), start_ns, start_ns)
            found.append(Open(str(note.get("name")), stage, start_ns))
        return found

    def _control(self, line: ControlLine) -> bool:
        if line.kind == "started":
            # Most of them have ended by the time somebody looks: read only if need be.
            if found := _ID.search(line.data):
                self._open[found[1]] = line.data
            return False
        if line.kind not in {"header", "part"}:
            return False
        decoded = line.decoded() or {}
        pipeline = decoded.get("pipeline")
        if not isinstance(pipeline, dict):
            self.damaged += 1
        elif line.kind == "header":
            self.head = self.head or pipeline
        else:
            self.parts.append(pipeline)
        return line.kind == "part"

    def _event(self, line: EventLine) -> bool:
        resource = line.resource()
        if resource is None:
            self.damaged += 1
        elif line.level == "job":
            self._job(resource)
        elif line.level == "stage":
            self._end_stage(resource)
        elif resource.get("status") != RUNNING:
            self.final = resource
            return True
        return False

    def _job(self, job: Mapping[str, Any]) -> None:
        attempt = attempt_of(job)
        if attempt is None:
            self.damaged += 1
            return
        self._open.pop(attempt.id.encode(), None)
        stage = self._stage(attempt.stage, job.get("stage_name"), attempt.start_ns, attempt.end_ns)
        stage.count(attempt)
        self.slowest.add(attempt, job)
        self.balance.add(attempt)
        failure = failure_of(job)
        self.retries.add(attempt, failure)
        if attempt.final and attempt.status == "error":
            self._fail(attempt, failure)
        if self.extent.every or self._is_worth_a_line(attempt):
            stage.told[attempt.id] = attempt

    def _is_worth_a_line(self, attempt: Attempt) -> bool:
        kind = "flaky" if attempt.flaky else attempt.status
        if not attempt.final or kind not in {"error", "canceled", "flaky"}:
            return False
        self._told[kind] += 1
        return self._told[kind] <= self.extent.failures

    def _fail(self, what: Attempt | str, failure: Failure | None) -> None:
        self.failed += 1
        if len(self.failures) < self.extent.failures:
            self.failures.append((what, failure or Failure("", "", "")))

    def _end_stage(self, resource: Mapping[str, Any]) -> None:
        start_ns, end_ns = time_of(resource.get("start")), time_of(resource.get("end"))
        if start_ns is None or end_ns is None:
            self.damaged += 1
            return
        stage = self._stage(str(resource.get("id")), resource.get("name"), start_ns, end_ns)
        stage.end(str(resource.get("status")), counts_of(resource))
        failure = failure_of(resource)
        if failure is not None and failure.kind != _TESTS_FAILED:
            # Its tests tell why they failed; this is why they could not be collected.
            self._fail(stage.name, failure)

    def _stage(self, id_: str, name: object, start_ns: int, end_ns: int) -> Stage:
        stage = self.stages.get(id_)
        if stage is None:
            stage = self.stages[id_] = Stage(str(name), start_ns, end_ns)
        stage.stretch(start_ns, end_ns)
        return stage
