"""Receiving: what the API would take is taken as a whole, what it would refuse is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.events import Event
from pytest_ddci.lines import EventLine, read_lines
from pytest_ddci.local.demands import FINISHED, RUNNING, Field
from pytest_ddci.local.receiving import MAX_EVENTS, OLDEST_NS, receive
from pytest_ddci.local.refusal import RefusalError
from pytest_ddci.timestamps import YEAR_NS, parse_rfc3339, rfc3339
from tests.official_client import parse
from tests.unit.test_events import END, LEAST, MODELS, SHA, event

NOW_NS = parse_rfc3339(END) + SECOND
GIT = {"repository_url": "https://forge.example/a/b", "sha": SHA, "author_email": "a@b.example"}
FULL_DETAILS: dict[str, Any] = {
    "error": {"message": "m" * 5_000, "type": "t" * 100, "stack": "s" * 200_000, "domain": "user"},
    "git": {**GIT, "branch": "main", "author_time": "2026-11-22T05:40:00+01:00", "message": "m"},
    "node": {"hostname": "h", "name": "n" * 6_000, "labels": ["l"], "workspace": "/w"},
    "parameters": {"LOG_LEVEL": "debug", "": ""},
    "tags": ["team:backend", "url:http://x"],
    "metrics": ["size:370", "ratio:-1.5e3"],
}
LEVELS = "one of pipeline, stage, job, step is needed"
STATUSES = "one of success, error, canceled, skipped is needed"
DOMAINS = "one of provider, user, unknown is needed"
FLAG = "true or false is needed"
TIME = "an RFC 3339 time such as 2026-11-22T05:40:00Z"
WHOLE = "a whole number of milliseconds is needed"
AT_MOST, ARE = "characters; at most", "are allowed"
DIGITS = "40 hexadecimal digits are needed"
ONE_REF = "tag or branch has to be provided, but not both"
ALL_KINDS = pytest.mark.parametrize("kind", LEAST)


def received(*events: dict[str, Any], now_ns: int = NOW_NS) -> list[dict[str, Any]]:
    return [json.loads(line) for line in receive(body(*events), now_ns)]


def body(*events: object) -> bytes:
    return json.dumps({"data": [*events]}).encode()


def refusal(data: bytes, now_ns: int = NOW_NS) -> tuple[str, ...]:
    with pytest.raises(RefusalError) as caught:
        receive(data, now_ns)
    assert caught.value.status == 400
    return caught.value.details


def complaint(kind: str, **changes: object) -> str:
    """What is said about the only thing that is wrong with an event."""
    (said,) = refusal(body(event(kind, **changes)))
    return said.removeprefix("input_validation_error(Field 'data[0].attributes.").removesuffix(")")


@ALL_KINDS
def test_the_least_that_the_api_asks_for_is_taken(kind: str) -> None:
    assert received(event(kind)) == [event(kind)]
    parse({"data": [event(kind)]})


@ALL_KINDS
def test_everything_that_may_be_there_is_taken_as_it_is(kind: str) -> None:
    sent = event(kind, **FULL_DETAILS)
    assert received(sent) == [sent]


@ALL_KINDS
def test_what_is_received_is_a_line_of_a_journal(kind: str) -> None:
    (line,) = receive(body(event(kind)), NOW_NS)
    assert Event.from_wire(line) == Event.from_wire(json.dumps(event(kind)))
    (read,) = read_lines(lambda offset, size: (line + b"\n")[offset : offset + size])
    assert isinstance(read, EventLine)


@ALL_KINDS
def test_the_fields_are_those_of_the_models(kind: str) -> None:
    model, running = MODELS[kind], kind.startswith("running")
    fields = (RUNNING if running else FINISHED)[LEAST[kind]["level"]]
    assert fields.keys() == model.model_fields.keys()
    required = {name for name, field in fields.items() if field.required}
    assert required == LEAST[kind].keys()
    for name in ("git", "error", "node", "previous_attempt"):
        if name in fields:
            _has_fields_of_the_model(fields[name], model.model_fields[name].annotation)


def _has_fields_of_the_model(field: Field, annotation: Any) -> None:  # noqa: ANN401 - `Model | None`
    (model,) = [each for each in annotation.__args__ if each is not type(None)]
    assert isinstance(field.read, dict)
    assert field.read.keys() == model.model_fields.keys()
    required = {name for name, each in field.read.items() if each.required}
    assert required == {name for name, each in model.model_fields.items() if each.is_required()}


def test_one_event_need_not_be_in_an_array() -> None:
    (line,) = receive(json.dumps({"data": event("job")}).encode(), NOW_NS)
    assert json.loads(line) == event("job")


def test_type_and_provider_have_the_defaults_of_the_api() -> None:
    resource = LEAST["stage"]
    (made,) = received({"attributes": {"resource": resource}})
    assert made["type"] == "cipipeline_resource_request"
    assert made["attributes"] == {"provider_name": "custom", "resource": resource}


def test_environment_and_service_stay() -> None:
    sent = event("job")
    sent["attributes"] |= {"env": "prod", "service": "shop"}
    assert received(sent) == [sent]


def test_fields_that_no_schema_names_are_left_out() -> None:
    sent = event("pipeline", user="ada", git={**GIT, "extra": 1})
    sent["links"] = {}
    assert received(sent) == [event("pipeline", git=GIT)]


def test_null_is_nothing() -> None:
    sent = event("job", tags=None, git=None, queue_time=None, stage_id=None)
    assert received(sent) == [event("job")]


@pytest.mark.parametrize("milliseconds", [0, 1_004, 2**63 - 1])
def test_a_queue_time_is_taken(milliseconds: int) -> None:
    sent = event("job", queue_time=milliseconds, dependencies=["a", "b"])
    assert received(sent) == [sent]


@pytest.mark.parametrize("kind", ["running pipeline", "running job"])
def test_what_is_under_way_has_no_end(kind: str) -> None:
    assert received(event(kind, end=END)) == [event(kind)]


def test_an_array_may_have_a_thousand_events() -> None:
    assert len(received(*[event("step")] * MAX_EVENTS)) == MAX_EVENTS
    (said,) = refusal(body(*[event("step")] * (MAX_EVENTS + 1)))
    assert said == (
        "input_validation_error(Field 'data' is invalid: 1001 events; at most 1000 are allowed)"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Malformed payload: "),
        (b"{", "Malformed payload: "),
        (b"\xff", "Malformed payload: "),
        (b"[" * 100_000, "Malformed payload: "),
        (b"[]", "Field 'data' is invalid: an event or an array of events is needed, not null"),
        (b"{}", "Field 'data' is invalid: an event or an array of events is needed, not null"),
        (b'{"data":[]}', "an event or an array of events is needed, not an empty array"),
        (b'{"data":"x"}', "an event or an array of events is needed, not 'x'"),
        (b'{"data":[1]}', "Field 'data[0]' is invalid: an object is needed, not a number"),
        (b'{"data":{}}', "Field 'data.attributes' is invalid: it is required"),
        (b'{"data":{"attributes":{}}}', "Field 'data.attributes.resource' is invalid"),
        (b'{"data":{"attributes":{"resource":[]}}}', "an object is needed, not an array"),
        (b'{"data":{"attributes":{"resource":{}}}}', "one of pipeline, stage, job, step is needed"),
    ],
    ids=[
        "nothing", "cut", "no-text", "deep", "array", "no-data", "no-events", "text", "number",
        "no-attributes", "no-resource", "array-for-resource", "no-level",
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(data: bytes, words: str) -> None:
    (said,) = refusal(data)
    assert words in said


@pytest.mark.parametrize(
    ("kind", "changes", "field", "said"),
    [
        ("job", {"level": "task"}, "level", f"{LEVELS}, not 'task'"),
        ("job", {"level": ["job"]}, "level", f"{LEVELS}, not an array"),
        ("job", {"url": ...}, "url", "it is required"),
        ("job", {"url": ""}, "url", "it is required, and empty"),
        ("job", {"id": 7}, "id", "a text is needed, not a number"),
        ("step", {"status": "skipped"}, "status", "one of success, error is needed, not 'skipped'"),
        ("stage", {"status": "running"}, "status", f"{STATUSES}, not 'running'"),
        ("pipeline", {"partial_retry": "no"}, "partial_retry", f"{FLAG}, not 'no'"),
        ("pipeline", {"pipeline_id": None}, "pipeline_id", "null is not allowed"),
        ("pipeline", {"parent_pipeline": {}}, "parent_pipeline.id", "it is required"),
        ("pipeline", {"start": 5}, "start", "Time.UnmarshalJSON: input is not a JSON string"),
        ("pipeline", {"start": "yesterday"}, "start", f"{TIME}, not 'yesterday'"),
        ("job", {"queue_time": -1}, "queue_time", f"0 to {2**63 - 1} milliseconds are allowed"),
        ("job", {"queue_time": 1.5}, "queue_time", f"{WHOLE}, not a number"),
        ("job", {"queue_time": True}, "queue_time", f"{WHOLE}, not true"),
        ("job", {"tags": ["backend"]}, "tags", "key:value is needed, not 'backend'"),
        ("job", {"tags": "a:b"}, "tags", "an array of texts is needed, not 'a:b'"),
        ("job", {"metrics": ["size:big"]}, "metrics", "key:number is needed, not 'size:big'"),
        ("job", {"parameters": ["a"]}, "parameters", "an object of texts is needed, not an array"),
        ("job", {"parameters": {"a": 1}}, "parameters", "a text is needed, not a number"),
        ("job", {"error": {"message": "m" * 5_001}}, "error.message", f"5001 {AT_MOST} 5000 {ARE}"),
        ("job", {"error": {"type": "t" * 101}}, "error.type", f"101 {AT_MOST} 100 {ARE}"),
        ("job", {"error": {"domain": "code"}}, "error.domain", f"{DOMAINS}, not 'code'"),
        ("job", {"git": {**GIT, "sha": SHA[:7]}}, "git.sha", f"{DIGITS}, not '{SHA[:7]}'"),
        ("job", {"git": {"sha": SHA, "repository_url": "u"}}, "git.author_email", "it is required"),
        ("job", {"git": {**GIT, "branch": "b", "tag": "t"}}, "git", ONE_REF),
        ("job", {"node": "here"}, "node", "an object is needed, not 'here'"),
        ("job", {"dependencies": [None]}, "dependencies", "a text is needed, not null"),
    ],
)
def test_what_the_schema_does_not_allow_is_named(
    kind: str, changes: dict[str, object], field: str, said: str
) -> None:
    assert complaint(kind, **changes) == f"resource.{field}' is invalid: {said}"


@pytest.mark.parametrize("field", ["provider_name", "env", "service"])
def test_what_stands_beside_the_resource_is_looked_at_too(field: str) -> None:
    sent = event("job")
    sent["attributes"][field] = 1
    (said,) = refusal(body(sent))
    assert f"Field 'data[0].attributes.{field}' is invalid: a text is needed" in said


def test_every_field_that_is_wrong_is_named_with_its_event() -> None:
    said = refusal(body(event("job"), event("job", id=1, status="x"), event("step", name=...)))
    assert [each.partition(" is invalid")[0].partition("Field ")[2] for each in said] == [
        "'data[1].attributes.resource.id'",
        "'data[1].attributes.resource.status'",
        "'data[2].attributes.resource.name'",
    ]


def test_complaints_end_after_twenty() -> None:
    assert len(refusal(body(*[event("job", id=1)] * 30))) == 20


def test_an_event_may_have_ended_eighteen_hours_ago_and_not_before() -> None:
    ended_ns = parse_rfc3339(END)
    assert received(event("pipeline"), now_ns=ended_ns + OLDEST_NS)
    (said,) = refusal(body(event("pipeline")), ended_ns + OLDEST_NS + 1)
    assert said == (
        "input_validation_error(Field 'data[0].attributes.resource.end' is invalid: timestamp "
        'attribute "end" cannot be older than 18 hours from the current time)'
    )


def test_what_is_under_way_may_have_begun_long_ago() -> None:
    assert received(event("running pipeline", start="2026-01-01T00:00:00Z"))


def test_an_event_lasts_a_year_at_most() -> None:
    start_ns = parse_rfc3339(END) - YEAR_NS
    assert received(event("job", start=rfc3339(start_ns)))
    assert complaint("job", start=rfc3339(start_ns - 1_000)) == (
        "resource.end' is invalid: the duration between start and end cannot exceed 1 year"
    )


def test_an_event_does_not_end_before_its_start() -> None:
    assert complaint("job", start=rfc3339(parse_rfc3339(END) + 1_000)) == (
        "resource.end' is invalid: it is before the start"
    )


@pytest.mark.parametrize("zone", ["Z", "+05:30", "-11:00"])
@pytest.mark.parametrize("fraction", ["", ".1", ".123456789"])
def test_times_have_any_zone_and_fraction(zone: str, fraction: str) -> None:
    sent = event("job", start=f"2026-11-21T17:40:00{fraction}{zone}")
    assert received(sent) == [sent]


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-22t05:40:00z", "2026-11-22 05:40:00Z", "2026-11-22T05:40:00+0100",
        "2026-11-22T05:40:00+24:00", "2026-02-30T05:40:00Z", "0000-01-01T00:00:00Z", "",
    ],
)  # fmt: skip
def test_times_are_as_strict_as_the_decoder_of_the_api(time: str) -> None:
    assert complaint("job", git={**GIT, "commit_time": time}).startswith(
        "resource.git.commit_time' is invalid"
    )


def test_what_no_decoder_takes_does_not_reach_the_journal() -> None:
    sent = event("job", name="a\x00b\ud800c", parameters={"\udfff": "\x00"})
    (made,) = received(sent)
    resource = made["attributes"]["resource"]
    assert resource["name"] == "a\ufffdb\ufffdc"
    assert resource["parameters"] == {"\ufffd": "\ufffd"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = sorted({name for fields in FINISHED.values() for name in fields})


@given(
    kind=st.sampled_from(sorted(LEAST)),
    changes=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
)
def test_whatever_comes_is_a_line_that_the_models_read_or_a_complaint(
    kind: str, changes: dict[str, object]
) -> None:
    said: tuple[str, ...] = ()
    try:
        (line,) = receive(body(event(kind, **changes)), NOW_NS)
    except RefusalError as refused:
        said = refused.details
    else:
        Event.from_wire(line)
    assert all("Field 'data[0].attributes.resource" in each for each in said)
