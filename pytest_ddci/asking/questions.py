"""Questions about events, and the two that answer them: Datadog and the journals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pytest_ddci.answers import AggregateAnswer, EventsAnswer

if TYPE_CHECKING:
    from pytest_ddci.client import Client
    from pytest_ddci.queries import AggregateRequest, SearchRequest


class Questions(Protocol):
    """Who can be asked."""

    def events(self, request: SearchRequest) -> EventsAnswer:
        """One page of events.

        Raises:
            DdciError: there is no answer.
        """

    def aggregate(self, request: AggregateRequest) -> AggregateAnswer:
        """All buckets.

        Raises:
            DdciError: there is no answer.
        """


class Api(Protocol):
    """The read side of the API as functions; `LocalApi` is one."""

    def events(self, request: SearchRequest) -> dict[str, Any]:
        """The answer of a search, as JSON."""

    def aggregate(self, request: AggregateRequest) -> dict[str, Any]:
        """The answer of an aggregation, as JSON."""


class Datadog:
    """Questions to Datadog."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def events(self, request: SearchRequest) -> EventsAnswer:
        """See `Questions`."""
        asked, page = request.filter, request.page
        return self._client.search_events(
            asked.query,
            asked.from_,
            asked.to,
            sort=request.sort,
            limit=page.limit,
            cursor=page.cursor,
        )

    def aggregate(self, request: AggregateRequest) -> AggregateAnswer:
        """See `Questions`."""
        asked = request.filter
        return self._client.aggregate(
            request.compute, asked.query, asked.from_, asked.to, group_by=request.group_by
        )


class Journals:
    """Questions to the journals."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def events(self, request: SearchRequest) -> EventsAnswer:
        """See `Questions`."""
        return EventsAnswer.of(self._api.events(request))

    def aggregate(self, request: AggregateRequest) -> AggregateAnswer:
        """See `Questions`."""
        return AggregateAnswer.of(self._api.aggregate(request))
