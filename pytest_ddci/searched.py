"""Parts of a shared pipeline that Datadog knows, where their journals are not at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pytest_ddci.clock import Deadline
from pytest_ddci.conclusion import absent
from pytest_ddci.contribution import Contribution
from pytest_ddci.errors import DdciError
from pytest_ddci.part import PART
from pytest_ddci.parts import Parts
from pytest_ddci.shard import SHARD, parse_shard
from pytest_ddci.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config
    from pytest_ddci.shard import Shard

SINCE = "now-3d"
"""How far back parts are looked for."""

_PAUSE = 2.0
"""Seconds between two questions: what was sent just now is found a little later."""

_STATUSES = ("error", "canceled", "success", "skipped")


class Searched(Protocol):
    """An event of the read side."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Such as `team:a`."""

    def get(self, path: str, default: Any = None) -> Any:  # noqa: ANN401 - any JSON
        """The attribute that a query calls by this path."""


def query_of(pipeline_id: str) -> str:
    """The query for the stages of a pipeline."""
    quoted = pipeline_id.replace("\\", "\\\\").replace('"', '\\"')
    return f'ci_level:stage @ci.pipeline.id:"{quoted}"'


def searched_contributions(pipeline_id: str, stages: Iterable[Searched]) -> list[Contribution]:
    """What each process has added, as its stages tell: their span, worst status and counts.

    A process whose tests all were elsewhere has no stage, and cannot be found this way.
    """
    by_key: dict[str, list[Searched]] = {}
    for stage in stages:
        if key := _tag(stage, PART):
            by_key.setdefault(key, []).append(stage)
    return [_contribution(pipeline_id, key, found) for key, found in by_key.items()]


def look_up(
    parts: Parts,
    pipeline_id: str,
    search: Callable[[str, float], Iterable[Searched]],
    clock: Clock,
    seconds: float,
) -> Parts:
    """What is known, and what a search finds of the shards that are still missing.

    Asks again until none is missing or the time is over. What cannot be found out is a problem
    of the result, never an error.

    Args:
        parts: what the journals say.
        pipeline_id: the pipeline's `unique_id`.
        search: the events that match a query, within so many seconds.
        clock: the time.
        seconds: how long this may take.
    """
    deadline = Deadline.after(seconds, clock)
    known = {each.key for each in parts.known}
    found: list[Contribution] = []
    while True:
        try:
            stages = search(query_of(pipeline_id), deadline.remaining())
            found = [
                each
                for each in searched_contributions(pipeline_id, stages)
                if each.key not in known
            ]
        except DdciError as error:
            return Parts([*parts.known, *found], parts.unheard, f"the search failed: {error}")
        everything = [*parts.known, *found]
        if everything and not absent(everything):
            return Parts(everything, parts.unheard)
        if deadline.remaining() <= _PAUSE:
            return Parts(everything, parts.unheard)
        clock.sleep(_PAUSE)


def completed(parts: Parts, config: Config, clock: Clock, seconds: float) -> Parts:
    """What is known, and what Datadog knows of the missing shards; nothing without both keys."""
    if config.pipeline_id is None or not config.sends or config.api_key is None:
        return parts
    if config.app_key is None or (parts.known and not absent(parts.known)):
        return parts
    from pytest_ddci.client import Client  # noqa: PLC0415 - only where something is asked

    api_key, app_key, url = config.api_key, config.app_key, config.url

    def search(query: str, remaining: float) -> Iterable[Searched]:
        with Client(api_key, app_key, url=url, timeout=max(remaining, 1.0)) as client:
            return list(client.iter_search(query, from_=SINCE))

    return look_up(parts, config.pipeline_id, search, clock, seconds)


def _contribution(pipeline_id: str, key: str, stages: list[Searched]) -> Contribution:
    spans = [(_number(each, "@start"), _number(each, "@duration")) for each in stages]
    statuses = {str(each.get("@ci.status")) for each in stages}
    status = next((each for each in _STATUSES if each in statuses), "error")
    resource: dict[str, Any] = {
        "unique_id": pipeline_id,
        "start": rfc3339(int(min(start for start, _ in spans))),
        "end": rfc3339(int(max(start + duration for start, duration in spans))),
        "status": status,
        "metrics": [f"{name}:{count:.15g}" for name, count in _counts(stages).items()],
    }
    if name := stages[0].get("@ci.pipeline.name"):
        resource["name"] = str(name)
    if status == "error":
        failed = sorted(
            str(each.get("@ci.stage.name")) for each in stages if each.get("@ci.status") == status
        )
        message = "\n".join(["stages that failed:", *failed])
        resource["error"] = {"message": message, "type": "TestsFailed", "domain": "unknown"}
    return Contribution(pipeline_id=pipeline_id, key=key, shard=_shard(stages), resource=resource)


def _counts(stages: Iterable[Searched]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for stage in stages:
        counts = stage.get("@tests")
        for name, value in counts.items() if isinstance(counts, dict) else ():
            if isinstance(value, (int, float)):
                sums[f"tests.{name}"] = sums.get(f"tests.{name}", 0) + value
    return sums


def _shard(stages: Iterable[Searched]) -> Shard | None:
    for stage in stages:
        try:
            return parse_shard(_tag(stage, SHARD))
        except ValueError:
            continue
    return None


def _tag(event: Searched, name: str) -> str:
    """A tag's value, among the tags or, as custom tags are shown, among the attributes."""
    for tag in event.tags:
        if tag.startswith(f"{name}:"):
            return tag[len(name) + 1 :]
    found: str | Mapping[str, Any] | None = event.get(f"@{name}")
    return found if isinstance(found, str) else ""


def _number(event: Searched, path: str) -> float:
    found = event.get(path)
    return found if isinstance(found, (int, float)) else 0
