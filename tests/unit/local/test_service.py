"""The service: the four operations, who may ask, and what is answered to what is not right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.config import Secret
from pytest_ddci.endpoints import AGGREGATE, LIST, SEARCH, SEND
from pytest_ddci.local.api import LocalApi
from pytest_ddci.local.exchange import Answer, Asked
from pytest_ddci.local.faults import Fault, Faults
from pytest_ddci.local.gate import Gate
from pytest_ddci.local.inbox import Inbox
from pytest_ddci.local.refusal import RefusalError
from pytest_ddci.local.service import Service
from tests.fakes import FakeClock
from tests.stored import own_id
from tests.wire import START_NS, event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NOW_NS = START_NS + 60 * SECOND
KEY = "0123456789abcdef0123456789abcdef"
HOST = {"host": "127.0.0.1:8321"}
GOOD = {**HOST, "dd-api-key": KEY, "dd-application-key": "any"}
COUNT = {"compute": [{"aggregation": "count"}]}


class Desk:
    """A service over a directory, and what it has told the person in front of it."""

    def __init__(self, directory: Path, *faults: Fault, key: str | None = None) -> None:
        clock = FakeClock(NOW_NS)
        self.told: list[str] = []
        self.inbox = Inbox(directory, clock, tell=self.told.append)
        self.api = LocalApi(directory, clock, own=self.inbox.own)
        self.service = Service(
            api=self.api,
            inbox=self.inbox,
            gate=Gate("127.0.0.1"),
            faults=Faults(faults),
            clock=clock,
            key=None if key is None else Secret(key),
            tell=self.told.append,
        )

    def post(self, path: str, value: object, headers: Mapping[str, str] = HOST) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.service.answer(Asked("POST", path, headers=headers, body=body))

    def get(self, headers: Mapping[str, str] = HOST, **parameters: object) -> Answer:
        return self.service.answer(Asked("GET", LIST, urlencode(parameters), headers))

    def send(self, *events: bytes, headers: Mapping[str, str] = HOST) -> Answer:
        return self.post(SEND, {"data": [json.loads(each) for each in events]}, headers)

    def close(self) -> None:
        self.api.close()
        self.inbox.close()


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Any]:
    """Makes desks over one directory."""
    made: list[Desk] = []

    def make(*faults: Fault, key: str | None = None) -> Desk:
        made.append(Desk(tmp_path / "journals", *faults, key=key))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def desk(desks: Any) -> Desk:  # noqa: ANN401 - a function
    made: Desk = desks()
    return made


def document(answer: Answer) -> dict[str, Any]:
    assert answer.body.endswith(b"}\n")
    found: dict[str, Any] = json.loads(answer.body)
    return found


def ids(answer: Answer) -> list[str]:
    return [own_id(each["attributes"]) for each in document(answer)["data"]]


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


def test_every_field_that_is_wrong_is_named(desk: Desk) -> None:
    answer = desk.post(SEARCH, {"page": {"limit": 0}, "sort": "up", "filter": {"to": "later"}})
    assert len(document(answer)["errors"]) == 3


# Who may ask


def test_without_a_key_of_its_own_any_key_is_good_and_none(desk: Desk) -> None:
    assert desk.send(event("job")).status == 202
    assert desk.get({**HOST, "dd-api-key": "any"}).status == 200


@pytest.mark.parametrize(
    ("key", "status", "title"), [("", 401, "Unauthorized"), ("other", 403, "Forbidden")]
)
def test_another_key_is_refused_in_both_shapes(
    desks: Any,  # noqa: ANN401 - a function
    key: str,
    status: int,
    title: str,
) -> None:
    desk = desks(key=KEY)
    headers = {**GOOD, "dd-api-key": key}
    sent, asked = desk.send(event("job"), headers=headers), desk.get(headers)
    assert document(sent) == {"errors": [{"status": str(status), "title": title, "detail": title}]}
    assert (asked.status, document(asked)) == (status, {"errors": [title]})
    assert ids(desk.get(GOOD)) == []


def test_who_asks_needs_an_application_key_too(desks: Any) -> None:  # noqa: ANN401 - a function
    desk, headers = desks(key=KEY), {**GOOD, "dd-application-key": ""}
    assert desk.send(event("job"), headers=headers).status == 202
    assert desk.get(headers).status == 401
    assert desk.get(GOOD).status == 200


def test_keys_are_looked_at_before_anything_that_was_sent(desks: Any) -> None:  # noqa: ANN401 - a function
    assert desks(key=KEY).post(SEND, b"{").status == 401


def test_other_hosts_and_origins_are_refused_before_that(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(key=KEY)
    assert desk.get({"host": "evil.example"}).status == 421
    assert desk.get({**HOST, "origin": "http://evil.example"}).status == 403
    assert desk.get({}).status == 421


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/", 404, None),
        ("POST", f"{LIST}/", 404, None),
        ("GET", SEND, 405, "POST"),
        ("POST", LIST, 405, "GET"),
        ("DELETE", SEARCH, 405, "POST"),
    ],
)
def test_other_paths_and_methods_are_not_there(
    desk: Desk, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = desk.service.answer(Asked(method, path, headers=HOST))
    assert answer.status == status
    assert answer.headers.get("Allow") == allowed
    assert len(document(answer)["errors"]) == 1


# Faults


def test_a_fault_takes_the_place_of_the_right_thing(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(Fault(429, headers={"X-RateLimit-Reset": "7"}), Fault(500))
    limited = desk.send(event("job", "a"))
    assert limited.status == 429
    assert limited.headers["X-RateLimit-Reset"] == "7"
    assert document(limited)["errors"][0]["title"] == "Too Many Requests"
    failed = desk.get()
    assert (failed.status, document(failed)) == (500, {"errors": ["Internal Server Error"]})
    assert ids(desk.get()) == []


def test_a_slow_answer_is_the_right_one(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(Fault(delay=2.5, times=2, headers={"X-Slow": "yes"}))
    slow = desk.send(event("job", "a"))
    assert (slow.status, slow.delay, slow.headers["X-Slow"]) == (202, 2.5, "yes")
    refused = desk.post(SEND, b"{")
    assert (refused.status, refused.delay) == (400, 2.5)
    quick = desk.get()
    assert (ids(quick), quick.delay) == (["a"], 0.0)


def test_what_is_none_of_the_operations_uses_up_no_fault(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(Fault(500))
    assert desk.service.answer(Asked("GET", "/favicon.ico", headers=HOST)).status == 404
    assert desk.get().status == 500


# Errors of ours


def test_an_error_of_ours_is_told_here_and_not_to_the_client(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a secret place")

    monkeypatch.setattr(desk.api, "events", fail)
    answer = desk.get()
    assert (answer.status, document(answer)) == (500, {"errors": ["Internal Server Error"]})
    assert "RuntimeError: a secret place" in desk.told[0]
