"""What is known of the pipeline before its first test."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pytest_ddci.frozen import frozen
from pytest_ddci.limits import shown, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.config import Config
    from pytest_ddci.context import RunContext
    from pytest_ddci.context.provider import Relation
    from pytest_ddci.part import Part
    from pytest_ddci.shard import Shard

_SITES_WITH_APP = ("datadoghq.com", "datadoghq.eu", "ddog-gov.com")


@dataclass(slots=True, kw_only=True)
class PipelineDraft:
    """The part of the pipeline that the hook `pytest_ddci_pipeline` may change.

    Attributes:
        name: the pipeline's name, the same for every run of the same tests.
        tags: tags of every event of the run.
        metrics: metrics of the pipeline.
        parameters: what the run was started with.
    """

    name: str
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    def copy(self) -> PipelineDraft:
        """An equal draft that shares nothing with this one."""
        return PipelineDraft(
            name=self.name,
            tags=dict(self.tags),
            metrics=dict(self.metrics),
            parameters=dict(self.parameters),
        )

    def redact(self, hide: Callable[[str], str]) -> None:
        """Take secrets out of everything but numbers."""
        self.name = hide(self.name)
        self.tags = {hide(key): hide(value) for key, value in self.tags.items()}
        self.metrics = {hide(key): number for key, number in self.metrics.items()}
        self.parameters = {hide(key): hide(value) for key, value in self.parameters.items()}

    def mend(self, before: PipelineDraft) -> list[str]:
        """Make what a hook left here fit to be written.

        A field of a wrong type becomes what it was before; keys and values become texts, apart
        from the values of metrics, which are judged where they are written.

        Returns:
            What was put back, a line each.
        """
        problems = []
        name: object = self.name
        if not isinstance(name, str) or not name.strip():
            problems.append("left the pipeline without a name: ignored")
            self.name = before.name
        for each in ("tags", "metrics", "parameters"):
            if not isinstance(getattr(self, each), dict):
                problems.append(f"left {type(getattr(self, each)).__name__} as {each}: ignored")
                setattr(self, each, getattr(before, each))
        tags: dict[object, object] = dict(self.tags.items())
        parameters: dict[object, object] = dict(self.parameters.items())
        self.tags = {text_of(key): text_of(tags[key]) for key in tags if tags[key] is not None}
        self.parameters = {text_of(key): _said(parameters[key]) for key in parameters}
        return problems


@frozen(kw_only=True)
class Head:
    """The pipeline's fixed part: the same in its running and in its final event.

    Attributes:
        unique_id: unique across retries and pipelines.
        start_ns: start of the session, nanoseconds since the epoch.
        url: the page of the run.
        previous: the pipeline that this one retries.
        partial_retry: whether only some of that pipeline's tests run.
        shard: which of several processes this is that share a suite out.
        part: this process's part of the pipeline; None for a pipeline of its own.
        finishes: whether this process sends the pipeline's final event.
    """

    unique_id: str
    name: str
    start_ns: int
    url: str
    env: str | None
    service: str | None
    provider: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    parameters: Mapping[str, str]
    context: RunContext
    previous: Relation | None
    partial_retry: bool
    shard: Shard | None = None
    part: Part | None = None
    finishes: bool = True

    @property
    def announces(self) -> bool:
        """Whether it may announce the pipeline: of several processes none knows the start."""
        return self.part is None


def _said(value: object) -> str:
    """A parameter as a text; a text stays whole, to be redacted before it is cut."""
    return value if isinstance(value, str) else shown(value)


def default_name(config: Config, context: RunContext, rootdir: str) -> str:
    """The service, else the repository, else the root directory."""
    if config.pipeline_name or config.service:
        return str(config.pipeline_name or config.service)
    return (
        repository_name(context)
        or _without_user(PurePath(context.root or rootdir).name)
        or "pytest"
    )


def repository_name(context: RunContext) -> str:
    """The last part of the repository's address; empty when that is unknown."""
    repository = context.tags.get("git.repository_url", "").rstrip("/").removesuffix(".git")
    return repository.replace(":", "/").rpartition("/")[2]


def _without_user(name: str) -> str:
    """The name of a directory where `~` stands for a user's name."""
    return name.strip("~-_. ").replace("~", "") if "~" in name else name


def page(site: str, unique_id: str) -> str:
    """Datadog's page of the pipeline executions with that id."""
    host = f"app.{site}" if site in _SITES_WITH_APP else site
    query = urlencode(
        {"query": f'ci_level:pipeline @ci.pipeline.id:"{unique_id}"'}, quote_via=quote
    )
    return f"https://{host}/ci/pipeline-executions?{query}"
