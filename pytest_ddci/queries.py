"""What is asked of the read side: one model per request of list, search and aggregate.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/, schemas
`CIAppPipelineEventsRequest`, `CIAppPipelinesAggregateRequest` and what they refer to; field names,
defaults, bounds and words are theirs. What the API answers is in `answers`.

Models are frozen and strict, so that what is wrong is said about the field it is wrong in, by a
server as by a client: a field that the API does not know is refused, because a misspelt limit
that goes unnoticed is a wrong answer. Null and absent are one thing.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from pytest_ddci import moments
from pytest_ddci.errors import QueryError
from pytest_ddci.request import (
    INT64,
    Interval,
    Name,
    Number,
    Request,
    Text,
    Time,
    Total,
    Value,
    complaints,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

MAX_PAGE = 1_000
"""Events on one page at most (API schema)."""
MAX_BINS = 100
"""Buckets of a histogram at most (API schema)."""

Aggregation = Literal[
    "count",
    "cardinality",
    "pc75",
    "pc90",
    "pc95",
    "pc98",
    "pc99",
    "sum",
    "min",
    "max",
    "avg",
    "median",
    "latest",
    "earliest",
    "most_frequent",
    "delta",
]
Sort = Literal["timestamp", "-timestamp"]
Order = Literal["asc", "desc"]

_DAY = 86_400
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "filter[query]": ("filter", "query"),
    "filter[from]": ("filter", "from"),
    "filter[to]": ("filter", "to"),
    "sort": ("sort",),
    "page[cursor]": ("page", "cursor"),
    "page[limit]": ("page", "limit"),
}


class QueryFilter(Request):
    """Which events are meant. API, `CIAppPipelinesQueryFilter`.

    Attributes:
        from_: `from` on the wire; a time as `moments.moment` takes it, or an aware datetime.
        query: in the syntax of the CI Visibility explorer.
        to: as `from_`.
    """

    from_: Time = Field(moments.FROM, alias="from")
    query: Text = "*"
    to: Time = moments.TO

    def window(self, now_ns: int) -> tuple[int, int]:
        """Both ends in nanoseconds since the epoch.

        Raises:
            QueryError: the window ends before it begins.
        """
        return moments.window(self.from_, self.to, now_ns)

    def absolute(self, now_ns: int) -> QueryFilter:
        """The same filter with times that do not move while pages are turned."""
        times = {"from": self.from_, "to": self.to}
        fixed = {
            name: moments.absolute(time, now_ns) if moments.is_relative(time) else time
            for name, time in times.items()
        }
        return QueryFilter.of({"query": self.query, **fixed})


class QueryOptions(Request):
    """Where the days begin. API, `CIAppQueryOptions`: a timezone or an offset, not both.

    Attributes:
        timezone: `UTC`, `GMT`, `UTC+1` or a name of the Timezone Database.
        time_offset: seconds; less than a day either way.
    """

    timezone: Text = "UTC"
    time_offset: Annotated[int, Field(strict=True, gt=-_DAY, lt=_DAY)] | None = None

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        moments.zone(name)
        return name

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if {"timezone", "time_offset"} <= self.model_fields_set:
            raise ValueError("timezone or time_offset, not both")
        return self

    @property
    def zone(self) -> tzinfo:
        """The time zone that either of the two means."""
        if self.time_offset is not None:
            return timezone(timedelta(seconds=self.time_offset))
        return moments.zone(self.timezone)


class Page(Request):
    """Which part of the events. API, `CIAppQueryPageOptions`.

    Attributes:
        cursor: `meta.page.after` of the page before.
        limit: events on the page, at most 1,000.
    """

    cursor: Name | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=MAX_PAGE)] = 10


class SearchRequest(Request):
    """Which events to give. API, `CIAppPipelineEventsRequest` and the parameters of list.

    Attributes:
        sort: by the end of the execution; newest first when it is not given, as recorded from
            the API, which documents no default.
    """

    filter: QueryFilter = QueryFilter()
    options: QueryOptions = QueryOptions()
    page: Page = Page()
    sort: Sort | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> SearchRequest:
        """The request in the parameters of a GET, `filter[query]` and so on.

        Raises:
            QueryError: they are not those; one text for each that is wrong.
        """
        value: dict[str, Any] = {}
        for name, text in parameters.items():
            if name not in _PARAMETERS:
                raise QueryError(
                    f"Parameter {shown(name)} is not known: expected {', '.join(_PARAMETERS)}"
                )
            *group, last = _PARAMETERS[name]
            number = name == "page[limit]" and _INTEGER.fullmatch(text)
            (value.setdefault(group[0], {}) if group else value)[last] = (
                int(text) if number else text
            )
        try:
            return cls.model_validate(value)
        except ValidationError as problem:
            raise QueryError(*complaints(problem, parameters=True)) from None

    def absolute(self, now_ns: int) -> SearchRequest:
        """The same request with times that do not move while pages are turned."""
        return SearchRequest.of({**self.body(), "filter": self.filter.absolute(now_ns).body()})

    def at(self, cursor: str | None) -> SearchRequest:
        """The same request for the page at that cursor; None is the first."""
        page = {**self.page.body(), "cursor": cursor}
        return SearchRequest.of({**self.body(), "page": page})

    def parameters(self) -> dict[str, str]:
        """The request as the parameters of a GET; options have no place there."""
        body = self.body()
        found = {}
        for name, path in _PARAMETERS.items():
            value: Any = body
            for step in path:
                value = value.get(step, {})
            if value != {}:
                found[name] = str(value)
        return found


class Compute(Request):
    """What to compute of the events of a bucket. API, `CIAppCompute`.

    Attributes:
        aggregation: the function.
        metric: such as `@duration`; every function but `count` needs one.
        type: one value, or one for each interval.
        interval: the width of the intervals, such as `5m`; 150 points by default.
    """

    aggregation: Aggregation
    metric: Name | None = Field(None, validate_default=True)
    type: Literal["total", "timeseries"] = "total"
    interval: Interval | None = None

    @field_validator("metric")
    @classmethod
    def _is_needed(cls, metric: str | None, info: ValidationInfo) -> str | None:
        function = info.data.get("aggregation", "count")
        if metric is None and function != "count":
            raise ValueError(f"{function} needs a metric, such as @duration")
        return metric


class GroupSort(Request):
    """In which order to give the groups of a facet. API, `CIAppAggregateSort`.

    Attributes:
        type: by the facet's value, or by a measure of the group.
        aggregation: the function of the measure; needed with `measure`.
        metric: what it is computed of; every function but `count` needs one.
        order: `asc` or `desc`; the API documents no default.
    """

    type: Literal["alphabetical", "measure"] = "alphabetical"
    aggregation: Aggregation | None = Field(None, validate_default=True)
    metric: Name | None = Field(None, validate_default=True)
    order: Order | None = None

    @field_validator("aggregation")
    @classmethod
    def _is_needed(cls, aggregation: str | None, info: ValidationInfo) -> str | None:
        if aggregation is None and info.data.get("type") == "measure":
            raise ValueError("a measure needs an aggregation, such as count")
        return aggregation

    @field_validator("metric")
    @classmethod
    def _is_computable(cls, metric: str | None, info: ValidationInfo) -> str | None:
        function = info.data.get("aggregation")
        needed = info.data.get("type") == "measure" and function not in {None, "count"}
        if metric is None and needed:
            raise ValueError(f"{function} needs a metric, such as @duration")
        return metric


class Histogram(Request):
    """Bins of a numeric facet, at most 100. API, `CIAppGroupByHistogram`.

    Values below `min` and above `max` are left out.
    """

    interval: Annotated[Number, Field(gt=0)]
    min: Number
    max: Number

    @field_validator("max")
    @classmethod
    def _has_few_bins(cls, highest: float, info: ValidationInfo) -> float:
        if not {"interval", "min"} <= set(info.data):
            return highest
        bins = (highest - info.data["min"]) / info.data["interval"]
        if bins <= 0:
            raise ValueError(f"greater than min is needed, not {highest:g}")
        if bins > MAX_BINS * (1 + 1e-9):
            raise ValueError(f"{bins:.6g} bins: at most {MAX_BINS} are allowed")
        return highest


class GroupBy(Request):
    """By what to group. API, `CIAppPipelinesGroupBy`.

    Attributes:
        facet: such as `@ci.status`; the key of its value in the answer.
        limit: groups at most.
        sort: which groups come first.
        histogram: bins in place of single values.
        missing: the value that events without the facet are counted under; they are left out
            when it is not given.
        total: whether to add a bucket over all groups, or what to call it.
    """

    facet: Name
    limit: Annotated[int, Field(strict=True, ge=1, le=INT64)] = 10
    sort: GroupSort = GroupSort()
    histogram: Histogram | None = None
    missing: Value | None = None
    total: Total = False


class AggregateRequest(Request):
    """What to compute of which events. API, `CIAppPipelinesAggregateRequest`.

    It has no page: all buckets are in one answer.
    """

    compute: tuple[Compute, ...] = ()
    filter: QueryFilter = QueryFilter()
    group_by: tuple[GroupBy, ...] = ()
    options: QueryOptions = QueryOptions()
