"""Journals for tests of the store, and what a store answers about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings

from pytest_ddci.clock import SECOND
from pytest_ddci.events import Event
from pytest_ddci.local.conditions import where
from pytest_ddci.queries import AggregateRequest
from tests.wire import START_NS, event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_ddci.local.store import Store

ALWAYS = (-(2**62), 2**62)
"""A window of all times."""


def run_name(number: int = 1) -> str:
    """The name of a run's journal, without its ending; later for greater numbers."""
    return f"run-20270115T0800{number:02d}Z-{number:08x}"


def header_line() -> bytes:
    """The first line of a journal that announces no run, as that of received events does not."""
    return b'{"ddci":"header","version":1,"pid":1,"received":true}'


def write(directory: Path, lines: Iterable[bytes], number: int = 1, state: str = "") -> Path:
    """Append whole lines to a journal, which is made with a header if need be."""
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / f"{run_name(number)}{state}.jsonl"
    first = [] if path.exists() else [header_line()]
    with path.open("ab") as file:
        file.write(b"".join(line + b"\n" for line in (*first, *lines)))
    return path


def rewrite(directory: Path, lines: Iterable[bytes]) -> None:
    """Make a journal with these lines the only one."""
    for path in directory.glob("run-*"):
        path.unlink()
    write(directory, lines)


def law(examples: int) -> settings:
    """Settings of a law that is tried on so many journals, each in the place of the one before."""
    return settings(
        deadline=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def sent(level: str, id_: str = "", at_ns: int = START_NS, **fields: Any) -> bytes:  # noqa: ANN401 - any field of the API
    """An event as the models of the write side write it; a field of None is taken away."""
    outer = {
        name: fields.pop(name) for name in ("env", "service", "provider_name") if name in fields
    }
    made = json.loads(event(level, id_, at_ns, **fields))
    made["attributes"] |= outer
    resource = made["attributes"]["resource"]
    made["attributes"]["resource"] = {
        name: value for name, value in resource.items() if value is not None
    }
    return Event.from_wire(json.dumps(made)).wire()


def job(id_: object, *tags: str, at_ns: int = START_NS, **fields: Any) -> bytes:  # noqa: ANN401 - any field of the API
    """A job with these tags."""
    return sent("job", str(id_), at_ns, tags=list(tags), **fields)


def ids(store: Store, query: str = "*", **asked: Any) -> list[str]:  # noqa: ANN401 - as `search`
    """The ids of the executions on a page, in order; a pipeline's is its level."""
    return [own_id(each) for each in documents(store, query, **asked)]


def documents(store: Store, query: str = "*", **asked: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as `search`
    """The inner part of the events on a page, in order."""
    found = store.search(where(query, store.catalogue), ALWAYS, **{"limit": 1_000, **asked})
    return [each["attributes"] for each in found.data]


def own_id(document: dict[str, Any]) -> str:
    """The id of a document's execution; a pipeline's is its level."""
    level = document["ci_level"]
    return level if level == "pipeline" else str(document["attributes"]["ci"][level]["id"])


def aggregated(store: Store, body: dict[str, Any], query: str = "*") -> list[dict[str, Any]]:
    """The buckets of an answer, for the JSON of a request without its filter."""
    request = AggregateRequest.of(body)
    return store.aggregate(where(query, store.catalogue), ALWAYS, request)


def grouped(store: Store, *rules: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The keys of each bucket and its count, in order."""
    body = {"compute": [{"aggregation": "count"}], "group_by": list(rules)}
    buckets = aggregated(store, body)
    assert all(list(each["by"]) == [rule["facet"] for rule in rules] for each in buckets)
    return [(*each["by"].values(), each["computes"]["c0"]) for each in buckets]


FOUR_JOBS = [sent("job", id_, START_NS + place * SECOND) for place, id_ in enumerate("abcd")]
"""A second apart, the oldest first."""
