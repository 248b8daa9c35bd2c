from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.clock import SECOND, Deadline
from pytest_ddci.delivery import deliver, settle
from pytest_ddci.disk import Disk
from pytest_ddci.journal import Journal
from pytest_ddci.receipt import Receipt, Rejection
from pytest_ddci.resend import Resent, resend
from tests.fakes import FakeClock
from tests.wire import START_NS, event, header, ids, started

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_ddci.lines import EventLine

HOUR = 60 * 60 * SECOND


class FakeIntake:
    """Delivers, but rejects and keeps the ids it is told to."""

    def __init__(self, rejects: str = "", keeps: str = "") -> None:
        self.sent: list[str] = []
        self.closed = False
        self._rejects, self._keeps = rejects, keeps

    def send(self, batch: Sequence[EventLine], deadline: Deadline, *, attempts: int = 5) -> Receipt:
        assert attempts
        assert not deadline.passed
        named = list(zip(ids(batch), batch, strict=True))
        self.sent += [id_ for id_, _ in named]
        return Receipt(
            delivered=tuple(e for id_, e in named if id_ not in (self._rejects, self._keeps)),
            rejected=tuple(
                Rejection(e.offset, 400, "bad") for id_, e in named if id_ == self._rejects
            ),
            kept=tuple(e for id_, e in named if id_ == self._keeps),
            problem="trouble" if self._rejects or self._keeps else None,
            requests=1,
        )

    def close(self) -> None:
        self.closed = True


def write(directory: Path, *lines: bytes, start_ns: int = START_NS) -> Path:
    journal = Journal.create(directory, header(start_ns), start_ns=start_ns)
    for line in lines:
        (journal.note if line.startswith(b'{"ddci"') else lambda each: journal.append([each]))(line)
    journal.close()
    return journal.path


def run(
    paths: Path | list[Path],
    intake: FakeIntake | None = None,
    now_ns: int = START_NS + HOUR,
    seconds: float = 30,
) -> list[Resent]:
    intake, clock = intake or FakeIntake(), FakeClock(now_ns)
    paths = paths if isinstance(paths, list) else [paths]
    return list(resend(paths, lambda: intake, clock, Deadline.after(seconds, clock)))


def verdicts(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    return [line for line in found if line.get("ddci") == "verdicts"]


def test_an_undelivered_journal_is_sent_and_becomes_history(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"), event("stage"), event("pipeline"))
    intake = FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "stage-id", "pipeline"]
    assert found.outcome == "settled"
    assert found.path.name.endswith(".delivered.jsonl")
    assert not path.exists()
    assert found.words == f"{found.path}: 3 of 3 events delivered"
    assert intake.closed


def test_a_directory_means_its_undelivered_journals_oldest_first(tmp_path: Path) -> None:
    late = write(tmp_path, event("job", "late"), event("pipeline"), start_ns=START_NS + SECOND)
    early = write(tmp_path, event("job", "early"), event("pipeline"))
    intake = FakeIntake()
    found = run(tmp_path, intake)
    assert intake.sent == ["early", "pipeline", "late", "pipeline"]
    assert [each.path.name[:20] for each in found] == [early.name[:20], late.name[:20]]


def test_sending_twice_sends_nothing_twice(tmp_path: Path) -> None:
    write(tmp_path, event("job", "a"), event("pipeline"))
    [first] = run(tmp_path)
    intake = FakeIntake()
    assert run(tmp_path, intake) == []
    [again] = run(first.path, intake)
    assert again.outcome == "already"
    assert intake.sent == []


def test_only_what_was_not_accepted_before_is_sent_again(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        event("job", "a"),
        started("b"),
        event("job", "b"),
        event("job", "c"),
        event("pipeline"),
    )
    [first] = run(path, FakeIntake(keeps="b"))
    intake = FakeIntake()
    [second] = run(path, intake)
    assert (first.outcome, first.path) == ("kept", path)
    assert first.words == f"{path}: 3 of 4 events delivered, 1 kept (trouble)"
    assert intake.sent == ["b"]
    assert second.outcome == "settled"
    assert second.accounting.emitted == 1


def test_verdicts_of_the_run_itself_count(tmp_path: Path) -> None:
    clock = FakeClock()
    journal = Journal.create(tmp_path, header(), start_ns=START_NS)
    journal.append([event("job", "a"), event("job", "b"), event("pipeline")])
    report = deliver(
        journal.lines(), FakeIntake(rejects="a", keeps="b"), Deadline.after(9, clock), clock
    )
    settle(journal, report, clock.now_ns())
    intake = FakeIntake()
    run(tmp_path, intake)
    assert intake.sent == ["b"]


def test_a_rejected_event_is_kept_aside_and_does_not_hold_the_journal(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"), event("pipeline"))
    [found] = run(path, FakeIntake(rejects="a"))
    assert found.outcome == "settled"
    assert found.words.endswith("1 of 2 events delivered, 1 rejected (trouble)")
    assert path.with_name(path.name.replace(".jsonl", ".rejected.jsonl")).exists()


def test_a_killed_run_is_finished_first(tmp_path: Path) -> None:
    path = write(tmp_path, started("a"), event("job", "a"), started("b"))
    intake = FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "b", "s-1", "pipeline"]
    assert found.recovered == 3
    assert found.words.endswith("4 of 4 events delivered, 3 of them made up for a killed run")


def test_a_killed_run_is_finished_once_even_if_nothing_is_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, started("a"))
    [first] = run(path, seconds=0)
    size_of_events = path.read_bytes().count(b'"level"')
    [second] = run(path, seconds=0)
    assert (first.recovered, second.recovered) == (3, 0)
    assert path.read_bytes().count(b'"level"') == size_of_events
    assert second.outcome == "kept"


