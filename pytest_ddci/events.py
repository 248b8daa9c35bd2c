"""What is sent: one model per event of the write side.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/#send-pipeline-event, schemas
`CIAppCreatePipelineEventRequest*` and `CIAppPipelineEvent*`; field names, levels and statuses are
theirs. Absent and null are one thing here and never written.

Every way to make a model validates. What can be made to fit is made to fit, by `limits`: long
texts are cut, tags and metrics that cannot be valid are left out (`limits.sanitise_tags` counts
them). Where nothing valid could take a value's place, constructors raise pydantic's
`ValidationError`, and the methods here raise `InvalidEventError`.

Models are frozen. `job.replace(status="skipped")` is the way to change one: unlike pydantic's
`model_copy(update=...)` it validates. `checked()` validates what came from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from json import JSONEncoder
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pytest_ddci import limits, timestamps
from pytest_ddci.errors import InvalidEventError
from pytest_ddci.fields import (
    MICROSECOND,
    Flag,
    Metrics,
    Milliseconds,
    Moment,
    Name,
    Parameters,
    Tags,
    Text,
    commit_id,
    fit,
    moment,
    rfc3339,
)

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "Attributes",
    "CIError",
    "Event",
    "Git",
    "Job",
    "Node",
    "ParentPipeline",
    "Pipeline",
    "PreviousAttempt",
    "Resource",
    "RunningJob",
    "RunningPipeline",
    "Stage",
    "Step",
]

# Bound at import: users' tests replace functions of `json`.
_ENCODE = JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def _complaint(problem: ValidationError, what: str) -> InvalidEventError:
    """The first complaint in one line, without the values of other fields."""
    first = problem.errors(include_url=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"])) or "as a whole"
    found = f", not {limits.cut(limits.parameter(first['input']), 80)}"
    shown = found if first["type"] in {"literal_error", "bool_type", "int_type"} else ""
    return InvalidEventError(f"{what}: {where}: {first['msg']}{shown}")


class Model(BaseModel):
    """What all models have in common."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        revalidate_instances="always",
    )

    def replace(self, **changes: object) -> Self:
        """A copy with these fields changed (None: taken away), validated as a whole.

        Raises:
            InvalidEventError: no valid model comes of it.
        """
        fields = {field: getattr(self, field) for field in self.model_fields_set}
        return self._validated({**fields, **changes})

    def checked(self) -> Self:
        """A validated copy, of a model that may have been made without validation.

        Raises:
            InvalidEventError: it is not valid.
        """
        return self._validated(self)

    def _validated(self, value: object) -> Self:
        try:
            return type(self).model_validate(value)
        except ValidationError as problem:
            raise _complaint(problem, type(self).__name__) from None


class Git(Model):
    """The commit. API, `CIAppGitInfo`: `tag` or `branch`, not both; a tag wins.

    Url, sha and email are required by the API, which refuses an event with less; send no git
    information rather than that.
    """

    repository_url: Name
    sha: Annotated[str, Field(strict=True), fit(commit_id)]
    author_email: Name
    author_name: Text | None = None
    author_time: Moment | None = None
    commit_time: Moment | None = None
    committer_email: Text | None = None
    committer_name: Text | None = None
    message: Annotated[str, Field(strict=True), fit(limits.commit_message)] | None = None
    default_branch: Text | None = None
    tag: Text | None = None
    branch: Text | None = None

    @field_validator("branch")
    @classmethod
    def _tag_wins(cls, branch: str | None, info: ValidationInfo) -> str | None:
        return None if info.data.get("tag") else branch

    @classmethod
    def make(cls, **values: str | None) -> Git | None:
        """The commit as far as it is known; times are RFC 3339, what is empty counts as unknown.

        Returns:
            None unless url, sha (40 hexadecimal digits) and author's email are all known.
        """
        known = {field: value.strip() for field, value in values.items() if value and value.strip()}
        for field in ("author_time", "commit_time"):
            try:
                moment(known.get(field))
            except ValueError:
                known.pop(field, None)
        if not limits.sha(known.get("sha")) or not {"repository_url", "author_email"} <= set(known):
            return None
        return cls.model_validate(known)


class Node(Model):
    """The host that ran it. API, `CIAppHostInfo`."""

    hostname: Text | None = None
    name: Text | None = None
    labels: tuple[Text, ...] | None = None
    workspace: Text | None = None


class CIError(Model):
    """Why it failed. API, `CIAppCIError`.

    Domain `user`: the developer's code; `provider`: the environment it ran in.
    """

    message: Annotated[str, Field(strict=True), fit(limits.message)] | None = None
    type: Annotated[str, Field(strict=True), fit(limits.error_type)] | None = None
    stack: Annotated[str, Field(strict=True), fit(limits.stack)] | None = None
    domain: Literal["provider", "user", "unknown"] | None = None


class ParentPipeline(Model):
    """The pipeline that triggered this one. API, `CIAppPipelineEventParentPipeline`."""

    id: Name
    url: Text | None = None


class PreviousAttempt(Model):
    """The pipeline this one retries. API, `CIAppPipelineEventPreviousPipeline`."""

    id: Name
    url: Text | None = None


class _Resource(Model):
    """What every level begins with; `level` is the first key on the wire."""

    level: str
    status: str
    name: Name
    start: Moment


