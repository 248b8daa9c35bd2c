"""What the read side answers: one model per answer of list, search and aggregate, and errors.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/, schemas
`CIAppPipelineEventsResponse`, `CIAppPipelinesAnalyticsAggregateResponse`, `APIErrorResponse` and
`HTTPCIAppErrors`.

Liberal in what they read: every field may be absent or null, words may be new, and fields that
are not documented are kept and can be read as attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from pytest_ddci.request import complaints

if TYPE_CHECKING:
    from typing_extensions import Self


class ReadAnswer(BaseModel):
    """An answer or a part of one."""

    model_config = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        if isinstance(value, Mapping):
            return {name: each for name, each in value.items() if each is not None}
        return value

    @classmethod
    def of(cls, value: object) -> Self:
        """The answer in a decoded JSON body.

        Raises:
            ValueError: it is another; the message says where, in one line.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as problem:
            raise ValueError("; ".join(complaints(problem)[:3])) from None


class CIEventAttributes(ReadAnswer):
    """API, `CIAppPipelineEventAttributes`.

    Attributes:
        attributes: the nested tree that queries call `@ci.status` and so on; `start` and
            `duration` are in nanoseconds.
        ci_level: pipeline, stage, job, step or custom.
        tags: such as `team:a`.
    """

    attributes: dict[str, Any] = {}
    ci_level: str | None = None
    tags: tuple[str, ...] = ()


class CIEvent(ReadAnswer):
    """An event as it is kept. API, `CIAppPipelineEvent`."""

    id: str | None = None
    type: str | None = None
    attributes: CIEventAttributes = CIEventAttributes()

    @property
    def level(self) -> str | None:
        """Which level it is: pipeline, stage, job, step or custom."""
        return self.attributes.ci_level

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags, such as `team:a`."""
        return self.attributes.tags

    def get(self, path: str, default: Any = None) -> Any:  # noqa: ANN401 - any JSON
        """The attribute that a query calls by this path, with or without its `@`.

        Args:
            path: such as `@ci.pipeline.name`.
            default: what to give when there is none.
        """
        found: Any = self.attributes.attributes
        path = path.removeprefix("@")
        if path in found:
            return found[path]
        for name in path.split("."):
            if not isinstance(found, Mapping) or name not in found:
                return default
            found = found[name]
        return found


class AnswerWarning(ReadAnswer):
    """What went wrong without failing the query; results may be partial. API, `CIAppWarning`."""

    code: str | None = None
    detail: str | None = None
    title: str | None = None

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.title or self.code, self.detail))) or "no words given"


class AnswerPage(ReadAnswer):
    """API, `CIAppResponsePage`: `after` is the cursor of the next page."""

    after: str | None = None


class AnswerMeta(ReadAnswer):
    """API, `CIAppResponseMetadataWithPagination`.

    Attributes:
        elapsed: milliseconds.
        request_id: names the request to Datadog's support.
        status: `done`, or `timeout` where the results are partial.
    """

    elapsed: int | None = None
    page: AnswerPage = AnswerPage()
    request_id: str | None = None
    status: str | None = None
    warnings: tuple[AnswerWarning, ...] = ()


class AnswerLinks(ReadAnswer):
    """API, `CIAppResponseLinks`: `next` is the address of the next page."""

    next: str | None = None


class _Results(ReadAnswer):
    links: AnswerLinks = AnswerLinks()
    meta: AnswerMeta = AnswerMeta()

    @property
    def cursor(self) -> str | None:
        """The cursor of the next page; the API also gives one with its last page."""
        return self.meta.page.after or None

    @property
    def timed_out(self) -> bool:
        """Whether the API ran out of time; there may be more results than it gave."""
        return self.meta.status == "timeout"

    @property
    def warnings(self) -> tuple[AnswerWarning, ...]:
        """What the API warns of; there may be more results than it gave."""
        return self.meta.warnings

    @property
    def partial(self) -> bool:
        """Whether there may be more results than the API gave, other pages apart."""
        return self.timed_out or bool(self.warnings)


class EventsAnswer(_Results):
    """One page of events. API, `CIAppPipelineEventsResponse`."""

    data: tuple[CIEvent, ...] = ()


class Point(ReadAnswer):
    """A value of a timeseries. API, `CIAppAggregateBucketValueTimeseriesPoint`.

    Attributes:
        time: when its interval begins, ISO 8601.
    """

    time: str | None = None
    value: float | None = None


class Bucket(ReadAnswer):
    """The values of one group. API, `CIAppPipelinesBucketResponse`.

    Attributes:
        by: the group: the facets as they were asked for, and their values.
        computes: `c0`, `c1` and so on, in the order of the request: a number, a text, or the
            points of a timeseries.
    """

    by: dict[str, Any] = {}
    computes: dict[str, bool | int | float | str | tuple[Point, ...] | None] = {}


class Buckets(ReadAnswer):
    """API, `CIAppPipelinesAggregationBucketsResponse`."""

    buckets: tuple[Bucket, ...] = ()


class AggregateAnswer(_Results):
    """All buckets. API, `CIAppPipelinesAnalyticsAggregateResponse`."""

    data: Buckets = Buckets()

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """The buckets, in the order of the answer."""
        return self.data.buckets


class ReadErrors(ReadAnswer):
    """An error of the read side. API, `APIErrorResponse`."""

    errors: tuple[str, ...] = ()


class IntakeError(ReadAnswer):
    """One error of the intake; `status` is a text. API, `HTTPCIAppError`."""

    detail: str | None = None
    status: str | None = None
    title: str | None = None


class IntakeErrors(ReadAnswer):
    """An error of the intake. API, `HTTPCIAppErrors`."""

    errors: tuple[IntakeError, ...] = ()


def error_texts(answer: object) -> tuple[str, ...]:
    """The texts of a decoded answer of either shape of error, or of a mixture; else none."""
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    found = []
    for error in errors if isinstance(errors, (list, tuple)) else (errors,):
        said = error
        if isinstance(error, Mapping):
            said = error.get("detail") or error.get("title")
        if isinstance(said, str):
            found.append(said)
    return tuple(found)
