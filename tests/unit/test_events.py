from __future__ import annotations

import inspect
import json
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from datadog_api_client.v2.model.ci_app_ci_error import CIAppCIError
from datadog_api_client.v2.model.ci_app_create_pipeline_event_request_attributes import (
    CIAppCreatePipelineEventRequestAttributes,
)
from datadog_api_client.v2.model.ci_app_git_info import CIAppGitInfo
from datadog_api_client.v2.model.ci_app_host_info import CIAppHostInfo
from datadog_api_client.v2.model.ci_app_pipeline_event_parent_pipeline import (
    CIAppPipelineEventParentPipeline,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_previous_pipeline import (
    CIAppPipelineEventPreviousPipeline,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_ddci import events, limits
from pytest_ddci.errors import InvalidEventError
from pytest_ddci.events import (
    Attributes,
    CIError,
    Event,
    Git,
    Job,
    Node,
    ParentPipeline,
    Pipeline,
    PreviousAttempt,
    RunningJob,
    RunningPipeline,
    Stage,
    Step,
)
from tests.official_client import RESOURCES, RefusedError, parse

SHA = "0123456789abcdef0123456789abcdef01234567"
START = "2026-11-22T05:40:00.123456Z"
END = "2026-11-22T05:41:00.000000Z"
COMPONENT = {"id": "1", "name": "n", "pipeline_unique_id": "p", "pipeline_name": "pn"}
SPAN = {"start": START, "end": END, "status": "success"}
RUNNING = {"start": START, "status": "running"}
PIPELINE = {"unique_id": "p", "name": "pn", "url": "http://p", "partial_retry": False}

LEAST: dict[str, dict[str, Any]] = {
    "pipeline": {"level": "pipeline", **PIPELINE, **SPAN},
    "running pipeline": {"level": "pipeline", **PIPELINE, **RUNNING},
    "stage": {"level": "stage", **COMPONENT, **SPAN},
    "job": {"level": "job", **COMPONENT, **SPAN, "url": "http://j"},
    "running job": {"level": "job", **COMPONENT, **RUNNING, "url": "http://j"},
    "step": {"level": "step", **COMPONENT, **SPAN},
}
"""No more than the API asks for."""

MODELS: dict[str, type[events.Model]] = {
    "pipeline": Pipeline,
    "running pipeline": RunningPipeline,
    "stage": Stage,
    "job": Job,
    "running job": RunningJob,
    "step": Step,
}
OFFICIAL: dict[type[events.Model], Any] = {
    **{
        MODELS[kind]: RESOURCES[least["level"], "end" not in least] for kind, least in LEAST.items()
    },
    Git: CIAppGitInfo,
    Node: CIAppHostInfo,
    CIError: CIAppCIError,
    ParentPipeline: CIAppPipelineEventParentPipeline,
    PreviousAttempt: CIAppPipelineEventPreviousPipeline,
    Attributes: CIAppCreatePipelineEventRequestAttributes,
}

ALL_MODELS = pytest.mark.parametrize("model", OFFICIAL, ids=lambda model: model.__name__)
ALL_KINDS = pytest.mark.parametrize("kind", LEAST)


def event(kind: str, **changes: object) -> dict[str, Any]:
    """An event as it is on the wire; a field that is `...` is left out."""
    resource = {**LEAST[kind], **changes}
    return {
        "type": "cipipeline_resource_request",
        "attributes": {
            "provider_name": "pytest",
            "resource": {name: value for name, value in resource.items() if value is not ...},
        },
    }


def read(kind: str, **changes: object) -> Any:  # noqa: ANN401 - any of the six models
    return Event.from_wire(json.dumps(event(kind, **changes))).attributes.resource


def job(**changes: object) -> Job:
    return Job.model_validate({**LEAST["job"], **changes})


# The official client as the measure


@ALL_MODELS
def test_fields_are_those_of_the_official_client(model: type[events.Model]) -> None:
    assert set(model.model_fields) == set(OFFICIAL[model].openapi_types)


@ALL_MODELS
def test_required_fields_are_those_of_the_official_client(model: type[events.Model]) -> None:
    ours = {name for name, field in model.model_fields.items() if field.is_required()}
    parameters = inspect.signature(OFFICIAL[model].__init__).parameters.values()
    required = {p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD}

    assert ours == required - {"self_", "level"} - (
        {"status"} if "Running" in str(model) else set()
    )


@pytest.mark.parametrize("field", ["level", "status"])
@ALL_KINDS
def test_literals_are_those_of_the_official_client(kind: str, field: str) -> None:
    (official,) = OFFICIAL[MODELS[kind]].openapi_types[field]

    assert set(get_args(MODELS[kind].model_fields[field].annotation)) == set(
        official.allowed_values
    )


@ALL_KINDS
def test_the_official_client_takes_what_is_least(kind: str) -> None:
    parse({"data": [json.loads(Event.model_validate(event(kind)).wire())]})


@pytest.mark.parametrize(
    ("kind", "changes", "why"),
    [
        ("job", {"status": "fail"}, "no schema fits status"),
        ("step", {"status": "skipped"}, "no schema fits status"),
        ("job", {"name": ...}, "missing 1 required"),
        ("pipeline", {"partial_retry": ...}, "missing 1 required"),
        ("job", {"level": "test"}, "no schema fits"),
        ("job", {"name": 1}, "name"),
        ("job", {"start": "yesterday"}, "start"),
        ("job", {"tags": [1]}, "UnparsedObject"),
        ("job", {"queue_time": -1}, "queue_time"),
        ("job", {"error": {"message": "x" * 5_001}}, "message"),
        ("job", {"error": {"type": "x" * 101}}, "type"),
        ("job", {"error": {"domain": "mine"}}, "no schema fits error"),
        ("job", {"git": {"sha": SHA}}, "missing 2 required"),
    ],
)
def test_the_official_client_refuses(kind: str, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        parse({"data": [event("stage"), event(kind, **changes)]})


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": "x"}, {"data": [1]}])
def test_the_official_client_refuses_what_is_no_event(body: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        parse(body)


def test_the_official_client_takes_a_single_event() -> None:
    parse({"data": event("job")})


# The wire


@ALL_KINDS
def test_level_is_the_first_key_of_a_resource(kind: str) -> None:
    line = Event.model_validate(event(kind)).wire()

    assert line.startswith(
        b'{"type":"cipipeline_resource_request","attributes":{"provider_name":"pytest",'
        b'"resource":{"level":"' + LEAST[kind]["level"].encode() + b'","status":"'
    )


@ALL_KINDS
def test_level_and_status_tell_the_model(kind: str) -> None:
    assert type(read(kind)) is MODELS[kind]


def test_nulls_are_not_written() -> None:
    assert b"null" not in Event(attributes=Attributes(env=None, resource=job(error=None))).wire()


def test_the_wire_is_compact_ascii() -> None:
    line = Event(attributes=Attributes(resource=job(name="tést\n😀", tags=["a:b c"]))).wire()

    assert line.isascii()
    assert b" " not in line.replace(b"b c", b"")
    assert b"\n" not in line
    assert json.loads(line)["attributes"]["resource"]["name"] == "tést\n😀"


def test_env_and_service_stand_before_the_resource() -> None:
    attributes = Attributes(env="ci", service="s", provider_name="custom", resource=job())

    assert b'{"provider_name":"custom","env":"ci","service":"s","resource":{' in (
        Event(attributes=attributes).wire()
    )


_texts = st.text(st.characters(codec=None), min_size=1, max_size=20)
_moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the time zone
    datetime(2030, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.timezones(),
)
_optional: dict[str, st.SearchStrategy[Any]] = {
    "tags": st.lists(_texts) | st.dictionaries(_texts, _texts | st.integers()),
    "metrics": st.dictionaries(_texts, st.integers() | st.floats()),
    "parameters": st.dictionaries(_texts, _texts | st.integers() | st.none()),
    "error": st.fixed_dictionaries(
        {},
        optional={
            "message": _texts | st.just("é" * 6_000),
            "type": _texts | st.just("T" * 200),
            "stack": _texts,
            "domain": st.sampled_from(["user", "provider", "unknown"]),
        },
    ),
    "node": st.fixed_dictionaries({}, optional={"hostname": _texts, "labels": st.lists(_texts)}),
    "git": st.fixed_dictionaries(
        {"repository_url": _texts, "sha": st.just(SHA), "author_email": _texts},
        optional={"branch": _texts, "tag": _texts, "author_time": _moments, "message": _texts},
    ),
}


@given(
    kind=st.sampled_from(list(LEAST)),
    name=_texts,
    start=_moments,
    seconds=st.floats(0, 3e7),
    optional=st.fixed_dictionaries({}, optional=_optional),
)
def test_what_is_made_is_taken_by_the_official_client_and_reads_back_to_the_same_bytes(
    kind: str, name: str, start: datetime, seconds: float, optional: dict[str, Any]
) -> None:
    resource = {**LEAST[kind], **optional, "name": name, "start": start}
    if "end" in resource:
        resource["end"] = start.astimezone(timezone.utc) + timedelta(seconds=seconds)

    line = Event.model_validate({"attributes": {"resource": resource}}).wire()

    parse({"data": [json.loads(line)]})
    assert Event.from_wire(line).wire() == line


# What is made to fit


def test_long_texts_are_cut_to_their_limits() -> None:
    resource = job(
        name="x" * 9_999,
        error={"message": "x" * 9_999, "type": "x" * 9_999, "stack": "x" * 999_999},
    )

    assert resource.error is not None
    assert len(resource.name) == limits.NAME
    assert len(str(resource.error.message)) == limits.ERROR_MESSAGE
    assert len(str(resource.error.type)) == limits.ERROR_TYPE
    assert len(str(resource.error.stack)) == limits.STACK


@pytest.mark.parametrize("tags", [{"a": 1, "": 2, "b": None}, ["a:1", "b", 3], ("a:1",)])
def test_tags_that_cannot_be_valid_are_left_out(tags: object) -> None:
    assert job(tags=tags).tags == ("a:1",)


@pytest.mark.parametrize("metrics", [{"a": 1, "b": True}, ["a:1", "b:x", 3], ("a:1",)])
def test_metrics_that_cannot_be_valid_are_left_out(metrics: object) -> None:
    assert job(metrics=metrics).metrics == ("a:1",)


def test_parameters_become_texts() -> None:
    assert job(parameters={"a": 1, "b": "x"}).parameters == {"a": "1", "b": "x"}


@pytest.mark.parametrize(
    "start",
    [
        START,
        "2026-11-22T07:40:00.123456+02:00",
        datetime(2026, 11, 22, 5, 40, 0, 123_456, tzinfo=timezone.utc),
        datetime(2026, 11, 22, 3, 40, 0, 123_456, tzinfo=timezone(timedelta(hours=-2))),
    ],
)
def test_times_become_utc_with_microseconds(start: object) -> None:
    assert job(start=start).model_dump(mode="json")["start"] == START


# What is refused


@pytest.mark.parametrize(
    ("kind", "changes", "complaint"),
    [
        ("job", {"status": "failed"}, "status: Input should be .*, not failed"),
        (
            "step",
            {"status": "skipped"},
            "status: Input should be 'success' or 'error', not skipped",
        ),
        ("stage", {"status": "running"}, "status"),
        ("stage", {"status": "blocked"}, "status"),
        ("running pipeline", {"end": END}, "end: Extra inputs"),
        ("stage", {"url": "http://s"}, "url: Extra inputs"),
        ("step", {"queue_time": 1}, "queue_time: Extra inputs"),
        ("step", {"dependencies": ["1"]}, "dependencies: Extra inputs"),
        ("job", {"url": ...}, "url: Field required"),
        ("job", {"name": ""}, "name: String should have at least 1 character"),
        ("job", {"name": 1}, "name: Input should be a valid string"),
        ("job", {"id": None}, "id: Input should be a valid string"),
        ("job", {"start": 1_795_326_000}, "start: .* not int"),
        ("job", {"start": "2026-11-22T05:40:00"}, "start: .*is no RFC 3339 time"),
        ("job", {"start": "0001-01-01T00:00:00+01:00"}, "start: .*years 1 to 9999"),
        ("job", {"start": "2026-11-22T05:41:00.000001Z"}, "ends .*, before its start"),
        ("job", {"start": "2025-11-22T05:40:59.999999Z"}, "longer than 365 days"),
        ("job", {"queue_time": -1}, "queue_time"),
        ("job", {"queue_time": 2**63}, "queue_time"),
        ("job", {"queue_time": True}, "queue_time: .*, not True"),
        ("job", {"tags": "a:b"}, "tags: Input should be a valid array"),
        ("job", {"metrics": 1}, "metrics: Input should be a valid array"),
        ("job", {"parameters": []}, "parameters: Input should be an object"),
        ("job", {"git": {"sha": "abc", "repository_url": "u", "author_email": "e"}}, "git.sha"),
        ("job", {"git": {"sha": SHA}}, "git.repository_url: Field required"),
        ("pipeline", {"partial_retry": 0}, "partial_retry: .*, not 0"),
        ("pipeline", {"partial_retry": ...}, "partial_retry: Field required"),
        ("pipeline", {"previous_attempt": {}}, "previous_attempt.id: Field required"),
        ("job", {"level": "test"}, "resource: .*'test'"),
        ("job", {"level": []}, "resource"),
        ("job", {"level": ...}, "resource"),
    ],
)
def test_what_the_api_would_refuse_is_refused(
    kind: str, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidEventError, match=complaint) as refused:
        read(kind, **changes)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"\xff", b'{"ddci":"header"}'])
def test_a_line_that_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidEventError, match=r"^event: "):
        Event.from_wire(line)


def test_a_span_of_a_year_is_taken() -> None:
    assert read("job", start="2025-11-22T05:41:00Z").end - timedelta(days=365) == (
        datetime(2025, 11, 22, 5, 41, tzinfo=timezone.utc)
    )


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValidationError, match="make the datetime aware"):
        job(start=datetime(2026, 11, 22))  # noqa: DTZ001 - the point


