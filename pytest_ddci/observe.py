"""pytest's reports as facts: the only reader of report attributes.

Reports come from pytest, xdist, retry plugins and users' hooks; every attribute may be missing.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Protocol, cast

from pytest_ddci import stamp
from pytest_ddci.clock import SECOND
from pytest_ddci.facts import (
    CollectionFailed,
    CollectionSkipped,
    Failure,
    Outcome,
    Phase,
    PhaseEnded,
    Source,
    SubtestEnded,
    WorkerCrashed,
    WorkerDescribed,
)
from pytest_ddci.limits import text_of
from pytest_ddci.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_ddci.facts import Fact

_PHASES = {phase.value: phase for phase in Phase}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
# pytest-rerunfailures and pytest-retry name an attempt that another one follows.
_OUTCOMES["retried"] = Outcome.RERUN
# xfail and xpass, told apart as pytest's terminal does.
_EXPECTED = {Outcome.SKIPPED: Outcome.XFAILED, Outcome.PASSED: Outcome.XPASSED}
_CRASH = "???"
_XPASS_STRICT = "[XPASS(strict)]"


class Report(Protocol):
    """What every report has; the rest is asked for with a default."""

    @property
    def nodeid(self) -> str:
        """The test's or collector's id."""

    @property
    def outcome(self) -> str:
        """What pytest says: passed, failed, skipped, or a retry plugin's word."""

    @property
    def longrepr(self) -> object:
        """How pytest shows a failure or skip; None for a success."""


def observe_test(report: Report, now_ns: int) -> Iterable[Fact]:
    """The facts of one test report.

    Args:
        report: of a phase, a subtest, or a crash as xdist reports it.
        now_ns: when it arrived; stands in for times that the report does not have.
    """
    try:
        phase = _PHASES[report.when]  # type: ignore[attr-defined] # as said: any may be missing
    except (AttributeError, KeyError, TypeError):
        return (_crash(report, now_ns),) if getattr(report, "when", None) == _CRASH else ()
    worker = getattr(report, "worker_id", "")
    if type(worker) is not str:
        worker = _worker(report)
    value = getattr(report, stamp.ATTRIBUTE, None)
    if isinstance(value, (str, float, list)):
        stamped = stamp.decode(value, getattr(report, "duration", None))
    else:
        stamped = _timed(report, now_ns)
    if getattr(report, "context", None) is None:
        fact: Fact = _phase(report, phase, stamped, worker)
    else:
        fact = _subtest(report, stamped, worker)
    if stamped.place or stamped.unlogged:
        return (*_places(stamped, worker), *_withheld(report, stamped, worker), fact)
    return (fact,)


def observe_collection(report: Report, now_ns: int) -> Fact | None:
    """The fact of a collection report that is worth one: a failure, or a whole module skipped."""
    if report.outcome == "failed":
        return CollectionFailed(nodeid=report.nodeid, at_ns=now_ns, failure=_collection(report))
    if report.outcome == "skipped":
        return CollectionSkipped(nodeid=report.nodeid, at_ns=now_ns, reason=_reason(report))
    return None


def _crash(report: Report, now_ns: int) -> WorkerCrashed:
    return WorkerCrashed(
        nodeid=report.nodeid,
        at_ns=now_ns,
        worker=_worker(report),
        message=_text(report),
        rerun=_OUTCOMES.get(report.outcome) is Outcome.RERUN,
        source=_source(report),
    )


def _phase(report: Report, phase: Phase, stamped: Stamp, worker: str) -> PhaseEnded:
    outcome = _OUTCOMES.get(report.outcome, Outcome.FAILED)
    if hasattr(report, "wasxfail"):
        outcome = _EXPECTED.get(outcome, outcome)
    # By position: by name it would cost twice as much, three times for each test.
    fact = PhaseEnded(report.nodeid, phase, outcome, stamped.start_ns, stamped.end_ns, worker)
    if stamped.info:
        fact.info = stamped.info
    if stamped.notes:
        fact.notes = stamped.notes
    if outcome is not Outcome.PASSED:
        fact.failure = _failure(report, outcome, stamped)
        fact.reason = _reason(report)
    if said := getattr(report, "user_properties", None):
        fact.properties = _properties(said)
    return fact


def _places(stamped: Stamp, worker: str) -> Iterator[WorkerDescribed]:
    """Where the process runs that made the report, or one that is told with it."""
    for each in (*(made for _, made in (stamped.unlogged or {}).values()), stamped):
        if each.place:
            yield WorkerDescribed(worker=worker, place=each.place)


def _withheld(report: Report, stamped: Stamp, worker: str) -> Iterator[Fact]:
    """The earlier phases of an attempt whose reports may never come."""
    for phase, (outcome, made) in (stamped.unlogged or {}).items():
        yield PhaseEnded(
            nodeid=report.nodeid,
            phase=_PHASES[phase],
            outcome=_OUTCOMES.get(outcome, Outcome.FAILED),
            start_ns=made.start_ns,
            end_ns=made.end_ns,
            worker=worker,
            failure=made.failure,
            info=made.info,
            notes=made.notes,
            withheld=True,
        )


