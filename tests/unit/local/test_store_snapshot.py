"""The snapshot that processes share: made when it pays, used when it can be, never needed."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

import duckdb
import pytest

from pytest_ddci.local.store import Store
from tests.stored import FOUR_JOBS, ids, run_name, sent, write

if TYPE_CHECKING:
    from pathlib import Path


posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")


def test_little_is_not_worth_a_snapshot(tmp_path: Path) -> None:
    write(tmp_path, FOUR_JOBS)
    with Store(tmp_path) as store:
        assert len(ids(store)) == 4
    assert not (tmp_path / ".columns").exists()


def test_another_process_reads_only_what_is_not_in_it(
    tmp_path: Path, snapshot: Path, spooled: list[int]
) -> None:
    assert snapshot.exists()
    size = (tmp_path / f"{run_name()}.jsonl").stat().st_size
    write(tmp_path, FOUR_JOBS[3:])
    with Store(tmp_path) as store:
        assert ids(store) == ["d", "c", "b", "a"]
    assert spooled == [size]


@pytest.mark.usefixtures("snapshot")
def test_a_new_snapshot_is_made_of_the_old_one_and_what_is_new(
    tmp_path: Path, spooled: list[int]
) -> None:
    write(tmp_path, FOUR_JOBS[3:])
    with Store(tmp_path, pending=0) as store:
        assert len(ids(store)) == 4
    assert len(spooled) == 1
    with Store(tmp_path) as store:
        assert len(ids(store)) == 4
    assert len(spooled) == 1


def test_a_store_goes_on_with_the_snapshot_it_has(tmp_path: Path, snapshot: Path) -> None:
    with Store(tmp_path) as store:
        assert len(ids(store)) == 3
        snapshot.unlink()
        assert len(ids(store)) == 3
        write(tmp_path, FOUR_JOBS[3:])
        assert len(ids(store)) == 4


@posix
def test_only_the_user_may_read_it(snapshot: Path) -> None:
    assert stat.S_IMODE(snapshot.stat().st_mode) == 0o600
    assert stat.S_IMODE(snapshot.parent.stat().st_mode) == 0o700


def test_git_does_not_see_it(snapshot: Path) -> None:
    assert (snapshot.parent / ".gitignore").read_text() == "*\n"


def test_nothing_else_is_left_beside_it(snapshot: Path) -> None:
    assert sorted(path.name for path in snapshot.parent.iterdir()) == [".gitignore", snapshot.name]


@posix
def test_a_symbolic_link_is_no_snapshot(tmp_path: Path, snapshot: Path) -> None:
    snapshot.rename(tmp_path / "elsewhere")
    snapshot.symlink_to(tmp_path / "elsewhere")
    os.truncate(tmp_path / f"{run_name()}.jsonl", 0)
    with Store(tmp_path) as store:
        assert ids(store) == []


def test_its_name_tells_by_which_duckdb_it_was_made(snapshot: Path) -> None:
    assert snapshot.name.endswith(f"-{duckdb.__version__}.duckdb")


def test_what_is_gone_from_the_journals_is_gone_from_it(
    tmp_path: Path, snapshot: Path, spooled: list[int]
) -> None:
    assert snapshot.exists()
    (tmp_path / f"{run_name()}.jsonl").unlink()
    write(tmp_path, FOUR_JOBS[3:], number=2)
    with Store(tmp_path) as store:
        assert ids(store) == ["d"]
    assert len(spooled) == 1


def test_a_snapshot_of_much_that_is_gone_is_renewed(tmp_path: Path, snapshot: Path) -> None:
    for number in range(2, 5):
        write(tmp_path, [sent("job", f"{number}-{each}") for each in range(30)], number=number)
    with Store(tmp_path, pending=0) as store:
        assert len(ids(store)) == 93
    for number in range(2, 5):
        (tmp_path / f"{run_name(number)}.jsonl").unlink()
    before = snapshot.stat().st_ino
    with Store(tmp_path, pending=10_000) as store:
        assert len(ids(store)) == 3
    assert snapshot.stat().st_ino != before
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (3,)


def test_what_others_have_left_is_removed_when_it_is_old(tmp_path: Path, snapshot: Path) -> None:
    names = {"killed.new": 2, "killed.new.wal": 2, "busy.new": 0, "events-old-1.0.duckdb": 24 * 15}
    names |= {"events-other-1.0.duckdb": 24 * 13, "something else": 24 * 99}
    now = time.time()
    for name, hours in names.items():
        (snapshot.parent / name).touch()
        os.utime(snapshot.parent / name, (now - hours * 3_600,) * 2)
    write(tmp_path, FOUR_JOBS[3:])
    with Store(tmp_path, pending=0) as store:
        assert len(ids(store)) == 4
    assert {path.name for path in snapshot.parent.iterdir()} == {
        *(".gitignore", snapshot.name, "busy.new", "events-other-1.0.duckdb", "something else")
    }


def test_spools_that_are_full_are_followed_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_ddci.local.spool.FULL", 1_000)
    for number in (1, 2):
        write(tmp_path, [sent("job", f"{number}-{each}") for each in range(20)], number=number)
    for pending in (10**9, 0):
        with Store(tmp_path, pending=pending) as store:
            assert len(ids(store)) == 40
