from __future__ import annotations

import errno
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.disk import Disk
from pytest_ddci.errors import JournalError
from pytest_ddci.journal import Journal, read_journal
from pytest_ddci.lines import BadLine, ControlLine, EventLine
from pytest_ddci.receipt import Rejection
from tests.wire import START_NS, event, header, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal.create(tmp_path / "ddci", header(), start_ns=START_NS)
    yield made
    made.close()


def kinds(journal: Journal) -> list[str]:
    return [
        line.level if isinstance(line, EventLine) else getattr(line, "kind", "bad")
        for line in journal.lines()
    ]


def test_a_journal_begins_with_its_header(journal: Journal) -> None:
    first = json.loads(journal.path.read_bytes())
    assert {"ddci": "header", "version": 1, **header()} == first


def test_its_name_tells_when_the_run_began(journal: Journal) -> None:
    assert journal.path.name.startswith("run-20270115T080000Z-")


@posix
def test_only_the_user_may_read_it(journal: Journal) -> None:
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


def test_a_new_directory_ignores_itself_to_git(journal: Journal) -> None:
    assert (journal.path.parent / ".gitignore").read_text() == "*\n"


def test_a_directory_with_other_things_in_it_is_not_hidden_from_git(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    Journal.create(tmp_path, header(), start_ns=START_NS).close()
    assert not (tmp_path / ".gitignore").exists()


def test_two_runs_of_the_same_moment_have_two_files(tmp_path: Path) -> None:
    one = Journal.create(tmp_path, header(), start_ns=START_NS)
    two = Journal.create(tmp_path, header(), start_ns=START_NS)
    one.append([event("job", "a")])
    two.append([event("job", "b")])
    one.close()
    two.close()
    assert one.path != two.path
    assert [b'"id":"b"' in each.path.read_bytes() for each in (one, two)] == [False, True]


def test_appended_events_are_on_disk_at_once(journal: Journal) -> None:
    journal.append([event("job"), event("step")])
    assert journal.path.read_bytes().endswith(event("job") + b"\n" + event("step") + b"\n")


def test_events_are_counted_by_level_and_notes_are_not(journal: Journal) -> None:
    journal.note(started("a"))
    journal.append([event("job"), event("step"), event("step")])
    journal.append([])
    assert journal.emitted == 3
    assert journal.emitted_by_level == {"pipeline": 0, "stage": 0, "job": 1, "step": 2}


def test_a_journal_reads_itself_back_while_it_is_open(journal: Journal) -> None:
    journal.note(started("a"))
    journal.append([event("job")])
    assert kinds(journal) == ["header", "started", "job"]


def test_a_short_write_is_continued(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(Disk, "write_some", staticmethod(lambda fd, data: write(fd, data[:7])))
    journal.append([event("job")])
    assert journal.path.read_bytes().endswith(event("job") + b"\n")


def test_a_full_disk_leaves_no_half_line(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) < len(event("job")):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, data[:9])

    before = journal.path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Disk, "write_some", staticmethod(full))
        with pytest.raises(JournalError, match=r"run-.*No space left"):
            journal.append([event("job")])
    assert journal.path.read_bytes() == before
    assert journal.emitted == 0
    journal.append([event("job")])
    assert kinds(journal) == ["header", "job"]


def test_mocked_file_functions_do_not_reach_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("write", "open", "close", "replace", "fstat", "lstat"):
        monkeypatch.setattr(f"os.{name}", None)
    monkeypatch.setattr("builtins.open", None)
    journal.append([event("job")])
    assert kinds(journal) == ["header", "job"]
    history = journal.retire()
    monkeypatch.undo()
    assert history.read_bytes().endswith(event("job") + b"\n")


def test_a_journal_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.touch()
    with pytest.raises(JournalError, match="place"):
        Journal.create(place, header(), start_ns=START_NS)


def test_a_closed_journal_takes_nothing(journal: Journal) -> None:
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append([event("job")])
    with pytest.raises(JournalError, match="closed"):
        list(journal.lines())


def test_retiring_makes_it_history(journal: Journal) -> None:
    name = journal.path.name
    history = journal.retire()
    assert history == journal.path
    assert history.name == name.replace(".jsonl", ".delivered.jsonl")
    assert not history.with_name(name).exists()


