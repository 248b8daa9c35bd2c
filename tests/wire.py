"""Valid events and headers for tests of what happens to them, and the lines they make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_ddci.clock import SECOND
from pytest_ddci.lines import EventLine, level_of
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable

START_NS = 1_800_000_000 * SECOND
PIPELINE = {
    "unique_id": "p-1",
    "name": "suite",
    "url": "https://ci.example/run/1",
    "partial_retry": False,
}


def header(start_ns: int = START_NS) -> dict[str, object]:
    """The header of a journal, as the encoder gives it."""
    running = {**PIPELINE, "level": "pipeline", "start": rfc3339(start_ns), "status": "running"}
    return {"pipeline": running, "attributes": {"provider_name": "pytest"}, "pid": 1, "host": "h"}


def event(level: str, id_: str = "", at_ns: int = START_NS, **fields: Any) -> bytes:  # noqa: ANN401 - any field of the API
    """The line of a valid event that lasted a second; fields given replace or add."""
    span = {"start": rfc3339(at_ns), "end": rfc3339(at_ns + SECOND), "status": "success"}
    if level == "pipeline":
        resource = {"level": level, **PIPELINE, **span}
    else:
        resource = {
            "level": level,
            "id": id_ or f"{level}-id",
            "name": f"test {id_}",
            "pipeline_unique_id": PIPELINE["unique_id"],
            "pipeline_name": PIPELINE["name"],
            **span,
        }
    if level == "job":
        resource |= {"url": "https://ci.example/job", "stage_id": "s-1", "stage_name": "test_a.py"}
    attributes = {"provider_name": "pytest", "resource": resource | fields}
    return json.dumps(
        {"type": "cipipeline_resource_request", "attributes": attributes}, separators=(",", ":")
    ).encode("ascii")


def started(id_: str, at_ns: int = START_NS, **fields: str) -> bytes:
    """The note of an attempt that has begun."""
    note = {
        "ddci": "started",
        "id": id_,
        "name": f"test {id_}",
        "stage_id": "s-1",
        "stage_name": "test_a.py",
        "start": rfc3339(at_ns),
        "url": "https://ci.example/job",
    }
    return json.dumps(note | fields, separators=(",", ":")).encode("ascii")


def event_lines(data: Iterable[bytes]) -> list[EventLine]:
    """Event lines as a journal with nothing else would give them."""
    lines = []
    offset = 0
    for index, each in enumerate(data):
        level = level_of(each)
        assert level is not None
        lines.append(EventLine(offset, index, level, each))
        offset = lines[-1].end
    return lines


def ids(sent: Iterable[EventLine]) -> list[str]:
    """The ids of events, in order; a pipeline's is its level."""
    resources = [json.loads(line.data)["attributes"]["resource"] for line in sent]
    return [each.get("id", each["level"]) for each in resources]


def events_of(body: bytes) -> list[bytes]:
    """The events of a request, as the bytes that they came in."""
    text, decoder, found = body.decode("ascii"), json.JSONDecoder(), []
    at = text.index("[") + 1
    while text[at] != "]":
        at += text[at] == ","
        _, end = decoder.raw_decode(text, at)
        found.append(text[at:end].encode("ascii"))
        at = end
    return found