def _subtest(report: Report, stamped: Stamp, worker: str) -> SubtestEnded:
    outcome = _OUTCOMES.get(report.outcome, Outcome.FAILED)
    if hasattr(report, "wasxfail"):
        outcome = _EXPECTED.get(outcome, outcome)
    return SubtestEnded(
        nodeid=report.nodeid,
        name=_subtest_name(getattr(report, "context", None)),
        outcome=outcome,
        start_ns=stamped.end_ns - stamped.took_ns,
        end_ns=stamped.end_ns,
        worker=worker,
        failure=_failure(report, outcome, stamped),
        reason=_reason(report),
        notes=stamped.notes,
    )


def _worker(report: Report) -> str:
    """The xdist worker: on the report itself, or, for a crash, on the node it came from."""
    said = getattr(report, "worker_id", None)
    if isinstance(said, str):
        return said
    node = getattr(report, "node", None)
    return "" if node is None else str(getattr(getattr(node, "gateway", None), "id", ""))


def _timed(report: Report, now_ns: int) -> Stamp:
    """What pytest timed, where a hook of somebody else made the report."""
    seconds = getattr(report, "duration", 0.0)
    took_ns = max(int(seconds * SECOND), 0) if isinstance(seconds, (int, float)) else 0
    return Stamp(now_ns - took_ns, now_ns, took_ns)


def _failure(report: Report, outcome: Outcome, stamped: Stamp) -> Failure | None:
    if outcome not in (Outcome.FAILED, Outcome.RERUN):
        return None
    if stamped.failure:
        return stamped.failure
    text = _text(report)
    if text.startswith(_XPASS_STRICT):
        return Failure("XPassStrict", text)
    return _shown(report, text)


def _shown(report: Report, text: str) -> Failure:
    """A failure whose exception is not known, as far as pytest shows it."""
    crash = getattr(getattr(report.longrepr, "reprcrash", None), "message", None)
    if not isinstance(crash, str):
        return Failure("Failed", text)
    kind, colon, message = crash.partition(": ")
    if colon and kind.replace(".", "").isidentifier():
        return Failure(kind, message, text)
    return Failure("AssertionError" if crash.startswith("assert ") else "Failed", crash, text)


def _collection(report: Report) -> Failure:
    """A collection error as it was captured; else by pytest's text, whose last lines name it."""
    text = getattr(report, stamp.ATTRIBUTE, None)
    captured = stamp.decode(text).failure if isinstance(text, str) else None
    if captured:
        return captured
    text = _text(report)
    marked = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    message = "\n".join(marked) or text
    name, colon, _ = message.rpartition("\n")[2].partition(": ")
    kind = name if colon and name.replace(".", "").isidentifier() else "CollectError"
    return Failure(kind, message, text)


def _text(report: Report) -> str:
    return "" if report.longrepr is None else text_of(report.longrepr)


def _reason(report: Report) -> str:
    """Why a test was skipped or expected to fail, without pytest's own prefixes."""
    if hasattr(report, "wasxfail"):
        return text_of(report.wasxfail).removeprefix("reason: ")
    if report.outcome == "skipped":
        where = report.longrepr
        last = where[-1] if isinstance(where, (tuple, list)) and where else where
        return text_of(last).removeprefix("Skipped: ") if last is not None else ""
    return ""


def _source(report: Report) -> Source | None:
    location = getattr(report, "location", None)
    if not isinstance(location, (tuple, list)) or not location:
        return None
    line = location[1] if len(location) > 1 else None
    return Source(text_of(location[0]), line + 1 if isinstance(line, int) else None)


def _properties(said: object) -> tuple[tuple[str, object], ...]:
    if not isinstance(said, (tuple, list)):
        return ()
    pairs = [
        entry for entry in said if isinstance(entry, (tuple, list)) and len(entry) == len("kv")
    ]
    return tuple((text_of(key), text_of(value)) for key, value in pairs)


def _subtest_name(context: object) -> str:
    """Message and arguments of a subtest, the same with and without xdist.

    pytest 9.1 keeps the repr of an argument, and xdist has it pass through repr once more.
    """
    msg = getattr(context, "msg", None)
    kwargs = getattr(context, "kwargs", None)
    pairs = cast("dict[str, object]", kwargs) if isinstance(kwargs, dict) else {}
    words = [] if msg is None else [f"[{text_of(msg)}]"]
    if pairs:
        words.append(f"({', '.join(f'{key}={_unquoted(value)}' for key, value in pairs.items())})")
    return " ".join(words) or "(<subtest>)"


def _unquoted(value: object) -> str:
    text = value if isinstance(value, str) else text_of(value)
    while len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        try:
            inner = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            break
        if not isinstance(inner, str):
            break
        text = inner
    return text
