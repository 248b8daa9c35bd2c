"""A journal that ends anywhere, as whoever wrote it was killed: no line that is whole is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.events import Event
from pytest_ddci.journal import Journal
from pytest_ddci.lines import level_of, stops_short
from pytest_ddci.shelf import new_name
from tests.resending import FakeIntake, run
from tests.wire import START_NS, event, header, started

if TYPE_CHECKING:
    from pathlib import Path

HEADER = Journal.headline(header())
DONE = [
    HEADER,
    started("a"),
    event("job", "a", tags=["test.result:pass", "test.final:true"]),
    event("step", "a.setup", job_id="a", job_name="test a"),
    event("step", "a.call", job_id="a", job_name="test a"),
    started("b"),
]
REST = [
    event("job", "b", status="error", tags=["test.result:fail", "test.final:true"]),
    event("stage", "s-1", status="error"),
    event("pipeline", status="error"),
]


def joined(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def verdicts() -> bytes:
    """What a flush says that settled the first job with its steps, and nothing after it."""
    start, last = (len(joined(*DONE[:number])) for number in (2, 4))
    line = {
        "ddci": "verdicts",
        "at": "2027-01-15T08:00:00.000000Z",
        "delivered": [[start, last]],
        "rejected": [{"offset": last, "status": 400, "detail": "{bad}"}],
        "expired": [],
    }
    return json.dumps(line, separators=(",", ":")).encode()


def cuts(whole: bytes, start: int = 0) -> list[bytes]:
    return [whole[:end] for end in range(start, len(whole) + 1)]


def whole_lines(text: bytes, lines: list[bytes]) -> list[bytes]:
    """Those of the lines that are there; the last one may lack its newline."""
    found, end = [], 0
    for line in lines:
        end += len(line)
        if len(text) >= end:
            found.append(line)
        end += 1
    return found


def id_of(line: bytes) -> str:
    resource = json.loads(line)["attributes"]["resource"]
    return str(resource.get("id", resource["level"]))


def events_in(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines() if line.endswith(b"}}}")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / new_name(START_NS)


def test_wherever_it_ends_every_whole_event_is_delivered_and_what_is_missing_made_up(
    path: Path,
) -> None:
    lines = [*DONE, *REST]
    for text in cuts(joined(*lines), len(HEADER) + 1):
        path.write_bytes(text)
        intake = FakeIntake()
        [found] = run(path, intake)
        assert (found.outcome, found.complete) == ("settled", True)
        assert found.path.read_bytes().startswith(text)
        there = whole_lines(text, lines)
        # Events as they were, and for each attempt, stage and pipeline one event in any case.
        expected = {id_of(line) for line in there if level_of(line)} | {"pipeline"}
        expected |= {json.loads(line)["id"] for line in there if line.startswith(b'{"ddci":"star')}
        expected |= {"s-1"} if expected != {"pipeline"} else set()
        assert sorted(intake.sent) == sorted(expected)
        for line in events_in(found.path):
            Event.from_wire(line)
        assert run(path.parent) == []
        found.path.unlink()


def test_wherever_the_verdicts_end_what_they_settled_is_not_sent_again(path: Path) -> None:
    lines = [*DONE, *REST, verdicts()]
    for text in cuts(joined(*lines), len(joined(*lines[:-1]))):
        path.write_bytes(text)
        intake = FakeIntake()
        [found] = run(path, intake)
        assert (found.outcome, found.complete) == ("settled", True)
        left = ["b", "s-1", "pipeline"]
        assert intake.sent == (left if lines[-1] in text else ["a", "a.setup", "a.call", *left])
        found.path.unlink()


def test_wherever_its_completion_ends_it_is_completed_to_the_same_events(path: Path) -> None:
    path.write_bytes(joined(*DONE))
    [found] = run(path)
    whole = found.path.read_bytes()
    events = events_in(found.path)
    assert len(events) == len(DONE)
    found.path.unlink()
    completed = whole[: whole.index(b'{"ddci":"verdicts"')]
    for text in cuts(completed, len(joined(*DONE))):
        path.write_bytes(text)
        [found] = run(path)
        assert (found.outcome, found.complete) == ("settled", True)
        assert sorted(events_in(found.path)) == sorted(events)
        found.path.unlink()


def test_without_a_whole_header_there_is_nothing_to_lose(path: Path) -> None:
    for text in cuts(HEADER):
        path.write_bytes(text)
        intake = FakeIntake()
        [found] = run(path, intake)
        assert intake.sent == []
        assert found.outcome == ("failed" if text else "empty")
        assert path.read_bytes() == text


@pytest.mark.parametrize("line", [*DONE, *REST, event("job", "{a}"), verdicts()])
def test_a_line_that_stops_short_is_told_from_a_damaged_one(line: bytes) -> None:
    cut = [line[:end] for end in range(1, len(line)) if line[end - 1 : end] == b"}"]
    assert [stops_short(each) for each in cut] == [True] * len(cut)
    assert not stops_short(line)
    assert not stops_short(line.replace(b'":"', b'" "', 1))
