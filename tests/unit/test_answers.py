from __future__ import annotations

from typing import Any

import pytest
from datadog_api_client.v2.model.api_error_response import APIErrorResponse
from datadog_api_client.v2.model.ci_app_pipeline_events_response import CIAppPipelineEventsResponse
from datadog_api_client.v2.model.ci_app_pipelines_analytics_aggregate_response import (
    CIAppPipelinesAnalyticsAggregateResponse,
)
from datadog_api_client.v2.model.httpci_app_errors import HTTPCIAppErrors

from pytest_ddci.answers import (
    AggregateAnswer,
    CIEvent,
    EventsAnswer,
    IntakeErrors,
    Point,
    ReadErrors,
    error_texts,
)
from tests.official_reads import there_and_back

EVENT = {
    "id": "AgAAAYP5t3dw",
    "type": "cipipeline",
    "attributes": {
        "ci_level": "job",
        "tags": ["source:apm", "team:a"],
        "attributes": {
            "start": 1_666_339_449_000_000_000,
            "duration": 2_445_000_000_000,
            "flat.key": "flat",
            "ci": {
                "status": "success",
                "pipeline": {"name": "MacOS Agent tests", "id": "3295791228-1"},
                "parameters": ["KEY:value"],
            },
        },
    },
}
EVENTS = {
    "data": [EVENT],
    "links": {"next": "https://api.datadoghq.com/api/v2/ci/pipelines/events?page%5Bcursor%5D=abc"},
    "meta": {
        "elapsed": 24,
        "page": {"after": "abc"},
        "request_id": "pddv1",
        "status": "done",
        "warnings": [{"code": "unknown_index", "detail": "indexes: foo", "title": "Missing"}],
    },
}
BUCKETS = {
    "data": {
        "buckets": [
            {"by": {"@ci.status": "success"}, "computes": {"c0": 345.0, "c1": "gitlab"}},
            {"by": {}, "computes": {"c0": [{"time": "2023-06-29T09:40:00.000Z", "value": 154.0}]}},
        ]
    },
    "meta": {"elapsed": 90, "request_id": "pddv1", "status": "done"},
}


def dumped(answer: Any) -> Any:  # noqa: ANN401 - any answer
    return answer.model_dump(mode="json", exclude_unset=True)


def test_a_page_of_events_says_the_same_as_in_the_official_client() -> None:
    answer = EventsAnswer.of(EVENTS)
    assert dumped(answer) == EVENTS == there_and_back(EVENTS, CIAppPipelineEventsResponse)
    assert answer.cursor == "abc"
    assert answer.meta.elapsed == 24
    assert not answer.timed_out


def test_buckets_say_the_same_as_in_the_official_client() -> None:
    answer = AggregateAnswer.of(BUCKETS)
    assert dumped(answer) == BUCKETS
    official = there_and_back(BUCKETS, CIAppPipelinesAnalyticsAggregateResponse)
    assert official["data"]["buckets"][0] == BUCKETS["data"]["buckets"][0]  # type: ignore[index] # as above
    assert answer.buckets[0].by == {"@ci.status": "success"}
    assert answer.buckets[1].computes["c0"] == (
        Point(time="2023-06-29T09:40:00.000Z", value=154.0),
    )


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None, "links": None, "meta": None},
        {"data": [], "meta": {"elapsed": 24, "request_id": "x", "status": "done"}},
        {"data": [], "meta": {"page": {"after": ""}}},
        {"data": [], "meta": {"page": {}}},
    ],
    ids=str,
)
def test_all_that_is_missing_is_none(answer: dict[str, Any]) -> None:
    page = EventsAnswer.of(answer)
    assert page.data == ()
    assert page.cursor is None
    assert page.links.next is None
    assert not page.partial


def test_no_buckets_are_no_buckets() -> None:
    assert (
        AggregateAnswer.of({}).buckets
        == AggregateAnswer.of({"data": {"buckets": None}}).buckets
        == ()
    )


def test_a_function_without_values_has_none() -> None:
    [bucket] = AggregateAnswer.of({"data": {"buckets": [{"computes": {"c0": None}}]}}).buckets
    assert bucket.computes == {"c0": None}


def test_what_is_not_documented_is_kept() -> None:
    answer = EventsAnswer.of({**EVENTS, "included": [1], "meta": {"status": "late", "cost": 5}})
    assert answer.model_extra == {"included": [1]}
    assert answer.meta.status == "late"
    assert answer.meta.model_extra == {"cost": 5}


@pytest.mark.parametrize(
    ("meta", "timed_out", "warnings"),
    [
        ({"status": "timeout"}, True, []),
        (
            {"warnings": [{"title": "Some", "detail": "d"}, {"code": "c"}, {}]},
            False,
            ["Some: d", "c", "no words given"],
        ),
    ],
    ids=["timeout", "warnings"],
)
def test_partial_results_say_so(meta: dict[str, Any], timed_out: bool, warnings: list[str]) -> None:  # noqa: FBT001 - a case
    for answer in (EventsAnswer.of({"meta": meta}), AggregateAnswer.of({"meta": meta})):
        assert answer.partial
        assert answer.timed_out is timed_out
        assert [str(each) for each in answer.warnings] == warnings


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("@ci.pipeline.name", "MacOS Agent tests"),
        ("ci.status", "success"),
        ("@duration", 2_445_000_000_000),
        ("@flat.key", "flat"),
        ("@ci.parameters", ["KEY:value"]),
        ("@ci.status.deeper", "none"),
        ("@nothing.here", "none"),
        ("", "none"),
    ],
)
def test_an_attribute_is_found_by_the_path_that_queries_use(path: str, value: object) -> None:
    event = CIEvent.of(EVENT)
    assert event.get(path, "none") == value
    assert (event.level, event.tags) == ("job", ("source:apm", "team:a"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([], "The request: Input should be a valid dictionary"),
        ({"data": 5}, "Field 'data' is invalid: Input should be a valid tuple, not 5"),
        ({"data": [5]}, r"Field 'data\[0\]' is invalid"),
        ({"data": [{"attributes": {"tags": 5}}]}, r"Field 'data\[0\].attributes.tags' is invalid"),
        ({"meta": []}, "Field 'meta' is invalid"),
    ],
    ids=str,
)
def test_what_is_no_answer_is_a_value_error_that_says_where(answer: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EventsAnswer.of(answer)


def test_both_shapes_of_error_are_those_of_the_official_client() -> None:
    read = {"errors": ["Bad Request"]}
    sent = {"errors": [{"detail": "Malformed", "status": "400", "title": "Bad Request"}]}
    assert dumped(ReadErrors.of(read)) == read == there_and_back(read, APIErrorResponse)
    assert dumped(IntakeErrors.of(sent)) == sent == there_and_back(sent, HTTPCIAppErrors)
    assert IntakeErrors.of({"errors": [{"status": 400}]}).errors[0].status == "400"


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ({"errors": ["Bad Request", "Worse"]}, ("Bad Request", "Worse")),
        (
            {"errors": [{"detail": "Malformed", "title": "Bad"}, {"title": "Bad"}]},
            ("Malformed", "Bad"),
        ),
        ({"errors": ["a", {"detail": "b"}, {}, 5, None]}, ("a", "b")),
        ({"errors": "one"}, ("one",)),
        ({"errors": None}, ()),
        ({"error": "x"}, ()),
        (None, ()),
        ([], ()),
    ],
    ids=str,
)
def test_the_texts_of_errors_are_found_in_either_shape(
    answer: object, texts: tuple[str, ...]
) -> None:
    assert error_texts(answer) == texts
