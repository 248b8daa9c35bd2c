"""What the processes of a shared pipeline have added to it, read from their journals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.contribution import Contribution, contribution_of, latest_attempts, pipeline_of
from pytest_ddci.lines import event_line, part_line, read_lines
from pytest_ddci.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.lines import Line

START, END = "2026-11-22T08:00:00.000000Z", "2026-11-22T08:05:00.000000Z"
PIPELINE = {
    "level": "pipeline",
    "unique_id": "p-1",
    "name": "shop",
    "url": "https://ci.example/1",
    "start": START,
    "status": "running",
    "partial_retry": False,
}
ATTRIBUTES = {"provider_name": "pytest", "env": "ci"}
FINAL = {**PIPELINE, "end": END, "status": "error"}


def header(**more: object) -> bytes:
    head = {"ddci": "header", "version": 1, "pipeline": PIPELINE, "attributes": ATTRIBUTES, **more}
    return json.dumps(head, separators=(",", ":")).encode()


def job(status: str = "success") -> bytes:
    resource = {
        "level": "job",
        "id": "j-1",
        "name": "test_a.py::test",
        "stage_id": "s-1",
        "stage_name": "test_a.py",
        "start": START,
        "end": "2026-11-22T08:01:00.000000Z",
        "status": status,
        "tags": ["test.result:pass", "test.final:true"],
    }
    return event_line(ATTRIBUTES, resource)


def read(*data: bytes) -> Iterator[Line]:
    whole = b"".join(line + b"\n" for line in data)
    return read_lines(lambda offset, size: whole[offset : offset + size])


PART = {"key": "role.try", "shard": "2/8"}


def test_a_part_is_the_final_event_as_far_as_its_process_knew_it() -> None:
    found = contribution_of(read(header(part=PART), job(), part_line(FINAL)))
    assert found == Contribution(
        pipeline_id="p-1",
        key="role.try",
        shard=Shard(8, 2),
        resource=FINAL,
        attributes=ATTRIBUTES,
        ended=True,
    )


def test_a_process_that_finished_the_pipeline_contributes_its_own_part() -> None:
    concluded = event_line(ATTRIBUTES, {**FINAL, "status": "canceled"})
    found = contribution_of(read(header(part=PART), part_line(FINAL), concluded))
    assert found
    assert found.resource["status"] == "error"


def test_a_process_that_knew_of_no_other_contributes_its_pipeline() -> None:
    running = event_line(ATTRIBUTES, PIPELINE)
    found = contribution_of(read(header(), running, event_line(ATTRIBUTES, FINAL)))
    assert found
    assert (found.key, found.shard, found.resource["status"]) == ("", None, "error")


@pytest.mark.parametrize("more", [{"part": PART}, {}], ids=["part", "whole"])
def test_a_killed_process_contributes_what_it_lived_to_see(more: dict[str, Any]) -> None:
    found = contribution_of(read(header(**more), job()))
    assert found
    assert not found.ended
    assert found.resource["status"] == "canceled"
    assert found.end == "2026-11-22T08:01:00.000000Z"
    assert "tests.passed:1" in found.resource["metrics"]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (b"garbage",),
        (job(),),
        (header(concludes=True), event_line(ATTRIBUTES, FINAL)),
        (header(), event_line(ATTRIBUTES, {**FINAL, "end": 7})),
    ],
    ids=["empty", "garbage", "headless", "conclusion", "endless"],
)
def test_other_files_contribute_nothing(lines: tuple[bytes, ...]) -> None:
    assert contribution_of(read(*lines)) is None


def test_a_journal_belongs_to_the_pipeline_of_its_header() -> None:
    assert pipeline_of(read(header())) == "p-1"
    assert pipeline_of(read(job())) == ""
    assert pipeline_of(read(b'{"ddci":"header","pipeline":7}')) == ""


def contribution(key: str, start: str) -> Contribution:
    return Contribution(
        pipeline_id="p", key=key, shard=None, resource={"start": start, "end": start}
    )


def test_of_a_retried_job_only_the_last_attempt_counts() -> None:
    first, second, again = (contribution(f"a.{n}", n) for n in ("1", "2", "2"))
    other = contribution("b.1", "0")
    whole = contribution("", "0")
    found = latest_attempts([second, again, first, other, whole, whole])
    assert found == [second, again, other, whole, whole]
