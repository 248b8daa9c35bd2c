"""What the process that runs a test adds to a report: one ASCII JSON string.

A string is all that crosses xdist safely: execnet ends the worker on any object that it does not
know, and on a string with a lone surrogate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_ddci.facts import CustomStep, Failure, Notes, Place, Source, TestInfo
from pytest_ddci.json_text import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTRIBUTE = "ddci_stamp"
"""The report attribute that carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The addition to one report.

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
    unlogged: Mapping[str, tuple[str, Stamp]] = field(default_factory=dict)


def encode(stamp: Stamp) -> str:
    """The stamp as one ASCII JSON string."""
    return to_json(_parts(stamp))


def decode(text: str) -> Stamp:
    """The stamp of a report.

    Raises:
        ValueError, TypeError, KeyError: it is not ours.
    """
    return _stamp(from_json(text))


def _parts(stamp: Stamp) -> dict[str, object]:
    parts: dict[str, object] = {"t": [stamp.start_ns, stamp.end_ns, stamp.took_ns]}
    if stamp.failure:
        parts["failure"] = _failure(stamp.failure)
    if stamp.info:
        info = stamp.info
        parts["info"] = {
            "nodeid": info.nodeid,
            "source": info.source and [info.source.path, info.source.line],
            "parameters": info.parameters,
            "tags": info.tags,
            "metrics": info.metrics,
        }
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
            phase: [outcome, _parts(made)] for phase, (outcome, made) in stamp.unlogged.items()
        }
    return parts


def _stamp(parts: dict[str, Any]) -> Stamp:
    start_ns, end_ns, took_ns = parts["t"]
    return Stamp(
        start_ns=start_ns,
        end_ns=end_ns,
        took_ns=took_ns,
        failure=Failure(*parts["failure"]) if "failure" in parts else None,
        info=_info(parts["info"]) if "info" in parts else None,
        notes=_notes(parts["notes"]) if "notes" in parts else None,
        place=_place(parts["place"]) if "place" in parts else None,
        unlogged={
            phase: (outcome, _stamp(made))
            for phase, (outcome, made) in parts.get("unlogged", {}).items()
        },
    )


def _failure(failure: Failure) -> list[str]:
    return [failure.type, failure.message, failure.stack, failure.domain]


def _info(parts: dict[str, Any]) -> TestInfo:
    source = parts.pop("source")
    return TestInfo(source=Source(*source) if source else None, **parts)


def _notes(parts: dict[str, Any]) -> Notes:
    steps = tuple(
        CustomStep(name, start_ns, end_ns, Failure(*failure) if failure else None)
        for name, start_ns, end_ns, failure in parts["steps"]
    )
    return Notes(tags=parts["tags"], metrics=parts["metrics"], steps=steps)


def _place(parts: list[Any]) -> Place:
    hostname, labels, tags = parts
    return Place(hostname=hostname, labels=tuple(labels), tags=tags)
