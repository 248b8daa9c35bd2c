"""Datadog's own client against `ddci serve`: all four operations, as the API's examples ask.

The requests are those of the examples at
https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/; only the server's address differs.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v2.api.ci_visibility_pipelines_api import CIVisibilityPipelinesApi
from datadog_api_client.v2.model.ci_app_aggregate_sort import CIAppAggregateSort
from datadog_api_client.v2.model.ci_app_aggregate_sort_type import CIAppAggregateSortType
from datadog_api_client.v2.model.ci_app_aggregation_function import CIAppAggregationFunction
from datadog_api_client.v2.model.ci_app_compute import CIAppCompute
from datadog_api_client.v2.model.ci_app_compute_type import CIAppComputeType
from datadog_api_client.v2.model.ci_app_create_pipeline_event_request import (
    CIAppCreatePipelineEventRequest,
)
from datadog_api_client.v2.model.ci_app_create_pipeline_event_request_attributes import (
    CIAppCreatePipelineEventRequestAttributes,
)
from datadog_api_client.v2.model.ci_app_create_pipeline_event_request_data import (
    CIAppCreatePipelineEventRequestData,
)
from datadog_api_client.v2.model.ci_app_create_pipeline_event_request_data_type import (
    CIAppCreatePipelineEventRequestDataType,
)
from datadog_api_client.v2.model.ci_app_git_info import CIAppGitInfo
from datadog_api_client.v2.model.ci_app_pipeline_event_finished_job import (
    CIAppPipelineEventFinishedJob,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_finished_pipeline import (
    CIAppPipelineEventFinishedPipeline,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_in_progress_job import (
    CIAppPipelineEventInProgressJob,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_in_progress_pipeline import (
    CIAppPipelineEventInProgressPipeline,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_job_in_progress_status import (
    CIAppPipelineEventJobInProgressStatus,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_job_level import CIAppPipelineEventJobLevel
from datadog_api_client.v2.model.ci_app_pipeline_event_job_status import CIAppPipelineEventJobStatus
from datadog_api_client.v2.model.ci_app_pipeline_event_pipeline_in_progress_status import (
    CIAppPipelineEventPipelineInProgressStatus,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_pipeline_level import (
    CIAppPipelineEventPipelineLevel,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_pipeline_status import (
    CIAppPipelineEventPipelineStatus,
)
from datadog_api_client.v2.model.ci_app_pipeline_events_request import CIAppPipelineEventsRequest
from datadog_api_client.v2.model.ci_app_pipelines_aggregate_request import (
    CIAppPipelinesAggregateRequest,
)
from datadog_api_client.v2.model.ci_app_pipelines_group_by import CIAppPipelinesGroupBy
from datadog_api_client.v2.model.ci_app_pipelines_query_filter import CIAppPipelinesQueryFilter
from datadog_api_client.v2.model.ci_app_query_options import CIAppQueryOptions
from datadog_api_client.v2.model.ci_app_query_page_options import CIAppQueryPageOptions
from datadog_api_client.v2.model.ci_app_sort import CIAppSort
from datadog_api_client.v2.model.ci_app_sort_order import CIAppSortOrder

from tests.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

GIT = {
    "repository_url": "https://github.com/DataDog/datadog-agent",
    "sha": "7f263865994b76066c4612fd1965215e7dcb4cd2",
    "author_email": "john.doe@email.com",
}
PIPELINE_LEVEL = CIAppPipelineEventPipelineLevel.PIPELINE
SUCCESS = CIAppPipelineEventPipelineStatus.SUCCESS
GMT = CIAppQueryOptions(timezone="GMT")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def api(served: Served) -> Iterator[CIVisibilityPipelinesApi]:
    with ApiClient(configured(served)) as client:
        yield CIVisibilityPipelinesApi(client)


def configured(served: Served) -> Configuration:
    configuration = Configuration(host=served.url)
    configuration.api_key |= {"apiKeyAuth": "any", "appKeyAuth": "any"}
    return configuration


def ago(seconds: float) -> datetime:
    return datetime.now(timezone.utc) - timedelta(seconds=seconds)


def data(resource: object, **attributes: str) -> CIAppCreatePipelineEventRequestData:
    return CIAppCreatePipelineEventRequestData(
        attributes=CIAppCreatePipelineEventRequestAttributes(resource=resource, **attributes),
        type=CIAppCreatePipelineEventRequestDataType.CIPIPELINE_RESOURCE_REQUEST,
    )


def pipeline(name: str = "Deploy to AWS", ended: float = 30, **fields: object) -> Any:  # noqa: ANN401 - the client has no types
    return CIAppPipelineEventFinishedPipeline(
        level=PIPELINE_LEVEL,
        unique_id=fields.pop("unique_id", str(uuid.uuid4())),
        name=name,
        url="https://my-ci-provider.example/pipelines/my-pipeline/run/1",
        start=ago(ended + 90),
        end=ago(ended),
        status=SUCCESS,
        partial_retry=False,
        **fields,
    )


def job(**fields: object) -> Any:  # noqa: ANN401 - as above
    return CIAppPipelineEventFinishedJob(
        level=CIAppPipelineEventJobLevel.JOB,
        id=str(uuid.uuid4()),
        name="Build image",
        pipeline_unique_id="3eacb6f3-ff04-4e10-8a9c-46e6d054024a",
        pipeline_name="Deploy to AWS",
        start=ago(120),
        end=ago(30),
        status=CIAppPipelineEventJobStatus.ERROR,
        url="https://my-ci-provider.example/jobs/my-jobs/run/1",
        **fields,
    )


def send(api: CIVisibilityPipelinesApi, *resources: object, **attributes: str) -> object:
    """Sends one event, or an array of them."""
    events = [data(each, **attributes) for each in resources]
    # Of an array of its own models the client (2.62) sends nothing but an empty object.
    several = [{"attributes": each.attributes, "type": each.type} for each in events]
    body = CIAppCreatePipelineEventRequest(data=several if len(events) > 1 else events[0])
    return api.create_ci_app_pipeline_event(body=body)


def stored(api: CIVisibilityPipelinesApi, query: str) -> list[dict[str, Any]]:
    """The attributes of the events that match, newest first."""
    found = api.list_ci_app_pipeline_events_with_pagination(
        filter_query=query, filter_from=ago(3_600), page_limit=100
    )
    return [event.to_dict()["attributes"] for event in found]


def new_name() -> str:
    """A name that no other test uses."""
    return f"suite {uuid.uuid4()}"


# Send


def test_a_finished_pipeline_is_accepted_and_found(api: CIVisibilityPipelinesApi) -> None:
    name = new_name()
    send(api, pipeline(name))
    (found,) = stored(api, f'ci_level:pipeline @ci.pipeline.name:"{name}"')
    assert found["ci_level"] == "pipeline"
    assert found["attributes"]["ci"]["status"] == "success"
    assert found["attributes"]["ci"]["provider"] == {"name": "custom"}
    assert found["attributes"]["duration"] == pytest.approx(90e9, rel=0.01)


def test_a_job_with_its_commit_is_accepted_and_found(api: CIVisibilityPipelinesApi) -> None:
    sent = job(git=CIAppGitInfo(**GIT))
    send(api, sent)
    (found,) = stored(api, f"ci_level:job @ci.job.id:{sent.id}")
    git = found["attributes"]["git"]
    assert git["repository"]["name"] == "DataDog/datadog-agent"
    assert git["commit"] == {"sha": GIT["sha"], "author": {"email": GIT["author_email"]}}


def test_what_runs_is_announced_and_gives_way_to_what_has_finished(
    api: CIVisibilityPipelinesApi,
) -> None:
    name, unique_id = new_name(), str(uuid.uuid4())
    started = CIAppPipelineEventInProgressPipeline(
        level=PIPELINE_LEVEL,
        unique_id=unique_id,
        name=name,
        url="https://my-ci-provider.example/pipelines/my-pipeline/run/1",
        start=ago(120),
        status=CIAppPipelineEventPipelineInProgressStatus.RUNNING,
        partial_retry=False,
        git=CIAppGitInfo(**GIT),
    )
    send(api, started)
    assert [each["attributes"]["ci"]["status"] for each in stored(api, f'"{name}"')] == ["running"]
    send(api, pipeline(name, unique_id=unique_id))
    assert [each["attributes"]["ci"]["status"] for each in stored(api, f'"{name}"')] == ["success"]


def test_a_running_job_is_accepted_and_found(api: CIVisibilityPipelinesApi) -> None:
    running = CIAppPipelineEventInProgressJob(
        level=CIAppPipelineEventJobLevel.JOB,
        id=str(uuid.uuid4()),
        name="Build image",
        pipeline_unique_id="3eacb6f3-ff04-4e10-8a9c-46e6d054024a",
        pipeline_name="Deploy to AWS",
        start=ago(120),
        status=CIAppPipelineEventJobInProgressStatus.RUNNING,
        url="https://my-ci-provider.example/jobs/my-jobs/run/1",
    )
    send(api, running)
    (found,) = stored(api, f"@ci.status:running @ci.job.id:{running.id}")
    assert found["attributes"]["ci"]["job"]["name"] == "Build image"


def test_several_pipelines_of_a_provider_are_accepted_at_once(
    api: CIVisibilityPipelinesApi,
) -> None:
    name, provider = new_name(), f"provider-{uuid.uuid4()}"
    send(api, pipeline(name), pipeline(name), provider_name=provider)
    found = stored(api, f"@ci.provider.name:{provider}")
    assert [each["attributes"]["ci"]["pipeline"]["name"] for each in found] == [name, name]


def test_a_compressed_body_is_understood(api: CIVisibilityPipelinesApi) -> None:
    name = new_name()
    api.api_client.default_headers["Content-Encoding"] = "gzip"
    send(api, pipeline(name))
    assert len(stored(api, f'"{name}"')) == 1


# List and search


def test_pages_are_listed_to_the_end(api: CIVisibilityPipelinesApi) -> None:
    name = new_name()
    send(api, *(pipeline(name, ended=number) for number in range(1, 8)))
    items = api.list_ci_app_pipeline_events_with_pagination(
        filter_query=f'"{name}"',
        filter_from=ago(30),
        filter_to=ago(0),
        page_limit=2,
        sort=CIAppSort.TIMESTAMP_DESCENDING,
    )
    starts = [item.attributes.attributes["start"] for item in items]
    assert len(starts) == 7
    assert starts == sorted(starts, reverse=True)


def test_a_search_is_answered(api: CIVisibilityPipelinesApi) -> None:
    name = new_name()
    send(api, pipeline(name), provider_name="github")
    body = CIAppPipelineEventsRequest(
        filter=CIAppPipelinesQueryFilter(
            _from="now-15m", query=f'@ci.provider.name:github AND "{name}"', to="now"
        ),
        options=GMT,
        page=CIAppQueryPageOptions(limit=5),
        sort=CIAppSort.TIMESTAMP_ASCENDING,
    )
    answer = api.search_ci_app_pipeline_events(body=body)
    (event,) = answer.data
    assert str(event.type) == "cipipeline"
    assert str(event.attributes.ci_level) == "pipeline"
    assert str(answer.meta.status) == "done"
    assert answer.links.next.startswith("http://127.0.0.1:")


def test_pages_of_a_search_are_turned_to_the_end(api: CIVisibilityPipelinesApi) -> None:
    name = new_name()
    send(api, *(pipeline(name, ended=number) for number in range(1, 8)))
    body = CIAppPipelineEventsRequest(
        filter=CIAppPipelinesQueryFilter(_from="now-60s", query=f'"{name}"', to="now"),
        options=GMT,
        page=CIAppQueryPageOptions(limit=2),
        sort=CIAppSort.TIMESTAMP_ASCENDING,
    )
    items = api.search_ci_app_pipeline_events_with_pagination(body=body)
    starts = [item.attributes.attributes["start"] for item in items]
    assert len(starts) == 7
    assert starts == sorted(starts)


def test_a_search_with_a_token_in_place_of_keys_is_answered(served: Served) -> None:
    configuration = Configuration(host=served.url)
    configuration.access_token = "token"
    with ApiClient(configuration) as client:
        answer = CIVisibilityPipelinesApi(client).search_ci_app_pipeline_events()
    assert str(answer.meta.status) == "done"


# Aggregate


def aggregate(api: CIVisibilityPipelinesApi, query: str, compute: Any, **group: Any) -> Any:  # noqa: ANN401 - as above
    body = CIAppPipelinesAggregateRequest(
        compute=[compute],
        filter=CIAppPipelinesQueryFilter(_from="now-15m", query=query, to="now"),
        group_by=[CIAppPipelinesGroupBy(facet="@ci.status", limit=10, **group)],
        options=GMT,
    )
    return api.aggregate_ci_app_pipeline_events(body=body).data.buckets


def test_percentiles_are_computed_in_groups(api: CIVisibilityPipelinesApi) -> None:
    name = new_name()
    send(api, pipeline(name), pipeline(name), provider_name="gitlab")
    compute = CIAppCompute(
        aggregation=CIAppAggregationFunction.PERCENTILE_90,
        metric="@duration",
        type=CIAppComputeType.TOTAL,
    )
    query = f'@ci.provider.name:(gitlab OR github) "{name}"'
    (bucket,) = aggregate(api, query, compute, total=False)
    assert bucket.by == {"@ci.status": "success"}
    assert bucket.computes["c0"] == pytest.approx(90e9, rel=0.01)


def test_a_timeseries_is_computed(api: CIVisibilityPipelinesApi) -> None:
    name = new_name()
    send(api, pipeline(name), pipeline(name))
    compute = CIAppCompute(
        aggregation=CIAppAggregationFunction.COUNT,
        interval="1d",
        type=CIAppComputeType.TIMESERIES,
    )
    sort = CIAppAggregateSort(
        type=CIAppAggregateSortType.MEASURE,
        aggregation=CIAppAggregationFunction.COUNT,
        order=CIAppSortOrder.DESCENDING,
    )
    buckets = aggregate(api, f'"{name}"', compute, sort=sort, total="all", missing="none")
    assert [bucket.by["@ci.status"] for bucket in buckets] == ["success", "all"]
    for bucket in buckets:
        points = bucket.computes["c0"]
        points = points if isinstance(points, list) else points.value
        assert sum(point.value for point in points) == 2


def test_nothing_found_is_no_bucket(api: CIVisibilityPipelinesApi) -> None:
    compute = CIAppCompute(aggregation=CIAppAggregationFunction.COUNT)
    assert aggregate(api, '"nobody is called so"', compute) == []


# Refusals


def test_what_is_refused_is_understood_by_the_client(api: CIVisibilityPipelinesApi) -> None:
    with pytest.raises(ApiException) as caught:
        send(api, pipeline(ended=19 * 3_600))
    assert caught.value.status == 400
    assert "cannot be older than 18 hours" in str(caught.value.body)
    with pytest.raises(ApiException) as caught:
        api.list_ci_app_pipeline_events(filter_query="a:(b")
    assert caught.value.status == 400
    assert "column 3" in str(caught.value.body)
