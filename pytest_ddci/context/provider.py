"""What a CI provider is to us: how it is recognised, and what it says about the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from pytest_ddci.context.urls import page_url
from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_ddci.context.variables import Variables

    Tags = dict[str, str | None]

MANUAL = "manual"
SCHEDULE = "schedule"
PUSH = "push"
PULL_REQUEST = "pull_request"
TAG = "tag"
API = "api"
UPSTREAM = "upstream"
OTHER = "other"


class ReadText(Protocol):
    """Reads a small text file; None if there is none that can be read."""

    def __call__(self, path: str, /) -> str | None:
        """The file's text, undecodable bytes replaced."""


@frozen
class Relation:
    """Another pipeline execution: its id as Datadog stores it, and its page."""

    id: str
    url: str | None = None


@frozen
class Run:
    """What a provider says about its own execution besides the tags.

    Attributes:
        trigger: what started it: `manual`, `schedule`, `push`, `pull_request`, `tag`, `api`,
            `upstream` (another pipeline) or `other`; None if the provider does not say.
        attempt: 1 for the first attempt; None if the provider does not count.
        partial_retry: True when only a part of the pipeline was started again.
        pipeline_id: the id under which Datadog stores this pipeline, where it differs from
            `ci.pipeline.id`.
        previous: the attempt before this one, where its id can be known.
        forge: the kind of forge behind the repository, where the provider says so.
    """

    trigger: str | None = None
    attempt: int | None = None
    partial_retry: bool | None = None
    pipeline_id: str | None = None
    previous: Relation | None = None
    forge: str | None = None


def _nothing_more(_: Variables) -> Run:
    return Run()


@frozen
class Provider:
    """One CI provider.

    Attributes:
        name: what `ci.provider.name` says.
        marked: whether the provider's own marker variable is there.
        usual: variables that every one of its jobs has besides the marker. A marker that leaked
            in from elsewhere comes without them, so they decide between marked providers.
        tags: its variables as tags; values not yet normalised.
        run: what it says about the execution.
        payload: tags from a file that the provider leaves for its jobs.
    """

    name: str
    marked: Callable[[Variables], bool]
    usual: tuple[str, ...]
    tags: Callable[[Variables], Tags]
    run: Callable[[Variables], Run] = _nothing_more
    payload: Callable[[Variables, ReadText], Tags] | None = None

    def evidence(self, variables: Variables) -> float:
        """How many of its usual variables are set, from 0 to 1."""
        return sum(variables.get(name) is not None for name in self.usual) / max(len(self.usual), 1)


def on(*names: str) -> Callable[[Variables], bool]:
    """A mark: any of these variables is set, and not to a way of saying no."""
    return lambda variables: any(variables.on(name) for name in names)


def joined(*parts: str | None) -> str | None:
    """The parts in one string; None if one of them is missing."""
    return None if None in parts else "".join(part or "" for part in parts)


def listed(items: Iterable[str]) -> str | None:
    """A list as the tracers write it, compact JSON; None if it is empty."""
    texts = list(items)
    return json.dumps(texts, separators=(",", ":")) if texts else None


def linked(variables: Variables, *names: str) -> str | None:
    """The variables by which Datadog links a test run to the provider's job, as compact JSON."""
    values = {
        name: page_url(value) if "://" in value else value
        for name in names
        if (value := variables.get(name))
    }
    return json.dumps(values, separators=(",", ":")) if values else None


def name_and_email(author: str | None) -> tuple[str | None, str | None]:
    """The two parts of `Name <mail>`; a missing part is None."""
    before, _, after = (author or "").partition("<")
    name, email = before.strip().strip('"').strip(), after.partition(">")[0].strip()
    if not after and "@" in name and " " not in name:
        return None, name
    return name or None, email or None
