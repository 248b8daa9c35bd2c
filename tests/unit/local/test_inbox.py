"""The inbox: a journal of what was received, which readers find and `ddci send` leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.errors import JournalError
from pytest_ddci.journal import read_journal
from pytest_ddci.lines import ControlLine, EventLine
from pytest_ddci.local.inbox import LONGEST_NS, Inbox
from pytest_ddci.local.store import Store
from pytest_ddci.shelf import entries, undelivered
from tests.fakes import FakeClock
from tests.stored import ids, sent, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86_400


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def inbox(tmp_path: Path, clock: FakeClock, told: list[str]) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "journals", clock, tell=told.append)
    yield made
    made.close()


def paths(directory: Path) -> list[Path]:
    return [entry.path for entry in entries(directory / "journals")]


def events(path: Path) -> list[bytes]:
    return [line.data for line in read_journal(path) if isinstance(line, EventLine)]


def test_where_nothing_was_received_nothing_is_written(inbox: Inbox, tmp_path: Path) -> None:
    inbox.close()
    assert not (tmp_path / "journals").exists()


def test_events_are_history_from_the_beginning(inbox: Inbox, tmp_path: Path) -> None:
    inbox.add([sent("job", "a"), sent("job", "b")])
    inbox.add([sent("job", "c")])
    (path,) = paths(tmp_path)
    assert path.name.endswith(".delivered.jsonl")
    assert undelivered(tmp_path / "journals") == []
    assert events(path) == [sent("job", "a"), sent("job", "b"), sent("job", "c")]


def test_the_journal_has_a_header_and_is_private(inbox: Inbox, tmp_path: Path) -> None:
    inbox.add([sent("job", "a")])
    (path,) = paths(tmp_path)
    first = next(read_journal(path))
    assert isinstance(first, ControlLine)
    assert first.kind == "header"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_store_of_the_same_process_reads_what_is_being_written(
    inbox: Inbox, tmp_path: Path
) -> None:
    with Store(tmp_path / "journals", own=inbox.own) as store:
        inbox.add([sent("job", "a")])
        assert ids(store) == ["a"]
        inbox.add([sent("job", "b")])
        assert sorted(ids(store)) == ["a", "b"]
        inbox.close()
        assert sorted(ids(store)) == ["a", "b"]


def test_only_the_journal_that_is_being_written_is_its_own(inbox: Inbox, tmp_path: Path) -> None:
    assert inbox.own(tmp_path / "any") is None
    inbox.add([sent("job", "a")])
    (path,) = paths(tmp_path)
    read_at = inbox.own(path)
    assert read_at is not None
    assert read_at(0, 10) == b'{"ddci":"h'
    assert inbox.own(path.with_name("other")) is None
    inbox.close()
    assert inbox.own(path) is None
    assert read_at(0, 10) == b'{"ddci":"h'


def test_a_full_journal_is_followed_by_the_next(tmp_path: Path, clock: FakeClock) -> None:
    inbox = Inbox(tmp_path / "journals", clock, tell=print, full=1_000)
    lines = [sent("job", str(number)) for number in range(20)]
    for line in lines:
        inbox.add([line])
    inbox.close()
    found = paths(tmp_path)
    assert len(found) > 2
    assert [line for path in found for line in events(path)] == lines
    assert len({path.name[:20] for path in found}) == len(found)


def test_a_journal_is_written_for_a_day(inbox: Inbox, tmp_path: Path, clock: FakeClock) -> None:
    inbox.add([sent("job", "a")])
    clock.advance(DAY - 1)
    inbox.add([sent("job", "b")])
    assert len(paths(tmp_path)) == 1
    clock.advance(1)
    inbox.add([sent("job", "c")])
    assert [len(events(path)) for path in paths(tmp_path)] == [2, 1]
    assert LONGEST_NS == DAY * 1_000_000_000


def test_what_somebody_has_removed_is_not_written_to_any_more(inbox: Inbox, tmp_path: Path) -> None:
    inbox.add([sent("job", "a")])
    paths(tmp_path)[0].unlink()
    inbox.add([sent("job", "b")])
    (path,) = paths(tmp_path)
    assert events(path) == [sent("job", "b")]


def test_what_has_expired_goes_when_a_new_journal_begins(
    inbox: Inbox, tmp_path: Path, clock: FakeClock, told: list[str]
) -> None:
    inbox.add([sent("job", "a")])
    never_sent = write(tmp_path / "journals", [sent("job", "x")])
    clock.advance(15 * DAY)
    inbox.add([sent("job", "b")])
    (path,) = paths(tmp_path)
    assert events(path) == [sent("job", "b")]
    assert len(told) == 1
    assert f"removed {never_sent}" in told[0]


def test_zero_days_are_the_default_here(tmp_path: Path, clock: FakeClock) -> None:
    inbox = Inbox(tmp_path / "journals", clock, tell=print, keep=(0, 0))
    inbox.add([sent("job", "a")])
    clock.advance(2 * DAY)
    inbox.add([sent("job", "b")])
    inbox.close()
    assert len(paths(tmp_path)) == 2


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "file").write_text("")
    inbox = Inbox(tmp_path / "file" / "journals", clock, tell=print)
    with pytest.raises(JournalError, match="cannot create a journal"):
        inbox.add([sent("job", "a")])
