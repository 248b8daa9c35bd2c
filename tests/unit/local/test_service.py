"""The service: events go in, questions are answered, and what is wrong with either is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.endpoints import AGGREGATE, LIST, SEARCH, SEND
from pytest_ddci.local.exchange import Asked
from pytest_ddci.local.refusal import RefusalError
from tests.desk import HOST, Desk, document, ids
from tests.wire import START_NS, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = {"compute": [{"aggregation": "count"}]}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "journals") as made:
        yield made


# Sending


def test_events_are_accepted_as_the_api_accepts_them(desk: Desk) -> None:
    answer = desk.send(event("job", "a"), event("pipeline"))
    assert (answer.status, answer.body) == (202, b'{"data":null}\n')
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    assert len(answer.events) == 2


def test_what_was_sent_is_found_at_once(desk: Desk) -> None:
    desk.send(event("job", "a"))
    assert ids(desk.get()) == ["a"]
    desk.send(event("job", "b"))
    assert sorted(ids(desk.get())) == ["a", "b"]


def test_a_bad_event_among_good_ones_costs_the_whole_request(desk: Desk) -> None:
    answer = desk.send(event("job", "a"), event("job", "b", status="odd"))
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert document(answer) == {
        "errors": [
            {
                "status": "400",
                "title": "Bad Request",
                "detail": "input_validation_error(Field 'data[1].attributes.resource.status' is "
                "invalid: one of success, error, canceled, skipped is needed, not 'odd')",
            }
        ]
    }
    assert ids(desk.get()) == []


def test_a_body_that_could_not_be_read_is_answered_in_the_shape_of_its_operation(
    desk: Desk,
) -> None:
    problem = RefusalError(413, "too large")
    sent = desk.service.answer(Asked("POST", SEND, headers=HOST, unreadable=problem))
    assert document(sent) == {
        "errors": [{"status": "413", "title": "Payload Too Large", "detail": "too large"}]
    }
    asked = desk.service.answer(Asked("POST", SEARCH, headers=HOST, unreadable=problem))
    assert (asked.status, document(asked)) == (413, {"errors": ["too large"]})


def test_a_journal_that_cannot_be_written_is_no_fault_of_the_client(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "journals").write_text("no directory")
    answer = desk.send(event("job", "a"))
    assert answer.status == 503
    assert document(answer)["errors"][0]["detail"] == "the journal cannot be written"
    assert "cannot create a journal" in desk.told[0]


# Asking


def test_a_page_links_to_the_next_one_by_get_also_behind_a_search(desk: Desk) -> None:
    desk.send(*(event("job", str(number), START_NS + number * SECOND) for number in range(3)))
    asked = {"filter": {"from": "now-5m", "query": "ci_level:job"}, "page": {"limit": 2}}
    first = desk.post(SEARCH, {**asked, "sort": "timestamp", "options": {"timezone": "GMT"}})
    link = urlsplit(document(first)["links"]["next"])
    assert (link.scheme, link.netloc, link.path) == ("http", HOST["host"], LIST)
    assert link.query.startswith("filter%5Bfrom%5D=now-5m&filter%5Bquery%5D=ci_level%3Ajob")
    assert dict(parse_qsl(link.query)) == {
        "filter[from]": "now-5m",
        "filter[query]": "ci_level:job",
        "page[cursor]": document(first)["meta"]["page"]["after"],
        "page[limit]": "2",
        "sort": "timestamp",
    }
    second = desk.get(**dict(parse_qsl(link.query)))
    assert ids(first) + ids(second) == ["0", "1", "2"]


def test_a_page_without_events_links_to_none(desk: Desk) -> None:
    answer = document(desk.get())
    assert answer["data"] == []
    assert "links" not in answer
    assert "page" not in answer["meta"]


def test_what_is_not_given_has_the_defaults_of_the_api(desk: Desk) -> None:
    desk.send(*(event("job", str(number)) for number in range(12)))
    assert len(ids(desk.post(SEARCH, b""))) == 10
    assert len(ids(desk.get())) == 10


def test_buckets_are_answered(desk: Desk) -> None:
    desk.send(event("job", "a"), event("job", "b", status="error"))
    answer = desk.post(AGGREGATE, {**COUNT, "group_by": [{"facet": "@ci.status"}]})
    assert answer.headers["Content-Type"] == "application/json"
    assert document(answer)["data"]["buckets"] == [
        {"by": {"@ci.status": "error"}, "computes": {"c0": 1}},
        {"by": {"@ci.status": "success"}, "computes": {"c0": 1}},
    ]


def test_an_aggregation_may_have_the_page_that_examples_of_the_api_have(desk: Desk) -> None:
    assert desk.post(AGGREGATE, {**COUNT, "page": {"limit": 25}}).status == 200
    assert desk.post(AGGREGATE, {**COUNT, "page": {"limit": 0}}).status == 400


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (SEARCH, {"page": {"limit": 1_001}}, "Field 'page.limit' is invalid"),
        (SEARCH, {"filter": {"query": "a:(b"}}, "Field 'filter.query' is invalid: column 3: "),
        (SEARCH, {"filter": {"from": "soon"}}, "Field 'filter.from' is invalid"),
        (SEARCH, {"sort": "name"}, "Field 'sort' is invalid"),
        (SEARCH, {"page": {"cursor": "x"}}, "Field 'page.cursor' is invalid"),
        (SEARCH, [], "The request: "),
        (SEARCH, b"{", "the body is no JSON"),
        (AGGREGATE, {"compute": [{"aggregation": "p95"}]}, "Field 'compute[0].aggregation' is"),
        (AGGREGATE, {"filter": {"query": "]"}}, "Field 'filter.query' is invalid: column 1: "),
        (AGGREGATE, b"[" * 100_000, "the body is no JSON"),
    ],
)
def test_what_is_wrong_with_a_question_is_named(
    desk: Desk, path: str, body: object, said: str
) -> None:
    answer = desk.post(path, body)
    (error,) = document(answer)["errors"]
    assert answer.status == 400
    assert error.startswith(f"input_validation_error({said}")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"filter[query]": "a:(b"}, "Field 'filter[query]' is invalid: column 3: "),
        ({"page[limit]": "many"}, "Field 'page[limit]' is invalid"),
        ({"filter[form]": "now"}, "Parameter 'filter[form]' is not known"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_named(
    desk: Desk, parameters: dict[str, Any], said: str
) -> None:
    answer = desk.get(**parameters)
    (error,) = document(answer)["errors"]
    assert answer.status == 400
    assert error.startswith(f"input_validation_error({said}")


@pytest.mark.parametrize("name", ["filter[query]", "filter[from]", "sort", "page[cursor]"])
@pytest.mark.parametrize("bytes_", ["%ED%A0%80", "%FF", "a%C3"])
def test_a_parameter_that_is_no_utf_8_is_refused(desk: Desk, name: str, bytes_: str) -> None:
    query = f"{quote(name)}={bytes_}"
    answer = desk.service.answer(Asked("GET", LIST, query, HOST))
    assert answer.status == 400
    (error,) = document(answer)["errors"]
    assert error.startswith(f"input_validation_error(Field '{name}' is invalid: ")


def test_every_field_that_is_wrong_is_named(desk: Desk) -> None:
    answer = desk.post(SEARCH, {"page": {"limit": 0}, "sort": "up", "filter": {"to": "later"}})
    assert len(document(answer)["errors"]) == 3
