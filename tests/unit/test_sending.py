from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_ddci.clock import Deadline
from pytest_ddci.errors import InvalidEventError
from pytest_ddci.events import Attributes, Event, Job, Pipeline
from pytest_ddci.intake import Intake
from pytest_ddci.sending import Refused, Sent, send
from tests.fakes import FakeClock
from tests.official_client import parse
from tests.read_api import API_KEY, JOB
from tests.wire import event

if TYPE_CHECKING:
    from collections.abc import Callable

PIPELINE = {
    "level": "pipeline",
    "unique_id": "p",
    "name": "nightly",
    "url": "https://ci.example/p",
    "partial_retry": False,
    "start": "2026-11-22T05:40:00Z",
    "end": "2026-11-22T05:41:00Z",
    "status": "success",
}


def job(id_: str) -> dict[str, Any]:
    return {**JOB, "id": id_}


class Api:
    """An intake that keeps the resources it accepts; a rule may refuse a request."""

    def __init__(self, rule: Callable[[list[dict[str, Any]]], int] = lambda _: 202) -> None:
        self.rule = rule
        self.requests: list[list[dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        resources = [each["attributes"]["resource"] for each in body["data"]]
        self.requests.append(resources)
        status = self.rule(resources)
        if status == 202:
            parse(body)
            return httpx.Response(202, content=b'{"data":null}\n')
        return httpx.Response(status, json={"errors": [{"detail": "no", "status": str(status)}]})

    @property
    def names(self) -> list[list[str]]:
        return [[each.get("id", each["level"]) for each in request] for request in self.requests]


def sent(api: Api, events: Any) -> Sent:  # noqa: ANN401 - as send takes
    clock = FakeClock()
    transport = httpx.MockTransport(api)
    with Intake("https://api.example", API_KEY, clock=clock, transport=transport) as intake:
        return send(events, intake, Deadline.after(30, clock), clock)


@pytest.mark.parametrize(
    "value",
    [
        Event(attributes=Attributes(resource=Job.model_validate(JOB))),
        Attributes(resource=Job.model_validate(JOB)),
        Job.model_validate(JOB),
        JOB,
        {"attributes": {"resource": JOB}},
        json.loads(Event.model_validate({"attributes": {"resource": JOB}}).wire()),
    ],
    ids=["event", "attributes", "resource", "plain resource", "plain", "wire"],
)
def test_an_event_may_be_written_in_many_ways(value: object) -> None:
    api = Api()
    result = sent(api, value)
    assert api.names == [["j"]]
    assert result.complete
    assert result.problem is None
    assert (result.delivered, result.rejected, result.kept) == ((0,), (), ())
    assert sent(api, [value, value]).delivered == (0, 1)


def test_an_event_says_itself_where_it_comes_from() -> None:
    bodies: list[dict[str, Any]] = []

    def keep(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content)["data"][0]["attributes"])
        return httpx.Response(202)

    clock = FakeClock()
    attributes = {"provider_name": "mill", "env": "prod", "service": "east", "resource": JOB}
    with Intake("https://a.b", API_KEY, clock=clock, transport=httpx.MockTransport(keep)) as intake:
        send({"attributes": attributes}, intake, Deadline.after(30, clock), clock)
    [seen] = bodies
    assert {name: seen[name] for name in ("provider_name", "env", "service")} == {
        "provider_name": "mill",
        "env": "prod",
        "service": "east",
    }


def test_the_pipeline_goes_last_and_indexes_are_those_of_the_caller() -> None:
    api = Api()
    result = sent(api, (each for each in [Pipeline.model_validate(PIPELINE), job("a"), job("b")]))
    assert api.names == [["a", "b", "pipeline"]]
    assert result.delivered == (0, 1, 2)


def test_many_events_are_cut_into_requests() -> None:
    api = Api()
    result = sent(api, [json.loads(event("job", str(number))) for number in range(1_001)])
    assert sorted(map(len, api.requests)) == [1, 1_000]
    assert result.delivered == tuple(range(1_001))
    assert result.accounting.requests == 2


def test_offenders_are_named_by_their_index_and_the_others_arrive() -> None:
    bad = {"b", "d"}
    api = Api(lambda resources: 400 if bad & {each.get("id") for each in resources} else 202)
    result = sent(api, [job(name) for name in "abcde"])
    assert result.delivered == (0, 2, 4)
    assert result.rejected == (Refused(1, 400, "no"), Refused(3, 400, "no"))
    assert result.kept == ()
    assert not result.complete
    assert result.problem == "rejected: HTTP 400 Bad Request: no"


def test_what_nothing_is_decided_about_is_kept() -> None:
    result = sent(Api(lambda _: 503), [job("a"), job("b")])
    assert (result.delivered, result.rejected, result.kept) == ((), (), (0, 1))
    assert result.problem == "HTTP 503 Service Unavailable: no"


def test_an_event_that_no_request_can_carry_is_refused_without_one() -> None:
    api = Api()
    huge = {**JOB, "dependencies": ["x" * 200] * 30_000}
    result = sent(api, [huge, JOB])
    assert [(each.index, each.status) for each in result.rejected] == [(0, 413)]
    assert result.delivered == (1,)


def test_nothing_is_sent_for_nothing() -> None:
    api = Api()
    result = sent(api, [])
    assert api.requests == []
    assert result.complete


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({**JOB, "status": "failed"}, "status' is invalid: Input should be 'success'"),
        ({**JOB, "start": "yesterday"}, "start' is invalid"),
        ({**JOB, "levl": "job"}, "levl' is invalid: there is no such field"),
        ({"level": "thread"}, "Field 'attributes.resource' is invalid"),
        ({}, "Field 'attributes' is invalid: Field required"),
        ("job", "Input should be a valid dictionary"),
        (None, "Input should be a valid dictionary"),
    ],
    ids=str,
)
def test_what_is_no_event_is_an_error_and_nothing_is_sent(value: object, words: str) -> None:
    api = Api()
    with pytest.raises(InvalidEventError) as caught:
        sent(api, [JOB, value])
    assert str(caught.value).startswith("event 1: ")
    assert words in str(caught.value)
    assert api.requests == []
    assert caught.value.__context__ is None


def test_a_model_made_without_validation_is_validated() -> None:
    unchecked = Job.model_validate(JOB).model_copy(update={"status": "failed"})
    with pytest.raises(InvalidEventError, match="event 0"):
        sent(Api(), unchecked)
