"""Snapshots that are broken or cannot be made: everything is answered all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from pytest_ddci.disk import Disk
from pytest_ddci.local.loading import Loader
from pytest_ddci.local.searching import search
from pytest_ddci.local.snapshot import Snapshot
from pytest_ddci.local.store import Store
from pytest_ddci.local.store_error import StoreError
from pytest_ddci.local.table import Table
from tests.stored import FOUR_JOBS, ids, run_name, sent, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "pending"),
    [(b"", 0), (b"no database", 0), (b"x" * 100_000, 0), (None, 0), (None, 10**9)],
    ids=["empty", "text", "long", "cut off", "left alone"],
)
def test_a_broken_snapshot_is_ignored(
    tmp_path: Path, snapshot: Path, content: bytes | None, pending: int
) -> None:
    snapshot.write_bytes(snapshot.read_bytes()[:-50_000] if content is None else content)
    write(tmp_path, FOUR_JOBS[3:])
    with Store(tmp_path, pending=pending) as store:
        assert len(ids(store)) == 4
    with Store(tmp_path, pending=10**9) as store:
        assert len(ids(store)) == 4


def test_a_snapshot_that_breaks_while_it_is_used_is_done_without(
    tmp_path: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [duckdb.IOException("checksum does not match")]

    def failing_once(*arguments: object, **more: object) -> object:
        for error in [broken.pop()] if broken else []:
            raise error
        return search(*arguments, **more)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr("pytest_ddci.local.store.search", failing_once)
    with Store(tmp_path) as store:
        assert len(ids(store)) == 3
    assert not snapshot.exists()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    journals, elsewhere = tmp_path / "journals", tmp_path / "elsewhere"
    write(journals, FOUR_JOBS)
    elsewhere.mkdir()
    (journals / ".columns").symlink_to(elsewhere)
    with Store(journals, pending=0) as store:
        assert len(ids(store)) == len(FOUR_JOBS)
    assert list(elsewhere.iterdir()) == []


def test_what_goes_wrong_again_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise duckdb.IOException("no space left\nand more words")

    write(tmp_path, FOUR_JOBS)
    monkeypatch.setattr("pytest_ddci.local.store.search", failing)
    with Store(tmp_path) as store, pytest.raises(StoreError) as caught:
        ids(store)
    assert str(caught.value) == f"no answer from the journals in {tmp_path}: no space left"


def test_too_much_for_the_memory_costs_no_snapshot(
    tmp_path: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise duckdb.OutOfMemoryException("out of memory")

    monkeypatch.setattr("pytest_ddci.local.store.search", failing)
    with Store(tmp_path) as store, pytest.raises(StoreError, match="out of memory"):
        ids(store)
    assert snapshot.exists()


def test_a_snapshot_that_no_new_one_can_be_made_of_is_made_anew(
    tmp_path: Path, snapshot: Path, spooled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snapshot.exists()
    update, broken = Loader.update, [duckdb.IOException("checksum does not match")]

    def failing_once(self: Loader, *arguments: Any) -> None:  # noqa: ANN401 - as they came
        for error in [broken.pop()] if broken else []:
            raise error
        update(self, *arguments)

    monkeypatch.setattr(Loader, "update", failing_once)
    write(tmp_path, FOUR_JOBS[3:])
    with Store(tmp_path, pending=0) as store:
        assert len(ids(store)) == 4
    assert len(spooled) == 4
    assert snapshot.exists()


def test_changes_that_fail_leave_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Table) -> None:
        raise duckdb.ConversionException("never")

    write(tmp_path, FOUR_JOBS[:1])
    with Store(tmp_path) as store:
        assert ids(store) == ["a"]
        write(tmp_path, FOUR_JOBS[1:])
        with monkeypatch.context() as patch:
            patch.setattr(Table, "save", failing)
            with pytest.raises(StoreError):
                ids(store)
        assert ids(store) == ["d", "c", "b", "a"]


def test_what_cannot_be_read_is_no_reason_to_make_one_snapshot_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, [sent("job", str(each)) for each in range(50)])
    write(tmp_path, FOUR_JOBS[:1], number=2)
    built, build, open_ = [], Snapshot.build, Disk.read_only

    def counted(self: Snapshot, *arguments: Any) -> None:  # noqa: ANN401 - as they came
        built.append(self)
        build(self, *arguments)

    def refused_one(name: str) -> int:
        if name == str(path):
            raise PermissionError(13, "Permission denied", name)
        return open_(name)

    monkeypatch.setattr(Snapshot, "build", counted)
    monkeypatch.setattr(Disk, "read_only", refused_one)
    with Store(tmp_path, pending=5_000) as store:
        for _ in range(3):
            assert ids(store) == ["a"]
    assert len(built) == 1


def test_a_database_of_other_tables_is_no_snapshot(tmp_path: Path, snapshot: Path) -> None:
    snapshot.unlink()
    with duckdb.connect(str(snapshot)) as connection:
        connection.execute("CREATE TABLE events (x INTEGER)")
    with Store(tmp_path) as store:
        assert len(ids(store)) == 3


def refused(*_: object, **__: object) -> None:
    raise OSError(30, "Read-only file system")


def test_where_nothing_can_be_written_it_is_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, FOUR_JOBS[:3])
    makedirs = Disk.makedirs

    def elsewhere(path: Path, **more: object) -> None:
        if tmp_path in path.parents:
            refused()
        makedirs(path, **more)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(Disk, "makedirs", staticmethod(elsewhere))
    with Store(tmp_path, pending=0) as store:
        assert len(ids(store)) == 3
        write(tmp_path, FOUR_JOBS[3:])
        assert len(ids(store)) == 4
    assert [path.name for path in tmp_path.iterdir()] == [f"{run_name()}.jsonl"]


def test_where_nothing_at_all_can_be_written_it_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, FOUR_JOBS[:3])
    monkeypatch.setattr(Disk, "makedirs", staticmethod(refused))
    with Store(tmp_path, pending=0) as store:
        assert len(ids(store)) == 3
        write(tmp_path, FOUR_JOBS[3:])
        assert len(ids(store)) == 4


def test_a_snapshot_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, FOUR_JOBS)
    monkeypatch.setattr(Disk, "replace", staticmethod(refused))
    with Store(tmp_path, pending=0) as store:
        assert len(ids(store)) == 4
    assert [path.name for path in (tmp_path / ".columns").iterdir()] == [".gitignore"]
