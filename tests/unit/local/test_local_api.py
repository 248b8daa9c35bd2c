"""The read side over journals: what the API would answer, as recorded from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.answers import AggregateAnswer, EventsAnswer
from pytest_ddci.clock import SECOND
from pytest_ddci.errors import QueryError
from pytest_ddci.local.api import LocalApi
from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from pytest_ddci.queries import AggregateRequest, SearchRequest
from tests.fakes import FakeClock
from tests.stored import own_id, sent, write
from tests.wire import START_NS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINUTE = 60 * SECOND


@pytest.fixture
def api(tmp_path: Path) -> Iterator[LocalApi]:
    """Over five jobs, `0` to `4`, a minute apart, the last one of which has just ended."""
    jobs = [sent("job", str(number), START_NS + number * MINUTE) for number in range(5)]
    write(tmp_path / "journals", jobs)
    clock = FakeClock(START_NS + 4 * MINUTE + SECOND)
    with LocalApi(tmp_path / "journals", clock) as made:
        yield made


def search(**body: Any) -> SearchRequest:  # noqa: ANN401 - JSON
    return SearchRequest.of(body)


def found(answer: dict[str, Any]) -> list[str]:
    return [own_id(event["attributes"]) for event in answer["data"]]


def test_the_newest_come_first_unless_they_are_sorted(api: LocalApi) -> None:
    assert found(api.events(search())) == ["4", "3", "2", "1", "0"]
    assert found(api.events(search(sort="timestamp"))) == ["0", "1", "2", "3", "4"]


def test_times_are_those_of_the_clock(api: LocalApi) -> None:
    assert found(api.events(search(filter={"from": "now-2m"}))) == ["4", "3", "2"]
    assert found(api.events(search(filter={"to": "now-3m"}))) == ["1", "0"]


def test_pages_are_turned_to_the_end_and_then_there_is_no_cursor(api: LocalApi) -> None:
    asked, pages = search(page={"limit": 2}), []
    while True:
        answer = api.events(asked)
        pages.append(found(answer))
        if "page" not in answer["meta"]:
            break
        asked = asked.at(answer["meta"]["page"]["after"])
    assert pages == [["4", "3"], ["2", "1"], ["0"], []]


def test_an_answer_says_how_it_came_about(api: LocalApi) -> None:
    first, second = (api.events(search())["meta"] for _ in range(2))
    assert first["status"] == "done"
    assert first["elapsed"] == 0
    assert first["request_id"].startswith("pddv1")
    assert first["request_id"] != second["request_id"]


def test_answers_are_those_that_the_client_reads(api: LocalApi) -> None:
    assert len(EventsAnswer.of(api.events(search())).data) == 5
    count = AggregateRequest.of({"compute": [{"aggregation": "count"}]})
    answer = AggregateAnswer.of(api.aggregate(count))
    assert [bucket.computes for bucket in answer.buckets] == [{"c0": 5}]


def test_a_filter_is_for_aggregations_too(api: LocalApi) -> None:
    body = {"compute": [{"aggregation": "count"}], "filter": {"query": "@ci.job.id:(1 OR 2)"}}
    assert api.aggregate(AggregateRequest.of(body))["data"] == {
        "buckets": [{"by": {}, "computes": {"c0": 2}}]
    }


def test_a_query_that_cannot_be_understood_says_where(api: LocalApi) -> None:
    for asked in (search(filter={"query": "a:(b"}),):
        with pytest.raises(QuerySyntaxError, match="column 3"):
            api.events(asked)
    with pytest.raises(QuerySyntaxError, match="column 3"):
        api.aggregate(AggregateRequest.of({"filter": {"query": "a:(b"}}))


@pytest.mark.parametrize(
    "body",
    [{"filter": {"from": "now", "to": "now-1h"}}, {"page": {"cursor": "none"}}],
    ids=["window", "cursor"],
)
def test_what_cannot_be_answered_is_refused(api: LocalApi, body: dict[str, Any]) -> None:
    with pytest.raises(QueryError):
        api.events(search(**body))


def test_without_a_directory_nothing_is_found(tmp_path: Path) -> None:
    with LocalApi(tmp_path / "none", FakeClock()) as api:
        assert found(api.events(search())) == []
    assert not (tmp_path / "none").exists()
