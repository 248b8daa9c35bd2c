"""What happened in a session, in our words: observed, not yet judged.

Times are nanoseconds since the epoch. `worker` is the xdist worker's id, empty in a plain process.
Facts of one worker arrive in the order in which they happened; facts of several workers arrive
interleaved in any way.

What is made for every test is not frozen, for that makes an object six times as dear; nobody
changes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Domain = Literal["user", "provider", "unknown"]


class Phase(Enum):
    """The part of an attempt that a report is about."""

    SETUP = "setup"
    CALL = "call"
    TEARDOWN = "teardown"

    # As good as Enum's own, which is written in Python, for members there are only once.
    __hash__ = object.__hash__


PHASES = len(Phase)
"""How many phases an attempt has that is not cut short."""


class Outcome(Enum):
    """What pytest said of one phase or subtest.

    `RERUN` is a failure that a retry plugin follows up with another attempt.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    RERUN = "rerun"

    __hash__ = object.__hash__  # as above


@frozen
class Failure:
    """Why something failed: the API's error block before redaction and limits."""

    type: str
    message: str
    stack: str = ""
    domain: Domain = "user"


@dataclass(slots=True)
class Source:
    """Where a test is defined: path relative to the root directory, line counted from 1."""

    path: str
    line: int | None = None


@frozen
class CustomStep:
    """A step that the test itself timed."""

    name: str
    start_ns: int
    end_ns: int
    failure: Failure | None = None


@frozen(kw_only=True)
class Notes:
    """What a test said of itself in one phase."""

    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[CustomStep, ...] = ()


@dataclass(slots=True)
class TestInfo:
    """What is known of a test before it runs.

    Attributes:
        nodeid: the id one would paste after `pytest `, where it differs from the report's
            (xdist's loadgroup adds a suffix); otherwise None.
        parameters: the arguments of a parametrised test as text.
        tags: class and markers.
        metrics: those of the `ddci` marker.
    """

    __test__ = False

    nodeid: str | None = None
    source: Source | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class AttemptStarted:
    """A test begins. Under xdist nobody says on which worker."""

    nodeid: str
    at_ns: int
    source: Source | None = None


@dataclass(slots=True)
class PhaseEnded:
    """Setup, call or teardown of an attempt is over.

    Attributes:
        withheld: known from where it ran, not from a report of its own, which may have come
            before. When none came, a retry plugin keeps it back: another attempt follows.
    """

    nodeid: str
    phase: Phase
    outcome: Outcome
    start_ns: int
    end_ns: int
    worker: str = ""
    failure: Failure | None = None
    reason: str = ""
    info: TestInfo | None = None
    notes: Notes | None = None
    withheld: bool = False
    properties: tuple[tuple[str, object], ...] = ()


@dataclass(slots=True)
class AttemptPassed:
    """Setup, call and teardown of an attempt passed and have nothing else to say.

    Attributes:
        times: start and end of the three, in that order.
    """

    nodeid: str
    times: tuple[int, int, int, int, int, int]
    worker: str = ""
    info: TestInfo | None = None

    def phases(self) -> list[PhaseEnded]:
        """The same, phase by phase."""
        starts, ends = self.times[::2], self.times[1::2]
        passed = [
            PhaseEnded(self.nodeid, phase, Outcome.PASSED, start_ns, end_ns, self.worker)
            for phase, start_ns, end_ns in zip(Phase, starts, ends, strict=True)
        ]
        passed[0].info = self.info
        return passed


@frozen(kw_only=True)
class SubtestEnded:
    """A subtest is over; it may arrive before the setup of its own test."""

    nodeid: str
    name: str
    outcome: Outcome
    start_ns: int
    end_ns: int
    worker: str = ""
    failure: Failure | None = None
    reason: str = ""
    notes: Notes | None = None


@frozen(kw_only=True)
class WorkerCrashed:
    """A worker died while it ran this test; `rerun` when another worker will try again."""

    nodeid: str
    at_ns: int
    worker: str
    message: str
    rerun: bool = False
    source: Source | None = None


@frozen(kw_only=True)
class CollectionFailed:
    """A collector failed; under xdist every worker may say so."""

    nodeid: str
    at_ns: int
    failure: Failure


@frozen(kw_only=True)
class CollectionSkipped:
    """A whole module was skipped while it was collected."""

    nodeid: str
    at_ns: int
    reason: str


@frozen(kw_only=True)
class Collected:
    """The tests that are to run; under xdist each worker has its own list."""

    nodeids: Sequence[str]
    worker: str = ""


@frozen(kw_only=True)
class Deselected:
    """How many collected tests were deselected; every worker counts the same ones."""

    count: int
    worker: str = ""


@frozen(kw_only=True)
class Place:
    """Where a process runs tests: host, interpreter, pytest."""

    hostname: str
    labels: tuple[str, ...]
    tags: Mapping[str, str]


@frozen(kw_only=True)
class WorkerDescribed:
    """Where a worker runs, said with its first report."""

    worker: str
    place: Place


@frozen(kw_only=True)
class WorkerLost:
    """A worker ended without having finished properly.

    Attributes:
        worker: its id.
        error: what it said, or what xdist says of its end.
        stopped: it was interrupted or told to stop; what it ran then did not crash.
    """

    worker: str
    error: str
    stopped: bool = False


@frozen(kw_only=True)
class InternalError:
    """pytest or a plugin failed outside of any test."""

    failure: Failure


@frozen(kw_only=True)
class SessionEnded:
    """The session is over.

    Attributes:
        exit_status: the status the process is going to exit with.
        interrupted: somebody pressed Ctrl-C or sent SIGTERM.
        stopped_early: the session was told to stop (`-x`, `--maxfail`, `pytest.exit`), so that
            tests that did not run were left out on purpose.
        reason: what the session said of its early end.
    """

    at_ns: int
    exit_status: int
    interrupted: bool = False
    stopped_early: bool = False
    reason: str = ""


Fact = (
    AttemptStarted
    | PhaseEnded
    | AttemptPassed
    | SubtestEnded
    | WorkerCrashed
    | CollectionFailed
    | CollectionSkipped
    | Collected
    | Deselected
    | WorkerDescribed
    | WorkerLost
    | InternalError
)
"""Everything the assembler is fed before the session ends."""
