"""What the assembler has decided: jobs, stages and the pipeline, not yet on the wire.

Texts are raw: redaction and limits are applied where an event is encoded. What is made for every
test is not frozen: that makes an object six times as dear. Nobody changes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ddci.facts import Failure, Source, TestInfo

Status = Literal["success", "error", "canceled", "skipped"]
StepStatus = Literal["success", "error"]


@dataclass(slots=True)
class BegunJob:
    """An attempt that has begun and, as long as it does not end, may be cut short.

    Attributes:
        number: of the attempt, counted from 1.
    """

    id: str
    name: str
    stage_id: str
    stage_name: str
    start_ns: int
    source: Source | None
    number: int


@dataclass(slots=True)
class FinishedStep:
    """A phase, a custom step or a subtest."""

    id: str
    name: str
    start_ns: int
    end_ns: int
    status: StepStatus
    failure: Failure | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class FinishedJob:
    """One attempt of one test with its steps."""

    id: str
    name: str
    stage_id: str
    stage_name: str
    start_ns: int
    end_ns: int
    status: Status
    worker: str = ""
    failure: Failure | None = None
    source: Source | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: Sequence[FinishedStep] = ()


@dataclass(slots=True)
class PassedJob:
    """An attempt whose phases passed and have nothing else to say, as nearly all do.

    Attributes:
        times: start and end of setup, call and teardown, in order; none is before the one before.
        number: of the attempt, counted from 1.
        flaky: whether an earlier attempt failed.
    """

    id: str
    name: str
    stage_id: str
    stage_name: str
    times: tuple[int, int, int, int, int, int]
    worker: str
    info: TestInfo
    number: int
    flaky: bool


@frozen(kw_only=True)
class FinishedStage:
    """All attempts of the tests of one module (or package, or class)."""

    id: str
    name: str
    start_ns: int
    end_ns: int
    status: Status
    failure: Failure | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


@frozen(kw_only=True)
class FinishedPipeline:
    """The session: when it ended, how, and what it counted."""

    end_ns: int
    status: Status
    failure: Failure | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
