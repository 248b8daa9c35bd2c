"""A run is found as soon as its journal has begun; its final event takes the place of that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.lines import ControlLine
from pytest_ddci.local.announced import announcement
from pytest_ddci.local.store import Store
from tests.stored import documents, ids, run_name, sent
from tests.wire import PIPELINE, START_NS, header

if TYPE_CHECKING:
    from pathlib import Path


def told_line(**changes: Any) -> bytes:  # noqa: ANN401 - any JSON
    line = {"ddci": "header", "version": 1, **header(), **changes}
    return json.dumps(line, separators=(",", ":")).encode()


def told(**changes: Any) -> ControlLine:  # noqa: ANN401 - any JSON
    return ControlLine(0, changes.get("ddci", "header"), told_line(**changes))


def write(directory: Path, *lines: bytes, number: int = 1) -> Path:
    path = directory / f"{run_name(number)}.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in (told_line(), *lines)))
    return path


def test_a_header_holds_the_running_event() -> None:
    made = announcement(told())
    assert made is not None
    assert json.loads(made) == {
        "type": "cipipeline_resource_request",
        "attributes": {"provider_name": "pytest", "resource": header()["pipeline"]},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"ddci": "started"},
        {"ddci": "part"},
        {"part": {"key": "k", "shard": "1/2"}},
        {"concludes": True},
        {"pipeline": None},
        {"pipeline": {**PIPELINE, "level": "pipeline", "status": "success"}},
        {"pipeline": {**PIPELINE, "level": "job", "status": "running"}},
        {"attributes": []},
    ],
    ids=str,
)
def test_nothing_else_announces_a_run(changes: dict[str, Any]) -> None:
    assert announcement(told(**changes)) is None


def test_a_damaged_header_announces_nothing() -> None:
    assert announcement(ControlLine(0, "header", b'{"ddci":"header",}')) is None


@pytest.mark.parametrize("pending", [0, 10**9], ids=["in the snapshot", "in memory"])
def test_a_run_is_running_until_its_final_event(tmp_path: Path, pending: int) -> None:
    with Store(tmp_path, pending=pending) as store:
        path = write(tmp_path)
        [found] = documents(store)
        assert found["attributes"]["ci"]["status"] == "running"
        assert found["attributes"]["ci"]["pipeline"]["id"] == PIPELINE["unique_id"]
        assert found["attributes"]["start"] == START_NS
        assert "duration" not in found["attributes"]
        assert store.unfinished() == [run_name()]
        with path.open("ab") as file:
            file.write(sent("job", "a") + b"\n")
        assert ids(store, "@ci.status:running") == ["pipeline"]
        with path.open("ab") as file:
            file.write(sent("pipeline", status="error") + b"\n")
        statuses = [each["attributes"]["ci"]["status"] for each in documents(store)]
        assert sorted(statuses) == ["error", "success"]
        assert store.unfinished() == []


def test_the_announcement_of_a_later_journal_replaces_no_final_event(tmp_path: Path) -> None:
    write(tmp_path, sent("pipeline", status="success"))
    write(tmp_path, number=2)
    with Store(tmp_path) as store:
        [found] = documents(store)
    assert found["attributes"]["ci"]["status"] == "success"


def test_a_header_that_is_no_event_is_told_of(tmp_path: Path) -> None:
    pipeline = {**PIPELINE, "level": "pipeline", "status": "running", "start": "yesterday"}
    path = tmp_path / f"{run_name()}.jsonl"
    path.write_bytes(told_line(pipeline=pipeline) + b"\n" + sent("job", "a") + b"\n")
    with Store(tmp_path) as store:
        assert ids(store) == ["a"]
        assert store.skipped() == {run_name(): 1}
