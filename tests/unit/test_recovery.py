from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.lines import Line, level_of, read_lines
from pytest_ddci.recovery import recover
from pytest_ddci.timestamps import rfc3339
from tests.official_client import parse
from tests.wire import PIPELINE, START_NS, event, header, started

GIT = {
    "repository_url": "https://git.example/r",
    "sha": "a" * 40,
    "author_email": "a@example.com",
}


def at(seconds: float) -> int:
    return START_NS + int(seconds * SECOND)


def head(**pipeline: object) -> bytes:
    made = header()
    made["pipeline"] |= pipeline  # type: ignore[operator] # a dict
    return json.dumps({"ddci": "header", "version": 1, **made}, separators=(",", ":")).encode()


def read(*data: bytes) -> list[Line]:
    whole = b"".join(each + b"\n" for each in data)
    return list(read_lines(partial(lambda text, start, size: text[start : start + size], whole)))


def job(id_: str, result: str = "pass", status: str = "success", **more: Any) -> bytes:  # noqa: ANN401 - fields of the API
    tags = [f"test.result:{result}", "test.final:true", *more.pop("tags", [])]
    return event("job", id_, more.pop("at_ns", START_NS), status=status, tags=tags, **more)


def recovered(*data: bytes) -> list[dict[str, Any]]:
    return [json.loads(each)["attributes"]["resource"] for each in recover(read(*data))]


def test_a_finished_journal_misses_nothing() -> None:
    assert recover(read(head(), started("a"), event("pipeline"))) == []


def test_an_announcement_does_not_finish_a_journal() -> None:
    [pipeline] = recovered(head(), event("pipeline", status="running"))
    assert pipeline["status"] == "canceled"


@pytest.mark.parametrize(
    "first",
    [b"", b'{"ddci":"header"}', b'{"ddci":"header","pipeline":{},"attributes":{}}'],
    ids=["none", "empty", "without ids"],
)
def test_without_a_usable_header_nothing_can_be_made(first: bytes) -> None:
    assert recover(read(first, event("job"))) == []


def test_a_run_killed_before_its_first_test_has_a_canceled_pipeline() -> None:
    [pipeline] = recovered(head(tags=["a:b"]))
    assert pipeline == {
        **PIPELINE,
        "level": "pipeline",
        "start": rfc3339(START_NS),
        "end": rfc3339(START_NS),
        "status": "canceled",
        "error": {
            "message": "the run ended without finishing its report: its process was killed",
            "type": "Interrupted",
            "domain": "provider",
        },
        "tags": ["a:b", "ddci.recovered:true"],
        "metrics": [
            "tests.passed:0",
            "tests.failed:0",
            "tests.skipped:0",
            "tests.xfailed:0",
            "tests.xpassed:0",
            "tests.canceled:0",
            "tests.reruns:0",
            "tests.flaky:0",
        ],
    }


def test_an_attempt_in_flight_becomes_a_canceled_job_that_ends_when_last_seen() -> None:
    lost, _, _ = recovered(head(), started("a", at(1)), started("b", at(2)), job("a", at_ns=at(4)))
    assert lost["level"] == "job"
    assert (lost["id"], lost["name"]) == ("b", "test b")
    assert (lost["start"], lost["end"]) == (rfc3339(at(2)), rfc3339(at(5)))
    assert (lost["status"], lost["error"]["type"]) == ("canceled", "Interrupted")
    assert (lost["stage_id"], lost["stage_name"]) == ("s-1", "test_a.py")
    assert lost["url"] == "https://ci.example/job"
    assert lost["pipeline_name"] == PIPELINE["name"]


def test_a_job_without_a_url_of_its_own_has_the_pipelines() -> None:
    assert recovered(head(), started("a", url=""))[0]["url"] == PIPELINE["url"]


def test_a_later_moment_can_be_given_an_earlier_one_does_not_count() -> None:
    lines = read(head(), started("a", at(2)))
    ends = [
        json.loads(recover(lines, moment)[0])["attributes"]["resource"]["end"]
        for moment in (at(9), at(1))
    ]
    assert ends == [rfc3339(at(9)), rfc3339(at(2))]


