"""Stages while the session runs: what a stage is, and what its jobs come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_ddci.facts import Failure
from pytest_ddci.finished import FinishedStage
from pytest_ddci.tally import Result, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_ddci.finished import FinishedJob, Status
    from pytest_ddci.identity import Identity

LISTED = 20
"""How many names a message lists before it only counts the rest."""

# Attempts that run at the same time, and more.
_UNDER_WAY = 64


def stage_of(level: str) -> Callable[[str], str]:
    """The function that names the stage of a node id: its module, package or class."""
    return {"module": _module, "package": _package, "class": _class}[level]


def _module(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _package(nodeid: str) -> str:
    return _module(nodeid).rpartition("/")[0] or "."


def _class(nodeid: str) -> str:
    return nodeid.partition("[")[0].rpartition("::")[0] or _module(nodeid)


def listed(names: list[str]) -> str:
    """Names, one a line, the first 20 of them and how many more there are."""
    more = len(names) - LISTED
    return "\n".join([*names[:LISTED], *([f"... and {more} more"] if more > 0 else [])])


@dataclass(slots=True)
class Stage:
    """The open state of one stage."""

    id: str
    name: str
    start_ns: int
    end_ns: int
    tally: Tally = field(default_factory=Tally)
    failed: list[str] = field(default_factory=list)
    skip_reason: str = ""
    _collection: dict[str, Failure] = field(default_factory=dict)

    def stretch(self, start_ns: int, end_ns: int) -> None:
        """Cover that span too."""
        self.start_ns = min(self.start_ns, start_ns)
        self.end_ns = max(self.end_ns, end_ns)

    def add_job(self, job: FinishedJob, result: Result, *, final: bool) -> None:
        """Count an attempt; only a final one weighs on the status."""
        self.stretch(job.start_ns, job.end_ns)
        self.tally.busy_ns += job.end_ns - job.start_ns
        if not final:
            self.tally.reruns += 1
            return
        self.tally.count(result)
        if job.status == "error":
            self.failed.append(job.name)

    def add_passed(self, start_ns: int, end_ns: int, *, flaky: bool) -> None:
        """Count a final attempt that passed."""
        # As `stretch`; to compare costs a third of `min` and `max`.
        self.start_ns = min(self.start_ns, start_ns)
        self.end_ns = max(self.end_ns, end_ns)
        tally = self.tally
        tally.busy_ns += end_ns - start_ns
        tally.passed += 1
        tally.flaky += flaky

    def add_collection_failure(self, nodeid: str, failure: Failure) -> None:
        """Take in a collection error; the same collector counts once, whoever reports it."""
        if nodeid not in self._collection:
            self._collection[nodeid] = failure
            self.tally.errors += 1
            self.failed.append(nodeid)

    @property
    def status(self) -> Status:
        """The roll-up of its final attempts and collection errors."""
        if self.tally.status == "success" and self.skip_reason and not self.tally.finished:
            return "skipped"
        return self.tally.status

    def failure(self) -> Failure | None:
        """A collection error as it was, else which tests failed."""
        if self._collection:
            return next(iter(self._collection.values()))
        if not self.failed:
            return None
        return Failure("TestsFailed", f"{len(self.failed)} failed:\n{listed(self.failed)}")

    def finish(self) -> FinishedStage:
        """The stage as it is now."""
        metrics = self.tally.metrics()
        # A collection error is no test.
        metrics["tests.collected"] -= len(self._collection)
        return FinishedStage(
            id=self.id,
            name=self.name,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            status=self.status,
            failure=self.failure(),
            tags={"test.skip_reason": self.skip_reason} if self.skip_reason else {},
            metrics=metrics,
        )

    @property
    def collection_errors(self) -> int:
        """How many collectors of this stage failed."""
        return len(self._collection)


class Stages:
    """All stages of a pipeline by name.

    Args:
        identity: gives the ids.
        name_of: names the stage of a node id.
    """

    __slots__ = ("_id_of", "_name_of", "_open")

    def __init__(self, identity: Identity, name_of: Callable[[str], str]) -> None:
        # Asked for when an attempt begins and again when it ends.
        self._name_of = lru_cache(_UNDER_WAY)(name_of)
        self._id_of = lru_cache(_UNDER_WAY)(identity.stage)
        self._open: dict[str, Stage] = {}

    def identify(self, nodeid: str) -> tuple[str, str]:
        """Id and name of the stage of that node id, whether it is open or not."""
        name = self._name_of(nodeid)
        return self._id_of(name), name

    def of(self, nodeid: str, at_ns: int) -> Stage:
        """The stage of that node id, opened at that time if it is new."""
        return self.named(self._name_of(nodeid), at_ns)

    def named(self, name: str, at_ns: int) -> Stage:
        """The stage of that name, opened at that time if it is new."""
        stage = self._open.get(name)
        if stage is None:
            stage = self._open[name] = Stage(self._id_of(name), name, at_ns, at_ns)
        return stage

    def not_run(self, nodeid: str) -> bool:
        """Count a test that never ran; False when nothing of its stage ran either."""
        stage = self._open.get(self._name_of(nodeid))
        if stage is None:
            return False
        stage.tally.not_run += 1
        return True

    def __iter__(self) -> Iterator[Stage]:
        return iter(self._open.values())