class _Component(_Resource):
    """What belongs to a pipeline; `pipeline_name` must be exactly the pipeline's `name`."""

    id: Name
    pipeline_unique_id: Name
    pipeline_name: Name


class _Finished(_Resource):
    """What has an end: not before the start, and within a year of it (API, operation text)."""

    end: Moment

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"ends {rfc3339(self.end)}, before its start {rfc3339(self.start)}")
        if (self.end - self.start) // MICROSECOND * 1_000 > timestamps.YEAR_NS:
            raise ValueError(f"takes {self.end - self.start}, longer than 365 days")
        return self


class _Details(_Resource):
    """What every level may have."""

    error: CIError | None = None
    parameters: Parameters | None = None
    tags: Tags | None = None
    metrics: Metrics | None = None
    node: Node | None = None
    git: Git | None = None


class _Queued(_Resource):
    """What may have waited: `queue_time` in milliseconds, not part of start to end."""

    queue_time: Milliseconds | None = None


class _Pipeline(_Details, _Queued):
    unique_id: Name
    url: Name
    partial_retry: Flag
    pipeline_id: Name | None = None
    previous_attempt: PreviousAttempt | None = None
    parent_pipeline: ParentPipeline | None = None
    is_manual: Flag | None = None
    is_resumed: Flag | None = None


class Pipeline(_Pipeline, _Finished):
    """A finished pipeline. API, `CIAppPipelineEventFinishedPipeline`.

    `unique_id` is unique across retries and pipelines; the API refuses an `end` of more than
    18 hours ago.
    """

    level: Literal["pipeline"] = "pipeline"
    status: Literal["success", "error", "canceled", "skipped", "blocked"]


class RunningPipeline(_Pipeline):
    """A pipeline under way. API, `CIAppPipelineEventInProgressPipeline`.

    `unique_id` and `start` must be those of the finished pipeline that follows.
    """

    level: Literal["pipeline"] = "pipeline"
    status: Literal["running"] = "running"


class Stage(_Details, _Queued, _Finished, _Component):
    """A group of jobs; has no url. API, `CIAppPipelineEventStage`."""

    level: Literal["stage"] = "stage"
    status: Literal["success", "error", "canceled", "skipped"]
    dependencies: tuple[Name, ...] | None = None


class _Job(_Details, _Queued, _Component):
    url: Name
    stage_id: Text | None = None
    stage_name: Text | None = None
    dependencies: tuple[Name, ...] | None = None


class Job(_Job, _Finished):
    """A finished job. API, `CIAppPipelineEventFinishedJob`."""

    level: Literal["job"] = "job"
    status: Literal["success", "error", "canceled", "skipped"]


class RunningJob(_Job):
    """A job under way. API, `CIAppPipelineEventInProgressJob` (since June 2026).

    `id` must be that of the finished job that follows.
    """

    level: Literal["job"] = "job"
    status: Literal["running"] = "running"


class Step(_Details, _Finished, _Component):
    """A part of a job; has no queue time and no dependencies. API, `CIAppPipelineEventStep`."""

    level: Literal["step"] = "step"
    status: Literal["success", "error"]
    stage_id: Text | None = None
    stage_name: Text | None = None
    job_id: Text | None = None
    job_name: Text | None = None
    url: Text | None = None


def _which(value: object) -> str:
    """The model for a resource: level and status tell it."""
    if isinstance(value, Mapping):
        level, status = value.get("level"), value.get("status")
    else:
        level, status = getattr(value, "level", None), getattr(value, "status", None)
    return (
        f"running {level}" if status == "running" and level in ("pipeline", "job") else str(level)
    )


Resource = Annotated[
    Annotated[Pipeline, Tag("pipeline")]
    | Annotated[RunningPipeline, Tag("running pipeline")]
    | Annotated[Stage, Tag("stage")]
    | Annotated[Job, Tag("job")]
    | Annotated[RunningJob, Tag("running job")]
    | Annotated[Step, Tag("step")],
    Discriminator(_which),
]
"""One of the four levels. API, `CIAppCreatePipelineEventRequestAttributesResource`."""


class Attributes(Model):
    """An event's content. API, `CIAppCreatePipelineEventRequestAttributes`.

    `service` tells instances of one provider apart.
    """

    provider_name: Name = "pytest"
    env: Text | None = None
    service: Text | None = None
    resource: Resource


class Event(Model):
    """One element of a request's `data`. API, `CIAppCreatePipelineEventRequestData`."""

    type: Literal["cipipeline_resource_request"] = "cipipeline_resource_request"
    attributes: Attributes

    def wire(self) -> bytes:
        """The event as it is sent: compact ASCII JSON without nulls, in the order of the fields.

        Of an event read with `from_wire` from what `wire` has written, the same bytes.
        """
        return _ENCODE(self.model_dump(mode="json", exclude_none=True)).encode("ascii")

    @classmethod
    def from_wire(cls, line: bytes | str) -> Event:
        """The event on a line of a journal.

        Raises:
            InvalidEventError: the line is not an event that the API would take.
        """
        try:
            return cls.model_validate_json(line)
        except ValidationError as problem:
            raise _complaint(problem, "event") from None
