from __future__ import annotations

from pathlib import Path

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.shelf import entries, new_name, sibling, state_of, undelivered
from tests.wire import START_NS


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("run-20261122T054000Z-0123abcd.jsonl", "undelivered"),
        ("run-20261122T054000Z-0123abcd.delivered.jsonl", "delivered"),
        ("run-20261122T054000Z-0123abcd.rejected.jsonl", "rejected"),
        ("run-20261122T054000Z-0123abcd.jsonl.bak", None),
        ("run-x.jsonl", None),
        (".gitignore", None),
    ],
)
def test_the_name_tells_the_state(name: str, state: str | None) -> None:
    assert state_of(Path(name)) == state


def test_a_new_name_is_one_of_ours() -> None:
    assert state_of(Path(new_name(START_NS))) == "undelivered"


@pytest.mark.parametrize("state", ["undelivered", "delivered", "rejected"])
def test_siblings_share_their_run(state: str) -> None:
    path = Path("d") / "run-20261122T054000Z-0123abcd.jsonl"
    other = sibling(path, state)  # type: ignore[arg-type] # one of the three
    assert state_of(other) == state
    assert sibling(other, "undelivered") == path


def test_entries_come_oldest_first_with_start_and_size(tmp_path: Path) -> None:
    late, early = tmp_path / new_name(START_NS + SECOND), tmp_path / new_name(START_NS)
    late.write_bytes(b"12")
    early.write_bytes(b"1")
    found = [(each.path, each.start_ns, each.size) for each in entries(tmp_path)]
    assert found == [(early, START_NS, 1), (late, START_NS + SECOND, 2)]


def test_impossible_dates_in_a_name_count_as_long_ago(tmp_path: Path) -> None:
    (tmp_path / "run-20269999T999999Z-0123abcd.jsonl").touch()
    [found] = entries(tmp_path)
    assert isinstance(found.start_ns, int)


def test_only_undelivered_files_are_listed_for_sending(tmp_path: Path) -> None:
    open_ = tmp_path / new_name(START_NS)
    open_.touch()
    sibling(open_, "delivered").touch()
    (tmp_path / new_name(START_NS)).symlink_to(open_)
    (tmp_path / new_name(START_NS)).mkdir()
    assert undelivered(tmp_path) == [open_]


def test_a_missing_directory_has_no_entries(tmp_path: Path) -> None:
    assert entries(tmp_path / "missing") == []
