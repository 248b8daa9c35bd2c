"""What the process that runs a test adds to a report: a number, plain values, or a JSON text.

Of nearly every call and teardown only the end need be said, for how long it took stands on the
report: that is a number. What is plain says start and end in nanoseconds, and behind those of a
setup what is plainly known of the test. Within a process that is a list. To cross xdist it is
packed into one text, for execnet takes longer for every value than Python takes to put them
together; and into ASCII, for execnet ends the worker on any object that it does not know, and on
a string with a lone surrogate. Anything else becomes one JSON text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pytest_ddci.clock import SECOND
from pytest_ddci.facts import CustomStep, Failure, Notes, Place, Source, TestInfo
from pytest_ddci.json_text import from_json, quoted, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_JSON = "["
_MICROSECOND = 1_000
ATTRIBUTE = "ddci_stamp"
"""The report attribute that carries it."""


@dataclass(slots=True)
class Stamp:
    """The addition to one report; not frozen, as facts of every test are not.

    Attributes:
        start_ns: when the phase began, nanoseconds since the epoch.
        end_ns: when its report was made.
        took_ns: how long pytest says it took; for a subtest, which has no phase of its own.
        failure: the exception, when the report is a failure.
        info: what is known of the test; with the report of its setup.
        notes: what the test said of itself since the last report.
        place: where this process runs; with its first report.
        unlogged: outcome and stamp of the earlier phases of the attempt, by phase, whose reports
            had not been logged when the report of its teardown was made. Some are logged later,
            some never: the flaky plugin withholds those of an attempt that it retries.
    """

    start_ns: int
    end_ns: int
    took_ns: int = 0
    failure: Failure | None = None
    info: TestInfo | None = None
    notes: Notes | None = None
    place: Place | None = None
    unlogged: Mapping[str, tuple[str, Stamp]] | None = None


def within(seconds: float, limit_ns: int) -> int:
    """A duration in nanoseconds, at most the limit: the clock behind it may be a frozen one."""
    return min(max(int(seconds * SECOND), 0), limit_ns)


def moment(end_ns: int) -> float:
    """An end as a number that execnet takes at little cost: microseconds, exact until 2255."""
    return float(end_ns // _MICROSECOND)


def span(value: float, seconds: object) -> list[Any] | None:
    """Start and end of a phase that ended at that `moment`; None if its duration is none."""
    if type(seconds) is not float:
        return None
    end_ns = int(value) * _MICROSECOND
    return [end_ns - int(seconds * SECOND), end_ns]


def pack(value: list[Any]) -> str:
    """Plain values as one ASCII text."""
    if len(value) == len(("start", "end")):
        return f"{value[0]} {value[1]}"
    start_ns, end_ns, path, line, parameters, tags = value
    known = f"{quoted(path)},{'null' if line is None else line},{_object(parameters)}"
    return f"{start_ns} {end_ns} [{known},{_object(tags)}]"


def unpack(text: str) -> list[Any] | None:
    """The plain values of a text that `pack` has made; None of any other."""
    if text[0] == _JSON:
        return None
    start_ns, end_ns, *known = text.split(" ", 2)
    more = from_json(known[0]) if known else ()
    return [int(start_ns), int(end_ns), *more]


def encode(stamp: Stamp) -> str:
    """The stamp as one ASCII JSON string."""
    return to_json([stamp.start_ns, stamp.end_ns, stamp.took_ns, _parts(stamp)])


def decode(value: str | float | list[Any], seconds: object = None) -> Stamp:
    """The stamp of a report that says that its phase took so many seconds.

    Raises:
        ValueError, TypeError, KeyError, IndexError: it is not ours.
    """
    plain: list[Any] | None
    if isinstance(value, float):
        plain = span(value, seconds) or [int(value) * _MICROSECOND] * 2
    else:
        plain = unpack(value) if isinstance(value, str) else value
    if plain is None:
        start_ns, end_ns, took_ns, parts = from_json(cast("str", value))
        stamp = Stamp(start_ns, end_ns, took_ns)
        _complete(stamp, parts)
        return stamp
    start_ns, end_ns, *known = plain
    return Stamp(start_ns, end_ns, end_ns - start_ns, info=plain_info(*known) if known else None)


def plain_info(
    path: str, line: int | None, parameters: Mapping[str, str], tags: Mapping[str, str]
) -> TestInfo:
    """What a list says behind start, end and duration of a setup."""
    return TestInfo(None, Source(path, line), parameters, tags, {})


def _object(texts: Mapping[str, str]) -> str:
    """As `to_json`, for a third of the time where there are few."""
    return f"{{{','.join([f'{quoted(key)}:{quoted(texts[key])}' for key in texts])}}}"


def _parts(stamp: Stamp) -> dict[str, object]:
    """What there is besides times."""
    parts: dict[str, object] = {}
    if stamp.failure:
        parts["failure"] = _failure(stamp.failure)
    if stamp.info:
        info = stamp.info
        parts["info"] = [
            info.nodeid,
            info.source and [info.source.path, info.source.line],
            info.parameters,
            info.tags,
            info.metrics,
        ]
    if stamp.notes:
        notes = stamp.notes
        steps = [
            [step.name, step.start_ns, step.end_ns, step.failure and _failure(step.failure)]
            for step in notes.steps
        ]
        parts["notes"] = {"tags": notes.tags, "metrics": notes.metrics, "steps": steps}
    if stamp.place:
        place = stamp.place
        parts["place"] = [place.hostname, place.labels, place.tags]
    if stamp.unlogged:
        parts["unlogged"] = {
            phase: [outcome, encode(made)] for phase, (outcome, made) in stamp.unlogged.items()
        }
    return parts


def _complete(stamp: Stamp, parts: dict[str, Any]) -> None:
    if "failure" in parts:
        stamp.failure = Failure(*parts["failure"])
    if "info" in parts:
        stamp.info = _info(*parts["info"])
    if "notes" in parts:
        stamp.notes = _notes(parts["notes"])
    if "place" in parts:
        stamp.place = _place(parts["place"])
    if "unlogged" in parts:
        stamp.unlogged = {
            phase: (outcome, decode(text)) for phase, (outcome, text) in parts["unlogged"].items()
        }


def _failure(failure: Failure) -> list[str]:
    return [failure.type, failure.message, failure.stack, failure.domain]


def _info(
    nodeid: str | None,
    source: list[Any] | None,
    parameters: dict[str, str],
    tags: dict[str, str],
    metrics: dict[str, float],
) -> TestInfo:
    return TestInfo(nodeid, Source(*source) if source else None, parameters, tags, metrics)


def _notes(parts: dict[str, Any]) -> Notes:
    steps = tuple(
        CustomStep(name, start_ns, end_ns, Failure(*failure) if failure else None)
        for name, start_ns, end_ns, failure in parts["steps"]
    )
    return Notes(tags=parts["tags"], metrics=parts["metrics"], steps=steps)


def _place(parts: list[Any]) -> Place:
    hostname, labels, tags = parts
    return Place(hostname=hostname, labels=tuple(labels), tags=tags)
