from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from pytest_ddci.disk import Disk
from pytest_ddci.errors import JournalError
from pytest_ddci.journal import Journal, read_journal
from pytest_ddci.lines import BadLine, ControlLine, EventLine
from pytest_ddci.takeover import take_over
from tests.wire import START_NS, event, header

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files and owners")


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A journal that its run has left."""
    journal = Journal.create(tmp_path, header(), start_ns=START_NS)
    journal.append([event("job")])
    journal.close()
    return journal.path


def taken(path: Path) -> Journal:
    journal = take_over(path)
    assert journal is not None
    return journal


def test_a_journal_that_was_taken_over_goes_on_where_it_ended(left: Path) -> None:
    journal = taken(left)
    journal.append([event("stage")])
    found = list(journal.lines())
    journal.close()
    assert [type(line) for line in found] == [ControlLine, EventLine, EventLine]
    assert found[-1].offset == left.read_bytes().index(event("stage"))


@pytest.mark.parametrize(
    "tail", [event("step")[:-9], event("step"), b"x" * 100_000], ids=["half", "endless", "garbage"]
)
def test_taking_over_changes_nothing(left: Path, tail: bytes) -> None:
    with left.open("ab") as file:
        file.write(tail)
    before = left.read_bytes()
    journal = taken(left)
    last = list(journal.lines())[-1]
    journal.close()
    assert isinstance(last, BadLine)
    assert last.endless
    assert left.read_bytes() == before


def test_what_is_gone_is_named(left: Path) -> None:
    left.unlink()
    with pytest.raises(JournalError, match=r"cannot open .*run-.*: No such file"):
        take_over(left)


def test_a_journal_whose_lock_another_has_is_left_alone(
    left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken_by_another(_: int) -> None:
        raise BlockingIOError(errno.EAGAIN, "busy")

    monkeypatch.setattr(Disk, "_acquire", staticmethod(taken_by_another))
    assert take_over(left) is None


def test_a_journal_that_was_replaced_while_it_was_opened_counts_as_busy(
    left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Disk, "lstat", staticmethod(lambda _: os.lstat(tmp_path)))
    assert take_over(left) is None


def test_a_disk_that_fails_is_told_with_the_name(
    left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Disk, "lstat", staticmethod(failing))
    with pytest.raises(JournalError, match=r"run-.*Input/output error"):
        take_over(left)


@posix
def test_only_the_owner_asked_for_will_do(left: Path) -> None:
    uid = os.geteuid()
    journal = take_over(left, uid)
    assert journal is not None
    journal.close()
    with pytest.raises(JournalError, match=rf"run-.*belongs to another user \({uid}\)"):
        take_over(left, uid + 1)


@posix
def test_nothing_is_opened_through_a_symbolic_link(left: Path) -> None:
    link = left.with_name("link.jsonl")
    link.symlink_to(left)
    with pytest.raises(JournalError, match=r"link.jsonl: a symbolic link is not followed"):
        take_over(link)


@posix
@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["fifo", "device", "endless device"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = {"fifo": tmp_path / "fifo", "device": Path("/dev/null")}.get(kind, Path("/dev/zero"))
    if kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(JournalError, match="no regular file"):
        take_over(path)
    with pytest.raises(JournalError, match="no regular file"):
        list(read_journal(path))


@posix
def test_a_refused_file_is_closed(left: Path) -> None:
    before = len([*Path("/dev/fd").iterdir()])
    os.mkfifo(left.with_name("fifo"))
    for path, owner in [(left.with_name("fifo"), None), (left, -2)]:
        with pytest.raises(JournalError):
            take_over(path, owner)
    assert len([*Path("/dev/fd").iterdir()]) == before
