from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.disk import Disk
from pytest_ddci.retention import apply_retention, expired
from pytest_ddci.shelf import Entry, new_name, sibling
from tests.wire import START_NS

if TYPE_CHECKING:
    from pytest_ddci.shelf import State

DAY = 24 * 60 * 60 * SECOND
MB = 1_000_000


def entry(age_days: float, size: int, state: State = "delivered") -> Entry:
    start_ns = START_NS - int(age_days * DAY)
    return Entry(sibling(Path(new_name(start_ns)), state), state, start_ns, size)


def make(directory: Path, age_days: float, size: int, state: State = "delivered") -> Path:
    path = sibling(directory / new_name(START_NS - int(age_days * DAY)), state)
    path.write_bytes(b"x" * size)
    return path


def test_a_journal_goes_when_it_is_too_old() -> None:
    old, young = entry(15, 1), entry(13, 1)
    assert expired([young, old], START_NS, keep_days=14) == [old]


def test_the_oldest_history_goes_first_until_the_rest_fits() -> None:
    shelf = [entry(1, 4 * MB), entry(3, 4 * MB), entry(2, 4 * MB)]
    assert expired(shelf, START_NS, keep_mb=5) == [shelf[1], shelf[2]]


def test_undelivered_events_go_only_when_history_was_not_enough() -> None:
    kept, history = entry(5, 6 * MB, "undelivered"), entry(1, 6 * MB)
    assert expired([kept, history], START_NS, keep_mb=6) == [history]
    assert expired([kept, history], START_NS, keep_mb=5) == [history, kept]


@pytest.mark.parametrize("limits", [(0, 500), (14, 0)], ids=["no days", "no megabytes"])
def test_without_history_only_undelivered_journals_stay(limits: tuple[float, float]) -> None:
    history, aside = entry(0, 1), entry(0, 1, "rejected")
    kept, stale = entry(13, 1, "undelivered"), entry(15, 1, "undelivered")
    gone = expired([kept, stale, history, aside], START_NS, *limits)
    assert set(gone) == {history, aside, stale}


entry_lists = st.lists(
    st.builds(
        entry,
        st.floats(0, 30),
        st.integers(0, 5 * MB),
        st.sampled_from(["delivered", "rejected", "undelivered"]),
    ),
    max_size=12,
)


@given(entry_lists, st.floats(0.1, 20), st.floats(0.1, 10))
def test_what_stays_is_within_both_bounds(
    shelf: list[Entry], days: float, megabytes: float
) -> None:
    gone = expired(shelf, START_NS, days, megabytes)
    stays = [each for each in shelf if each not in gone]
    assert sum(each.size for each in stays) <= megabytes * MB
    assert all(each.start_ns >= START_NS - int(days * DAY) for each in stays)


@given(entry_lists, st.floats(0.1, 10))
def test_no_undelivered_journal_goes_for_room_while_history_stays(
    shelf: list[Entry], megabytes: float
) -> None:
    gone = expired(shelf, START_NS, keep_days=100, keep_mb=megabytes)
    lost = [each for each in shelf if each.state == "undelivered" and each in gone]
    history_stays = any(each.state != "undelivered" and each not in gone for each in shelf)
    assert not (history_stays and lost)


def test_the_user_is_told_of_lost_events_only(tmp_path: Path) -> None:
    lost = make(tmp_path, 20, 12_345, "undelivered")
    history = make(tmp_path, 20, 5)
    removed = {each.path: each.told for each in apply_retention(tmp_path, START_NS)}
    assert removed == {
        history: None,
        lost: f"removed {lost} (12,345 bytes): its events were never delivered",
    }
    assert not lost.exists()
    assert not history.exists()


def test_other_names_and_links_are_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b"x")
    link = tmp_path / new_name(START_NS - 30 * DAY)
    link.symlink_to(target)
    others = [tmp_path / name for name in (".gitignore", "run-x.jsonl", "run-1.jsonl.bak")]
    for each in others:
        each.touch()
    assert apply_retention(tmp_path, START_NS, 0, 0) == []
    assert all(each.exists() for each in (*others, target, link))


def test_a_journal_that_is_being_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(_: int) -> None:
        raise BlockingIOError(errno.EAGAIN, "busy")

    running = make(tmp_path, 20, 5, "undelivered")
    monkeypatch.setattr(Disk, "_acquire", staticmethod(taken))
    assert apply_retention(tmp_path, START_NS) == []
    assert running.exists()


def test_a_spared_journal_stays_and_counts_for_nothing(tmp_path: Path) -> None:
    own, other = make(tmp_path, 20, 5), make(tmp_path, 0, 5)
    assert apply_retention(tmp_path, START_NS, spare=[own]) == []
    assert own.exists()
    assert other.exists()


def test_a_file_that_cannot_be_removed_is_left_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    make(tmp_path, 20, 5)
    monkeypatch.setattr(Disk, "unlink", staticmethod(refuse))
    assert apply_retention(tmp_path, START_NS) == []


def test_a_missing_directory_has_nothing_to_remove(tmp_path: Path) -> None:
    assert apply_retention(tmp_path / "missing", START_NS) == []