def test_a_journal_that_cannot_be_renamed_is_named_and_closed(journal: Journal) -> None:
    journal.path.unlink()
    with pytest.raises(JournalError, match="cannot rename"):
        journal.retire()
    with pytest.raises(JournalError, match="closed"):
        journal.note(b"{}")


def test_rejected_events_are_kept_aside_with_the_reason(journal: Journal) -> None:
    journal.append([event("job", "a"), event("job", "b")])
    second = [line for line in journal.lines() if isinstance(line, EventLine)][1]
    aside = journal.keep_aside([Rejection(second.offset, 400, 'a "wrong" name')])
    journal.keep_aside([Rejection(second.offset, 413, "too large")])
    found = [json.loads(line) for line in aside.read_bytes().splitlines()]
    assert aside.name == journal.path.name.replace(".jsonl", ".rejected.jsonl")
    assert [(each["ddci"], each["status"], each["detail"]) for each in found] == [
        ("rejected", 400, 'a "wrong" name'),
        ("rejected", 413, "too large"),
    ]
    assert found[0]["event"] == json.loads(event("job", "b"))


def test_a_long_rejected_event_is_kept_aside_whole(journal: Journal) -> None:
    long = event("job", name="x" * 200_000)
    journal.append([long, event("step")])
    offset = next(line.offset for line in journal.lines() if isinstance(line, EventLine))
    aside = journal.keep_aside([Rejection(offset, 413, "too large")])
    assert json.loads(aside.read_bytes())["event"] == json.loads(long)


@posix
def test_nothing_is_written_through_a_symbolic_link(journal: Journal, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.touch()
    journal.path.with_name(journal.path.stem + ".rejected.jsonl").symlink_to(victim)
    with pytest.raises(JournalError, match="cannot write"):
        journal.keep_aside([Rejection(0, 400, "no")])
    assert victim.read_bytes() == b""


def test_a_file_system_without_locks_is_used_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(Disk, "_acquire", staticmethod(unknown))
    made = Journal.create(tmp_path, header(), start_ns=START_NS)
    made.append([event("job")])
    assert made.emitted == 1
    made.close()


def test_a_new_file_that_another_process_looks_into_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire, refusals = Disk._acquire, iter([BlockingIOError(errno.EAGAIN, "busy")])  # noqa: SLF001 - the seam

    def busy_once(fd: int) -> None:
        for refusal in refusals:
            raise refusal
        acquire(fd)

    monkeypatch.setattr(Disk, "_acquire", staticmethod(busy_once))
    made = Journal.create(tmp_path, header(), start_ns=START_NS)
    sizes = {path.name: path.stat().st_size for path in tmp_path.glob("run-*")}
    assert len(sizes) == 2
    assert sizes[made.path.name] > 0
    made.close()


def failing(*_: object) -> bytes:
    raise OSError(errno.EIO, "Input/output error")


def test_a_journal_whose_disk_fails_is_named(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Disk, "_read_at", staticmethod(failing))
    with pytest.raises(JournalError, match=r"cannot read .*run-"):
        list(journal.lines())
    with pytest.raises(JournalError, match=r"cannot read .*run-"):
        list(read_journal(journal.path))


def test_a_header_that_cannot_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").touch()
    monkeypatch.setattr(Disk, "write_some", staticmethod(failing))
    with pytest.raises(JournalError, match="cannot write"):
        Journal.create(tmp_path, header(), start_ns=START_NS)


def test_a_name_that_is_taken_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Disk, "urandom", staticmethod(bytes))
    first = Journal.create(tmp_path, header(), start_ns=START_NS)
    with pytest.raises(JournalError, match="no free name"):
        Journal.create(tmp_path, header(), start_ns=START_NS)
    first.close()


def test_any_journal_can_be_read_by_its_path(journal: Journal) -> None:
    journal.append([event("job")])
    journal.close()
    first, second = read_journal(journal.path)
    assert isinstance(first, ControlLine)
    assert isinstance(second, EventLine)


def test_a_file_that_is_no_journal_gives_bad_lines(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"PK\x03\x04\n\xff\xfe")
    assert all(isinstance(line, BadLine) for line in read_journal(tmp_path / "x"))


def test_a_journal_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="missing"):
        list(read_journal(tmp_path / "missing"))


def test_its_repr_names_the_file(journal: Journal) -> None:
    assert journal.path.name in repr(journal)
