from __future__ import annotations

import errno
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.clock import SECOND, Deadline
from pytest_ddci.delivery import deliver, settle
from pytest_ddci.disk import Disk
from pytest_ddci.journal import Journal
from tests.fakes import FakeClock
from tests.resending import HOUR, FakeIntake, run, write
from tests.wire import START_NS, event, header, started

if TYPE_CHECKING:
    from pathlib import Path


posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes and owners")


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


def test_what_is_named_twice_is_sent_once(tmp_path: Path) -> None:
    path = write(tmp_path, event("job", "a"), event("pipeline"))
    intake = FakeIntake()
    found = run([tmp_path, path, tmp_path / "." / path.name], intake)
    assert [each.outcome for each in found] == ["settled"]
    assert intake.sent == ["a", "pipeline"]


@posix
def test_a_directory_that_cannot_be_read_is_a_value_and_the_next_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: str) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = write(tmp_path / "ours", event("pipeline"))
    (tmp_path / "theirs").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(Disk, "listdir", staticmethod(refused))
        found = run([tmp_path / "theirs", path])
    assert [each.outcome for each in found] == ["failed", "settled"]
    assert found[0].words == f"cannot read {tmp_path / 'theirs'}: Permission denied"


@posix
def test_anothers_journal_is_taken_when_it_is_named_but_not_from_a_directory(
    tmp_path: Path,
) -> None:
    path, uid = write(tmp_path, event("pipeline")), os.geteuid()
    intake = FakeIntake()
    [found] = run(tmp_path, intake, owner=uid + 1)
    assert (found.outcome, intake.sent) == ("failed", [])
    assert found.words == f"{path}: belongs to another user ({uid}); name it to have it sent"
    assert [each.outcome for each in run([path], intake, owner=uid + 1)] == ["settled"]


def test_what_was_delivered_is_told_although_it_cannot_be_noted(tmp_path: Path) -> None:
    path = write(tmp_path, event("pipeline"))
    path.with_name(path.name.replace(".jsonl", ".delivered.jsonl")).mkdir()
    [found] = run(path)
    assert (found.outcome, found.accounting.delivered) == ("failed", 1)
    assert found.words.startswith(f"{path}: 1 of 1 events delivered; cannot rename {path}")
    assert path.exists()


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
