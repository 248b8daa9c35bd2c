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
from datetime import datetime, timedelta, timezone
from json import JSONEncoder
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pytest_ddci import limits
from pytest_ddci.errors import InvalidEventError

if TYPE_CHECKING:
    from collections.abc import Callable

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
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def _fit(make: Callable[[str], str]) -> BeforeValidator:
    """Makes a text fit before it is validated; what is no text is left to the validation."""
    return BeforeValidator(lambda value: make(value) if isinstance(value, str) else value)


def _moment(value: object) -> datetime:
    """A moment in UTC, from an aware datetime or an RFC 3339 text."""
    if isinstance(value, str):
        try:
            return _EPOCH + timedelta(microseconds=limits.parse_rfc3339(value) // 1_000)
        except OverflowError:
            raise ValueError(f"{value!r} is not within the years 1 to 9999") from None
    if not isinstance(value, datetime):
        raise ValueError(f"a datetime or an RFC 3339 text is needed, not {type(value).__name__}")  # noqa: TRY004 - pydantic reports ValueError only
    if value.utcoffset() is None:
        raise ValueError("a time without a time zone: make the datetime aware")
    return _EPOCH + (value - _EPOCH)


def _rfc3339(moment: datetime) -> str:
    return limits.rfc3339((moment - _EPOCH) // _MICROSECOND * 1_000)


def _tags(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(limits.sanitise_tags(value)[0])
    if isinstance(value, (list, tuple)):
        return tuple(limits.sanitise_tag_texts(value)[0])
    return value


def _metrics(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(limits.sanitise_metrics(value)[0])
    if isinstance(value, (list, tuple)):
        return tuple(limits.sanitise_metric_texts(value)[0])
    return value


def _parameters(value: object) -> object:
    return limits.sanitise_parameters(value) if isinstance(value, Mapping) else value


def _sha(value: str) -> str:
    found = limits.sha(value)
    if found is None:
        raise ValueError("40 hexadecimal digits are needed")
    return found


_Text = Annotated[str, Field(strict=True), _fit(limits.name)]
_Name = Annotated[str, Field(strict=True, min_length=1), _fit(limits.name)]
_Flag = Annotated[bool, Field(strict=True)]
_Moment = Annotated[
    datetime, BeforeValidator(_moment), PlainSerializer(_rfc3339, return_type=str, when_used="json")
]
_Milliseconds = Annotated[int, Field(strict=True, ge=0, le=limits.QUEUE_TIME)]
_Tags = Annotated[tuple[str, ...], BeforeValidator(_tags)]
_Metrics = Annotated[tuple[str, ...], BeforeValidator(_metrics)]
_Parameters = Annotated[dict[str, str], BeforeValidator(_parameters)]


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

    repository_url: _Name
    sha: Annotated[str, Field(strict=True), _fit(_sha)]
    author_email: _Name
    author_name: _Text | None = None
    author_time: _Moment | None = None
    commit_time: _Moment | None = None
    committer_email: _Text | None = None
    committer_name: _Text | None = None
    message: Annotated[str, Field(strict=True), _fit(limits.commit_message)] | None = None
    default_branch: _Text | None = None
    tag: _Text | None = None
    branch: _Text | None = None

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
                _moment(known.get(field))
            except ValueError:
                known.pop(field, None)
        if not limits.sha(known.get("sha")) or not {"repository_url", "author_email"} <= set(known):
            return None
        return cls.model_validate(known)


class Node(Model):
    """The host that ran it. API, `CIAppHostInfo`."""

    hostname: _Text | None = None
    name: _Text | None = None
    labels: tuple[_Text, ...] | None = None
    workspace: _Text | None = None


class CIError(Model):
    """Why it failed. API, `CIAppCIError`.

    Domain `user`: the developer's code; `provider`: the environment it ran in.
    """

    message: Annotated[str, Field(strict=True), _fit(limits.message)] | None = None
    type: Annotated[str, Field(strict=True), _fit(limits.error_type)] | None = None
    stack: Annotated[str, Field(strict=True), _fit(limits.stack)] | None = None
    domain: Literal["provider", "user", "unknown"] | None = None


class ParentPipeline(Model):
    """The pipeline that triggered this one. API, `CIAppPipelineEventParentPipeline`."""

    id: _Name
    url: _Text | None = None


class PreviousAttempt(Model):
    """The pipeline this one retries. API, `CIAppPipelineEventPreviousPipeline`."""

    id: _Name
    url: _Text | None = None


class _Resource(Model):
    """What every level begins with; `level` is the first key on the wire."""

    level: str
    status: str
    name: _Name
    start: _Moment


class _Component(_Resource):
    """What belongs to a pipeline; `pipeline_name` must be exactly the pipeline's `name`."""

    id: _Name
    pipeline_unique_id: _Name
    pipeline_name: _Name


class _Finished(_Resource):
    """What has an end: not before the start, and within a year of it (API, operation text)."""

    end: _Moment

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"ends {_rfc3339(self.end)}, before its start {_rfc3339(self.start)}")
        if (self.end - self.start) // _MICROSECOND * 1_000 > limits.YEAR_NS:
            raise ValueError(f"takes {self.end - self.start}, longer than 365 days")
        return self


class _Details(_Resource):
    """What every level may have."""

    error: CIError | None = None
    parameters: _Parameters | None = None
    tags: _Tags | None = None
    metrics: _Metrics | None = None
    node: Node | None = None
    git: Git | None = None


class _Queued(_Resource):
    """What may have waited: `queue_time` in milliseconds, not part of start to end."""

    queue_time: _Milliseconds | None = None


class _Pipeline(_Details, _Queued):
    unique_id: _Name
    url: _Name
    partial_retry: _Flag
    pipeline_id: _Name | None = None
    previous_attempt: PreviousAttempt | None = None
    parent_pipeline: ParentPipeline | None = None
    is_manual: _Flag | None = None
    is_resumed: _Flag | None = None


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
    dependencies: tuple[_Name, ...] | None = None


class _Job(_Details, _Queued, _Component):
    url: _Name
    stage_id: _Text | None = None
    stage_name: _Text | None = None
    dependencies: tuple[_Name, ...] | None = None


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
    stage_id: _Text | None = None
    stage_name: _Text | None = None
    job_id: _Text | None = None
    job_name: _Text | None = None
    url: _Text | None = None


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

    provider_name: _Name = "pytest"
    env: _Text | None = None
    service: _Text | None = None
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
