"""The requests that the arguments of the client's methods stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pytest_ddci.queries import AggregateRequest, SearchRequest
from pytest_ddci.request import Request

if TYPE_CHECKING:
    from pytest_ddci.queries import Compute, GroupBy, Sort

Part = TypeVar("Part", bound=Request)
Time: TypeAlias = str | int | datetime
"""A time as `moments.moment` takes it, or an aware datetime."""
One: TypeAlias = Part | Mapping[str, Any] | str
Several: TypeAlias = One[Part] | Iterable[One[Part]]
"""A part of a request, or many: a model, its fields, or the one field that it needs."""


def events_request(  # noqa: PLR0913, PLR0917 - the fields of the request
    query: str,
    from_: Time,
    to: Time,
    sort: Sort | None,
    limit: int,
    options: Mapping[str, object] | None = None,
    cursor: str | None = None,
) -> SearchRequest:
    """The request for a page of events; an argument that is None is not part of it.

    Raises:
        QueryError: an argument is not what the API allows.
    """
    return SearchRequest.of(
        {
            "filter": {"query": query, "from": from_, "to": to},
            "options": _given(options or {}),
            "page": {"limit": limit, "cursor": cursor},
            "sort": sort,
        }
    )


def aggregate_request(  # noqa: PLR0913, PLR0917 - the fields of the request
    compute: Several[Compute],
    query: str,
    from_: Time,
    to: Time,
    group_by: Several[GroupBy],
    options: Mapping[str, object],
) -> AggregateRequest:
    """The request for buckets; an argument that is None or empty is not part of it.

    Raises:
        QueryError: an argument is not what the API allows.
    """
    return AggregateRequest.of(
        {
            "compute": _each(compute, "aggregation"),
            "filter": {"query": query, "from": from_, "to": to},
            "group_by": _each(group_by, "facet") or None,
            "options": _given(options),
        }
    )


def _given(options: Mapping[str, object]) -> Mapping[str, object] | None:
    return options if any(value is not None for value in options.values()) else None


def _each(given: Several[Part], field: str) -> list[object]:
    parts = [given] if isinstance(given, (str, Mapping, Request)) else given
    return [{field: part} if isinstance(part, str) else part for part in parts]