def test_a_stage_spans_its_attempts_and_counts_the_final_ones() -> None:
    stage = recovered(
        head(),
        job("a", at_ns=at(3)),
        job("b", "fail", "error", at_ns=at(1)),
        job("c", "skip", "skipped"),
        job("d", "xfail"),
        job("e", "xpass"),
        event("job", "f1", at(8), status="error", tags=["test.result:fail", "test.final:false"]),
        job("f2", tags=["test.flaky:true"], at_ns=at(9)),
    )[0]
    assert (stage["level"], stage["id"], stage["name"]) == ("stage", "s-1", "test_a.py")
    assert (stage["start"], stage["end"]) == (rfc3339(START_NS), rfc3339(at(10)))
    assert stage["status"] == "error"
    assert stage["metrics"] == [
        "tests.passed:2",
        "tests.failed:1",
        "tests.skipped:1",
        "tests.xfailed:1",
        "tests.xpassed:1",
        "tests.canceled:0",
        "tests.reruns:1",
        "tests.flaky:1",
    ]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([job("a"), job("b", "skip", "skipped")], "success"),
        ([job("a", "skip", "skipped")], "skipped"),
        ([job("a"), started("b")], "canceled"),
        ([job("a", "fail", "error"), started("b")], "error"),
        ([event("job", "a", status="error")], "error"),
        ([event("job", "a", status="canceled")], "canceled"),
    ],
    ids=["success", "all skipped", "in flight", "failed", "untagged error", "untagged canceled"],
)
def test_the_status_of_a_stage(lines: list[bytes], status: str) -> None:
    [stage] = [each for each in recovered(head(), *lines) if each["level"] == "stage"]
    assert stage["status"] == status


def test_a_stage_that_was_written_is_not_written_again() -> None:
    levels = [each["level"] for each in recovered(head(), job("a"), event("stage", "s-1"))]
    assert levels == ["pipeline"]


def test_the_pipeline_counts_all_stages() -> None:
    pipeline = recovered(
        head(), job("a"), job("b", stage_id="s-2", stage_name="test_b.py"), started("c")
    )[-1]
    assert pipeline["metrics"][0] == "tests.passed:2"
    assert "tests.canceled:1" in pipeline["metrics"]


def test_commit_and_node_are_on_every_event() -> None:
    node = {"hostname": "h"}
    made = recovered(head(git=GIT, node=node), started("a"))
    assert [each["level"] for each in made] == ["job", "stage", "pipeline"]
    assert all(each["git"] == GIT and each["node"] == node for each in made)


def test_attributes_are_those_of_the_header() -> None:
    [line] = recover(read(head()))
    assert json.loads(line)["attributes"]["provider_name"] == "pytest"


def test_recovered_lines_are_event_lines_whose_level_is_read_without_decoding() -> None:
    made = recover(read(head(), started("a")))
    assert [level_of(each) for each in made] == ["job", "stage", "pipeline"]


def test_the_official_client_takes_recovered_events() -> None:
    made = recover(read(head(git=GIT, node={"hostname": "h"}), started("a"), job("b")))
    assert parse({"data": [json.loads(each) for each in made]})


def test_damaged_lines_are_passed_over() -> None:
    damaged = event("job", "x")[:-12] + b"}}}"
    levels = [
        each["level"]
        for each in recovered(
            head(),
            b"garbage",
            b'{"ddci":"started","id":5}',
            b'{"ddci":"started",}',
            damaged,
            event("job", "y", stage_id=None),
        )
    ]
    assert levels == ["pipeline"]


bodies = st.lists(
    st.one_of(
        st.builds(started, st.sampled_from("abc"), st.integers(START_NS, at(99))),
        st.builds(
            job,
            st.sampled_from("abc"),
            st.sampled_from(["pass", "fail", "skip", "xfail", "xpass"]),
            at_ns=st.integers(START_NS, at(99)),
        ),
        st.just(event("step")),
    ),
    max_size=12,
)


@given(bodies)
def test_recovery_gives_the_same_bytes_each_time_and_is_then_finished(body: list[bytes]) -> None:
    first = recover(read(head(), *body))
    assert first == recover(read(head(), *body))
    assert recover(read(head(), *body, *first)) == []


@given(bodies)
def test_no_recovered_event_ends_before_it_starts(body: list[bytes]) -> None:
    assert all(each["start"] <= each["end"] for each in recovered(head(), *body))
