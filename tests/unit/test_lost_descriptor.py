"""A test that closes every open file: the journal comes back, and the test keeps its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.disk import Disk
from pytest_ddci.lines import EventLine
from pytest_ddci.run_journal import RunJournal
from tests.wire import START_NS, event, header

if TYPE_CHECKING:
    from pathlib import Path


def descriptor_of(journal: RunJournal) -> int:
    """The number under which the system knows the open file."""
    file = journal.path.stat()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - a name is all it is
        try:
            status = os.fstat(int(name))
        except OSError:  # that of the listing itself
            continue
        if (status.st_dev, status.st_ino) == (file.st_dev, file.st_ino):
            return int(name)
    raise AssertionError(journal)


@pytest.fixture
def journal(tmp_path: Path) -> RunJournal:
    if not os.path.exists("/proc/self/fd"):  # noqa: PTH110 - as above
        pytest.skip("needs Linux's /proc")
    made = RunJournal.begin(tmp_path / "ddci", header(), start_ns=START_NS)
    made.append([event("job", "1")])
    return made


def events(journal: RunJournal) -> int:
    return sum(isinstance(line, EventLine) for line in journal.lines())


def test_a_closed_journal_is_opened_again(journal: RunJournal) -> None:
    os.close(descriptor_of(journal))
    journal.append([event("job", "2")])
    assert events(journal) == 2
    assert journal.trouble == ""
    assert journal.save()


def test_it_is_locked_again(journal: RunJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[int] = []

    def lock(fd: int) -> bool:
        locked.append(fd)
        return True

    monkeypatch.setattr(Disk, "lock", lock)
    os.close(descriptor_of(journal))
    journal.append([event("job", "2")])
    assert locked == [descriptor_of(journal)]


def test_a_file_that_has_its_number_now_is_neither_written_nor_closed(
    journal: RunJournal, tmp_path: Path
) -> None:
    number = descriptor_of(journal)
    theirs = os.open(tmp_path / "theirs", os.O_RDWR | os.O_CREAT)
    os.dup2(theirs, number)
    journal.append([event("job", "2")])
    assert events(journal) == 2
    journal.close()
    assert os.fstat(number).st_size == 0
    os.close(number)
    os.close(theirs)


def test_closing_one_whose_number_is_taken_leaves_that_file_open(
    journal: RunJournal, tmp_path: Path
) -> None:
    number = descriptor_of(journal)
    theirs = os.open(tmp_path / "theirs", os.O_RDWR | os.O_CREAT)
    os.dup2(theirs, number)
    journal.close()
    os.write(number, b"still open")
    os.close(number)
    os.close(theirs)


def test_without_its_file_it_goes_on_in_memory(journal: RunJournal) -> None:
    os.close(descriptor_of(journal))
    journal.path.unlink()
    journal.append([event("job", "2")])
    assert journal.trouble
    assert journal.emitted == 2