def test_a_torn_last_line_is_mended_before_anything_is_added(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"))
    with path.open("ab") as file:
        file.write(event("job", "torn")[:-20])
    intake = FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "s-1", "pipeline"]
    assert found.bad == ()


def test_a_run_in_progress_is_skipped_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(_: int) -> None:
        raise BlockingIOError(errno.EAGAIN, "busy")

    path = write(tmp_path, event("job", "a"))
    before = path.read_bytes()
    monkeypatch.setattr(Disk, "_acquire", staticmethod(taken))
    [found] = run(path)
    assert found.outcome == "busy"
    assert found.words == f"{path}: still being written"
    assert path.read_bytes() == before


def test_events_too_old_for_the_api_are_reported_not_sent(tmp_path: Path) -> None:
    now_ns = START_NS + 18 * HOUR
    path = write(
        tmp_path,
        event("job", "old", START_NS - 2 * SECOND),
        event("job", "young", START_NS + SECOND),
        event("pipeline", at_ns=START_NS + SECOND),
        start_ns=START_NS - 3 * SECOND,
    )
    intake = FakeIntake()
    [found] = run(path, intake, now_ns)
    assert intake.sent == ["young", "pipeline"]
    assert (found.expired, found.accounting.rejected, found.accounting.delivered) == (1, 1, 2)
    assert found.words.endswith("1 rejected (rejected: older than 18 hours: the API refuses it)")
    [line] = verdicts(found.path)
    [[start, end]] = line["expired"]
    assert b'"id":"old"' in found.path.read_bytes()[start:end]


def test_a_run_too_old_as_a_whole_is_history_without_a_request(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"), event("pipeline"))
    intake = FakeIntake()
    [found] = run(path, intake, START_NS + 19 * HOUR)
    assert intake.sent == []
    assert found.outcome == "settled"
    assert found.accounting.rejected == 2


def test_a_parameter_called_end_is_not_mistaken_for_the_end(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        event("job", "a", START_NS + 19 * HOUR, parameters={"end": "1999-01-01T00:00:00Z"}),
        event("pipeline", at_ns=START_NS + 19 * HOUR),
    )
    intake = FakeIntake()
    run(path, intake, START_NS + 19 * HOUR)
    assert intake.sent == ["a", "pipeline"]


def test_garbage_is_reported_with_its_line_and_the_rest_is_sent(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"))
    with path.open("ab") as file:
        file.write(b"\x00\x00\nhello\n" + event("pipeline") + b"\n")
    intake = FakeIntake()
    [found] = run(path, intake)
    assert [each.number for each in found.bad] == [3, 4]
    assert intake.sent == ["a", "pipeline"]


@pytest.mark.parametrize(
    "line",
    [b'{"ddci":"verdicts","delivered":[[1]]}', b'{"ddci":"verdicts","rejected":[{"x":1}]}'],
    ids=["ranges", "rejections"],
)
def test_verdicts_that_cannot_be_read_settle_nothing(tmp_path: Path, line: bytes) -> None:
    path = write(tmp_path, event("job", "a"), event("pipeline"), line)
    intake = FakeIntake()
    [found] = run(path, intake)
    assert intake.sent == ["a", "pipeline"]
    assert [each.reason for each in found.bad] == ["not a line of 'verdicts'"]


def test_a_journal_without_a_header_is_sent_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"))
    path.write_bytes(event("job", "a") + b"\n")
    intake = FakeIntake()
    assert [each.outcome for each in run(path, intake)] == ["settled"]
    assert intake.sent == ["a"]


def test_a_file_without_events_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(b"")
    intake = FakeIntake()
    [found] = run(path, intake)
    assert found.outcome == "empty"
    assert path.exists()
    assert not intake.closed  # it was never made


def test_a_missing_file_is_a_value_and_the_next_is_sent(tmp_path: Path) -> None:
    path = write(tmp_path, event("pipeline"))
    found = run([tmp_path / "missing.jsonl", path])
    assert [each.outcome for each in found] == ["failed", "settled"]
    assert "missing.jsonl" in found[0].words


def test_when_the_time_is_over_the_rest_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path, event("pipeline"))
    [found] = run(path, seconds=0)
    assert (found.outcome, found.accounting.kept) == ("kept", 1)
    assert path.exists()


def test_settled_but_not_renamed_is_renamed_without_a_request(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"), event("pipeline"))
    [first] = run(path)
    first.path.rename(path)
    intake = FakeIntake()
    [second] = run(path, intake)
    assert intake.sent == []
    assert (second.outcome, second.path) == ("settled", first.path)