def test_complaints_do_not_show_values() -> None:
    with pytest.raises(ValidationError) as refused:
        job(error={"message": 1, "stack": ["hunter2"]})

    assert "hunter2" not in str(refused.value)


# Changing


def test_a_replaced_field_is_validated_and_made_to_fit() -> None:
    changed = job(tags=["a:b"]).replace(name="x" * 9_999, status="skipped", tags=None)

    assert len(changed.name) == limits.NAME
    assert changed.status == "skipped"
    assert changed.tags is None
    assert changed.url == "http://j"


@pytest.mark.parametrize("changes", [{"status": "running"}, {"colour": "red"}, {"id": ""}])
def test_replacing_by_what_is_not_valid_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidEventError, match=f"^Job: {next(iter(changes))}: "):
        job().replace(**changes)


def test_a_model_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        job().name = "x"  # type: ignore[misc] # the point


@pytest.mark.parametrize("changes", [{"status": "bad"}, {"colour": "red"}, {"end": None}])
def test_a_copy_made_without_validation_is_found_out(changes: dict[str, object]) -> None:
    copied = job().model_copy(update=changes)
    attributes = Attributes(resource=job()).model_copy(update={"resource": copied})
    whole = Event(attributes=attributes.replace(resource=job()))

    with pytest.raises(InvalidEventError):
        copied.checked()
    with pytest.raises(InvalidEventError):
        whole.model_copy(update={"attributes": attributes}).checked()


