"""Contributions: what the processes that share a pipeline have added to it, as their journals say.

Pure: lines in, a contribution out.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from pytest_ddci.frozen import frozen
from pytest_ddci.json_text import from_json
from pytest_ddci.lines import ControlLine, EventLine
from pytest_ddci.recovery import recover
from pytest_ddci.shard import Shard, parse_shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_ddci.lines import Line


@frozen(kw_only=True)
class Contribution:
    """One process's part of a pipeline.

    Attributes:
        pipeline_id: the pipeline's `unique_id`.
        key: role and attempt; empty for a process that did not know of others.
        shard: which shard it was; None without shards.
        resource: the pipeline's final event as far as this process knows it.
        attributes: what stands beside the resource: provider, environment, service.
        ended: whether it ended by itself; False for one that was killed, or still runs.
    """

    pipeline_id: str
    key: str
    shard: Shard | None
    resource: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    ended: bool = True

    @property
    def role(self) -> str:
        """What its CI job and the job's retries have in common."""
        return self.key.partition(".")[0]

    @property
    def start(self) -> str:
        """When it started, as the API writes times."""
        return str(self.resource["start"])

    @property
    def end(self) -> str:
        """When it ended."""
        return str(self.resource["end"])


def contribution_of(lines: Iterable[Line]) -> Contribution | None:
    """What a journal's process added to its pipeline; a killed one's is made up.

    Reads within memory bounded by the attempts that were open when it was killed.

    Returns:
        None for a journal without a header, and for one that only concludes what others did.
    """
    seen = _Seen()
    made = recover(seen.watch(lines))
    pipeline, attributes = seen.header.get("pipeline"), seen.header.get("attributes")
    if not isinstance(pipeline, dict) or seen.header.get("concludes"):
        return None
    resource = _resource(made[-1]) if made else seen.final()
    if resource is None or not _has_texts(resource, "unique_id", "start", "end", "status"):
        return None
    part = seen.header.get("part")
    part = part if isinstance(part, dict) else {}
    return Contribution(
        pipeline_id=resource["unique_id"],
        key=str(part.get("key") or ""),
        shard=_shard(part.get("shard")),
        resource=resource,
        attributes=attributes if isinstance(attributes, dict) else {},
        ended=not made,
    )


def pipeline_of(lines: Iterable[Line]) -> str:
    """The pipeline of a journal, by its header; empty without one. Reads no further than that."""
    first = next(iter(lines), None)
    if not isinstance(first, ControlLine) or first.kind != "header":
        return ""
    found = (first.decoded() or {}).get("pipeline")
    return str(found.get("unique_id") or "") if isinstance(found, dict) else ""


def latest_attempts(contributions: Sequence[Contribution]) -> list[Contribution]:
    """Without those whose CI job was retried: of each role only its last attempt counts."""
    last: dict[str, Contribution] = {}
    for each in sorted(contributions, key=lambda each: each.start):
        if each.role:
            last[each.role] = each
    return [each for each in contributions if not each.role or last[each.role].key == each.key]


class _Seen:
    """What a journal says of its pipeline, picked out of lines that are read once."""

    def __init__(self) -> None:
        self.header: dict[str, Any] = {}
        self._part: bytes = b""
        self._pipeline: bytes = b""

    def watch(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            if isinstance(line, ControlLine):
                if line.kind == "header" and not self.header:
                    self.header = line.decoded() or {}
                elif line.kind == "part":
                    self._part = line.data
            elif isinstance(line, EventLine) and line.level == "pipeline":
                self._pipeline = line.data
            yield line

    def final(self) -> dict[str, Any] | None:
        """The pipeline as this process saw it: its part, else its final event."""
        return _resource(self._part or self._pipeline)


def _resource(data: bytes) -> dict[str, Any] | None:
    """The pipeline within an event or a part."""
    try:
        found = from_json(data)
        resource = found["pipeline"] if "ddci" in found else found["attributes"]["resource"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return resource if isinstance(resource, dict) else None


def _has_texts(found: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(found.get(name), str) for name in names)


def _shard(text: object) -> Shard | None:
    try:
        return parse_shard(text) if isinstance(text, str) else None
    except ValueError:
        return None
