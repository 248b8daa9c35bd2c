"""The journal of the run in progress, on a disk that fails."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_ddci import spill
from pytest_ddci.disk import Disk
from pytest_ddci.errors import JournalError
from pytest_ddci.lines import EventLine
from pytest_ddci.run_journal import RunJournal
from tests.wire import START_NS, event, header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FullDisk:
    """Takes so many writes, then no more until it has room again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
        self.left = writes
        real = Disk.write_some

        def write(fd: int, data: bytes) -> int:
            self.left -= 1
            if self.left < 0:
                real(fd, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(fd, data)

        monkeypatch.setattr(Disk, "write_some", staticmethod(write))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "ddci"


def begun(directory: Path) -> RunJournal:
    return RunJournal.begin(directory, header(), start_ns=START_NS)


def levels(journal: RunJournal) -> list[str]:
    return [line.level for line in journal.lines() if isinstance(line, EventLine)]


@pytest.mark.parametrize("writes", [0, 1, 2, 3, 4])
def test_events_that_the_disk_does_not_take_are_read_as_if_it_had(
    directory: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    # The header and two bursts of events are three writes, besides the directory's own file.
    FullDisk(monkeypatch, writes)
    journal = begun(directory)
    journal.append([event("job"), event("step")])
    journal.append([event("stage"), event("pipeline")])
    assert levels(journal) == ["job", "step", "stage", "pipeline"]
    assert (journal.emitted, journal.lost) == (4, 0)
    assert ("No space left" in journal.trouble) == (writes < 4)
    journal.close()


def test_half_a_line_never_stays_on_the_disk(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk(monkeypatch, 3)
    journal = begun(directory)
    journal.append([event("job")])
    journal.append([event("stage")])
    assert journal.path.read_bytes().endswith(event("job") + b"\n")
    assert journal.held([]) == {"stage": 1}
    journal.close()


def test_what_is_settled_is_not_held_any_more(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk(monkeypatch, 2)
    journal = begun(directory)
    journal.append([event("job"), event("stage")])
    offsets = {line.level: line.offset for line in journal.lines() if isinstance(line, EventLine)}
    assert journal.held([(offsets["job"], offsets["stage"])]) == {"stage": 1}
    journal.close()


@pytest.mark.parametrize("writes", [0, 3])
def test_a_disk_that_has_room_again_gets_it_all(
    directory: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    disk = FullDisk(monkeypatch, writes)
    journal = begun(directory)
    journal.append([event("job")])
    journal.append([event("stage")])
    assert not journal.save()
    disk.left = 100
    assert journal.save()
    assert (journal.trouble, journal.held([])) == ("", {})
    assert levels(journal) == ["job", "stage"]
    assert journal.path.read_bytes().count(b"\n") == 3
    journal.append([event("pipeline")])
    assert journal.path.read_bytes().endswith(event("pipeline") + b"\n")
    journal.close()


def test_a_removed_directory_is_made_again(directory: Path) -> None:
    journal = begun(directory)
    journal.append([event("job")])
    shutil.rmtree(directory)
    journal.append([event("stage")])
    assert journal.save()
    assert journal.path.read_bytes().count(b"\n") == 3
    journal.close()


def test_a_removed_journal_needs_no_new_name(directory: Path) -> None:
    journal = begun(directory)
    shutil.rmtree(directory)
    assert journal.retire() == journal.path


def test_memory_is_bounded_and_what_is_beyond_is_lost(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk(monkeypatch, 2)
    monkeypatch.setattr(spill, "MOST", len(event("job")) + 1)
    journal = begun(directory)
    journal.append([event("job")])
    journal.append([event("job"), event("step")])
    journal.note(b'{"ddci":"started"}')
    assert (journal.emitted, journal.lost) == (1, 2)
    assert levels(journal) == ["job"]
    journal.close()


@pytest.fixture
def closed(directory: Path) -> Iterator[RunJournal]:
    journal = begun(directory)
    journal.close()
    yield journal
    assert journal.emitted == 0


def test_a_closed_journal_takes_nothing(closed: RunJournal) -> None:
    with pytest.raises(JournalError, match="closed"):
        closed.append([event("job")])


def test_a_closed_journal_of_memory_takes_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk(monkeypatch, 0)
    journal = begun(directory)
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append([event("job")])