def test_a_valid_model_is_equal_when_checked() -> None:
    whole = Event(attributes=Attributes(resource=job(git=Git.make(**GIT), tags={"a": 1})))

    assert whole.checked() == whole
    assert whole.checked().wire() == whole.wire()


# Git

GIT = {"repository_url": "https://h/r.git", "sha": SHA, "author_email": "a@b"}


@pytest.mark.parametrize("missing", GIT)
@pytest.mark.parametrize("value", [None, "", " \n"])
def test_there_is_no_git_information_without_url_sha_and_email(
    missing: str, value: str | None
) -> None:
    assert Git.make(**{**GIT, missing: value}) is None


@pytest.mark.parametrize("sha", ["abc1234", "a" * 64, "g" * 40])
def test_there_is_no_git_information_with_an_abbreviated_or_foreign_sha(sha: str) -> None:
    assert Git.make(**{**GIT, "sha": sha}) is None


def test_git_information_leaves_out_what_is_empty_or_no_time() -> None:
    made = Git.make(
        **GIT, branch=" main\n", tag="", author_time="yesterday", commit_time="2026-11-22T05:40:00Z"
    )

    assert made == Git(
        repository_url="https://h/r.git",
        sha=SHA,
        author_email="a@b",
        branch="main",
        commit_time=datetime(2026, 11, 22, 5, 40, tzinfo=timezone.utc),
    )


def test_a_tag_wins_over_a_branch() -> None:
    made = Git.make(**GIT, branch="main", tag="v1")

    assert made is not None
    assert (made.branch, made.tag) == (None, "v1")
    assert made.replace(tag=None, branch="main").branch == "main"
    assert made.model_copy(update={"branch": "main"}).checked().branch is None


def test_a_long_commit_message_is_cut() -> None:
    made = Git.make(**GIT, message="x" * 9_999)

    assert made is not None
    assert len(str(made.message)) == limits.COMMIT_MESSAGE
