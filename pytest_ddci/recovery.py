"""Recovery: the events a killed run did not live to write, made from those it did.

Pure: the lines of a journal in, the missing event lines out, the same bytes every time. Only what
the journal shows is claimed: tests that had not begun are not counted, since nobody knows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_ddci.lines import ControlLine, EventLine, event_line, part_line
from pytest_ddci.part import PART
from pytest_ddci.shard import SHARD
from pytest_ddci.tally import Result, Tally
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_ddci.lines import Line

MESSAGE = "the run ended without finishing its report: its process was killed"

_TAG = "ddci.recovered:true"
# What a journal cannot tell: tests that never began, where a failure happened, busy time.
_UNKNOWN = frozenset({"tests.collected", "tests.errors", "tests.not_run", "tests.duration"})
_RESULTS = {
    "pass": Result.PASSED,
    "fail": Result.FAILED,
    "skip": Result.SKIPPED,
    "xfail": Result.XFAILED,
    "xpass": Result.XPASSED,
}
_STATUSES = {
    "success": Result.PASSED,
    "error": Result.FAILED,
    "skipped": Result.SKIPPED,
    "canceled": Result.CANCELED,
}


@dataclass(slots=True)
class _Stage:
    """What is known of a stage."""

    name: str
    start: str
    end: str
    tally: Tally = field(default_factory=Tally)


def recover(
    lines: Iterable[Line], last_seen_ns: int | None = None, message: str = MESSAGE
) -> list[bytes]:
    """The missing event lines of an unfinished journal; none of a finished one.

    First a canceled job for each attempt that began and has none, then a stage for each that has
    jobs but no event of its own, last the canceled pipeline; of a process that shared its pipeline
    with others, last the note of its part.

    Args:
        lines: of the journal, all of them.
        last_seen_ns: when the run was last seen alive, in nanoseconds since the epoch; by default
            the latest moment its lines tell of, which is also the earliest that counts.
        message: why it is unfinished.
    """
    run = _Run(message)
    for line in lines:
        if isinstance(line, ControlLine):
            run.control(line)
        elif isinstance(line, EventLine):
            run.event(line)
    if last_seen_ns is not None:
        run.see(rfc3339(last_seen_ns))
    return run.missing()


class _Run:
    """What the lines tell of a run; used once."""

    def __init__(self, message: str) -> None:
        self._error = {"message": message, "type": "Interrupted", "domain": "provider"}
        self._finished = False
        self._last_seen = ""
        self._header: dict[str, Any] = {}
        self._open: dict[str, dict[str, Any]] = {}
        self._stages: dict[str, _Stage] = {}
        self._told: set[str] = set()

    def missing(self) -> list[bytes]:
        # A journal that only concludes what others did has nothing to make up.
        if self._finished or not self._header or self._header.get("concludes"):
            return []
        pipeline = self._header["pipeline"]
        common = {
            "pipeline_unique_id": pipeline["unique_id"],
            "pipeline_name": pipeline["name"],
            **{name: pipeline[name] for name in ("node", "git") if pipeline.get(name)},
        }
        resources = [{**self._job(note), **common} for note in self._open.values()]
        resources += [
            {**self._stage(id_, stage), **common}
            for id_, stage in self._stages.items()
            if id_ not in self._told
        ]
        last, attributes = self._pipeline(pipeline), self._header["attributes"]
        lines = [event_line(attributes, resource) for resource in resources]
        shared = isinstance(self._header.get("part"), dict)
        return [*lines, part_line(last) if shared else event_line(attributes, last)]

    def control(self, line: ControlLine) -> None:
        found = line.decoded() or {}
        if line.kind == "header" and _is_header(found):
            self._header = found
            self.see(found["pipeline"]["start"])
        elif line.kind == "started" and _has_texts(
            found, "id", "name", "stage_id", "stage_name", "start"
        ):
            self.see(found["start"])
            self._open[found["id"]] = found
        elif line.kind == "part":
            self._finished = True

    def event(self, line: EventLine) -> None:
        if line.level == "step":
            return
        resource = line.resource()
        if resource is None:
            return
        self.see(resource.get("end"))
        if line.level == "job":
            self._open.pop(str(resource.get("id")), None)
            self._count(resource)
        elif line.level == "stage":
            self._told.add(str(resource.get("id")))
        elif resource.get("status") != "running":
            self._finished = True

    def _count(self, job: Mapping[str, Any]) -> None:
        if not _has_texts(job, "stage_id", "stage_name", "start", "end"):
            return
        tags = set(map(str, _listed(job, "tags")))
        tally = self._stage_of(job, job["end"]).tally
        if "test.final:false" in tags:
            tally.reruns += 1
            return
        results = (result for word, result in _RESULTS.items() if f"test.result:{word}" in tags)
        tally.count(next(results, _STATUSES.get(str(job.get("status")), Result.FAILED)))
        tally.flaky += int("test.flaky:true" in tags)

    def _stage_of(self, job: Mapping[str, Any], end: str) -> _Stage:
        stage = self._stages.setdefault(
            job["stage_id"], _Stage(job["stage_name"], job["start"], end)
        )
        stage.start = min(stage.start, job["start"])
        stage.end = max(stage.end, end)
        return stage

    def see(self, moment: object) -> None:
        # Moments of one format: the later text is the later moment.
        if isinstance(moment, str):
            self._last_seen = max(self._last_seen, moment)

    def _job(self, note: Mapping[str, Any]) -> dict[str, Any]:
        self._stage_of(note, self._last_seen).tally.count(Result.CANCELED)
        job = {name: note[name] for name in ("id", "name", "stage_id", "stage_name", "start")}
        url = note.get("url") or self._header["pipeline"]["url"]
        return {
            "level": "job",
            **job,
            "end": self._last_seen,
            "status": "canceled",
            "url": url,
            "error": self._error,
            "tags": ["test.final:true", _TAG, *self._part_tags()],
        }

    def _part_tags(self, *more: str) -> list[str]:
        part = self._header.get("part")
        if not isinstance(part, dict):
            return []
        told = {SHARD: part.get("shard"), **dict.fromkeys(more, part.get("key"))}
        return [f"{name}:{value}" for name, value in told.items() if isinstance(value, str)]

    def _stage(self, id_: str, stage: _Stage) -> dict[str, Any]:
        return {
            "level": "stage",
            "id": id_,
            "name": stage.name,
            "start": stage.start,
            "end": stage.end,
            "status": stage.tally.status,
            "tags": [_TAG, *self._part_tags(PART)],
            "metrics": _metrics(stage.tally),
        }

    def _pipeline(self, running: Mapping[str, Any]) -> dict[str, Any]:
        total = Tally()
        for stage in self._stages.values():
            total.add(stage.tally)
        return {
            **running,
            "level": "pipeline",
            "end": self._last_seen,
            "status": "canceled",
            "error": self._error,
            "tags": [*_listed(running, "tags"), _TAG],
            "metrics": [*_listed(running, "metrics"), *_metrics(total)],
        }


def _metrics(tally: Tally) -> list[str]:
    return [f"{name}:{value}" for name, value in tally.metrics().items() if name not in _UNKNOWN]


def _listed(found: Mapping[str, Any], name: str) -> list[Any]:
    listed = found.get(name)
    return listed if isinstance(listed, list) else []


def _is_header(found: Mapping[str, Any]) -> bool:
    pipeline = found.get("pipeline")
    return (
        isinstance(pipeline, dict)
        and isinstance(found.get("attributes"), dict)
        and _has_texts(pipeline, "unique_id", "name", "url", "start")
    )


def _has_texts(found: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(found.get(name), str) for name in names)
