"""What readers have made of journals: it counts like them, and goes with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.retention import apply_retention, expired
from pytest_ddci.shelf import COLUMNS, Derived, Entry, new_name, sibling
from tests.wire import START_NS

if TYPE_CHECKING:
    from pytest_ddci.shelf import State

DAY = 24 * 60 * 60 * SECOND
MB = 1_000_000


def entry(age_days: float, size: int, state: State = "delivered") -> Entry:
    start_ns = START_NS - int(age_days * DAY)
    return Entry(sibling(Path(new_name(start_ns)), state), state, start_ns, size)


def journal(directory: Path, age_days: float, state: State = "delivered") -> Path:
    path = sibling(directory / new_name(START_NS - int(age_days * DAY)), state)
    path.write_bytes(b"x")
    return path


def snapshot(directory: Path, age_days: float, name: str = "events-1.duckdb") -> Path:
    path = directory / COLUMNS / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x" * MB)
    at_ns = START_NS - int(age_days * DAY)
    os.utime(path, ns=(at_ns, at_ns))
    return path


def test_it_counts_and_goes_after_history_and_before_what_was_never_delivered() -> None:
    outdated, used = (Derived(Path(f"{age}.duckdb"), START_NS - age * DAY, MB) for age in (2, 1))
    kept, history = entry(4, MB, "undelivered"), entry(3, MB)
    shelf, made = [kept, history], [outdated, used]
    order = [outdated, history, used, kept]
    for fitting in range(5):
        gone = expired(shelf, START_NS, keep_mb=fitting + 0.5, made=made)
        assert gone == order[: 4 - fitting]


def test_with_no_history_there_is_nothing_made_of_it(tmp_path: Path) -> None:
    kept, made = journal(tmp_path, 2, "undelivered"), snapshot(tmp_path, 1)
    assert apply_retention(tmp_path, START_NS, 14, 0) == []
    assert kept.exists()
    assert not made.exists()


@pytest.mark.parametrize("name", ["events-1.duckdb", "0123.new", "0123.new.wal"])
def test_it_goes_with_the_last_journal_that_it_can_have_been_made_of(
    tmp_path: Path, name: str
) -> None:
    journal(tmp_path, 15)
    made = snapshot(tmp_path, 3, name)
    last, _ = journal(tmp_path, 4), journal(tmp_path, 1)
    apply_retention(tmp_path, START_NS)
    assert made.exists()
    last.unlink()
    apply_retention(tmp_path, START_NS)
    assert not made.exists()


def test_the_journal_of_this_process_is_one_it_can_have_been_made_of(tmp_path: Path) -> None:
    own, made = journal(tmp_path, 2), snapshot(tmp_path, 1)
    apply_retention(tmp_path, START_NS, spare=[own])
    assert made.exists()


def test_other_names_and_links_are_left_alone(tmp_path: Path) -> None:
    other = snapshot(tmp_path, 1, "notes.txt")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    precious = snapshot(elsewhere, 1)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / COLUMNS).symlink_to(precious.parent)
    (other.parent / "a.duckdb").symlink_to(precious)
    apply_retention(tmp_path, START_NS, 0, 0)
    apply_retention(linked, START_NS, 0, 0)
    assert other.exists()
    assert precious.exists()
    assert (other.parent / "a.duckdb").is_symlink()
