"""What a store has read of the journals: all of it once, then only what is new."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.disk import Disk
from pytest_ddci.journal import Journal
from pytest_ddci.local.store import Store
from tests.stored import documents, ids, run_name, sent, write
from tests.wire import START_NS, event, header, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

JOBS = [sent("job", id_, START_NS + place * SECOND) for place, id_ in enumerate("abc")]


@pytest.fixture(params=[0, 10**9], ids=["in the snapshot", "in memory"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    with Store(tmp_path / "ddci", pending=request.param) as made:
        yield made


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    return tmp_path / "ddci"


def test_there_need_be_no_directory(store: Store, journals: Path) -> None:
    assert ids(store) == []
    assert not journals.exists()


def test_every_event_of_every_journal_is_found(store: Store, journals: Path) -> None:
    write(journals, [started("a"), JOBS[0]])
    write(journals, JOBS[1:], number=2, state=".delivered")
    assert ids(store) == ["c", "b", "a"]


def test_new_events_of_a_growing_journal_are_found(store: Store, journals: Path) -> None:
    write(journals, JOBS[:1])
    assert ids(store) == ["a"]
    write(journals, JOBS[1:])
    assert ids(store) == ["c", "b", "a"]


def test_what_was_read_is_not_read_again(journals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(journals, JOBS)
    read_at, offsets = Disk.read_at, []

    def noted(fd: int, offset: int, size: int) -> bytes:
        offsets.append(offset)
        return read_at(fd, offset, size)

    monkeypatch.setattr(Disk, "read_at", noted)
    with Store(journals) as store:
        assert len(ids(store)) == 3
        offsets.clear()
        assert len(ids(store)) == 3
        assert offsets == []
        write(journals, [sent("job", "d" + "x" * 4_000)])
        write(journals, [sent("job", "e")])
        before = journals.joinpath(f"{run_name()}.jsonl").stat().st_size
        assert len(ids(store)) == 5
        offsets.clear()
        write(journals, [sent("job", "f")])
        assert len(ids(store)) == 6
    assert min(offsets) >= before - 4_096


def test_a_line_that_is_being_written_is_found_when_it_is_whole(
    store: Store, journals: Path
) -> None:
    path = write(journals, JOBS[:1])
    for part, found in ((JOBS[1][:99], ["a"]), (JOBS[1][99:], ["a"]), (b"\n", ["b", "a"])):
        with path.open("ab") as file:
            file.write(part)
        assert ids(store) == found


def test_a_renamed_journal_is_the_same_one(store: Store, journals: Path) -> None:
    path = write(journals, JOBS[:2])
    assert ids(store) == ["b", "a"]
    path.rename(path.with_name(f"{run_name()}.delivered.jsonl"))
    assert ids(store) == ["b", "a"]
    write(journals, JOBS[2:], state=".delivered")
    assert ids(store) == ["c", "b", "a"]


def test_a_journal_that_is_renamed_while_they_are_listed_is_not_missed(
    store: Store, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(journals, JOBS)
    assert len(ids(store)) == 3
    path.rename(path.with_name(f"{run_name()}.delivered.jsonl"))
    monkeypatch.setattr(Disk, "listdir", staticmethod(lambda _: []))
    assert len(ids(store)) == 3


def test_a_journal_that_is_renamed_before_it_is_opened_is_read(
    journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(journals, JOBS)
    open_, moved = Disk.read_only, path.with_name(f"{run_name()}.delivered.jsonl")

    def rename_first(name: str) -> int:
        if path.exists():
            path.rename(moved)
        return open_(name)

    monkeypatch.setattr(Disk, "read_only", rename_first)
    with Store(journals) as store:
        assert len(ids(store)) == 3


def test_the_events_of_a_removed_journal_are_gone(store: Store, journals: Path) -> None:
    path = write(journals, JOBS[:2])
    write(journals, JOBS[2:], number=2)
    assert len(ids(store)) == 3
    path.unlink()
    assert ids(store) == ["c"]


def test_a_journal_that_was_cut_off_and_grew_again_is_read_anew(
    store: Store, journals: Path
) -> None:
    path = write(journals, JOBS[:2])
    assert ids(store) == ["b", "a"]
    os.truncate(path, path.stat().st_size - len(JOBS[1]) - 1)
    write(journals, [sent("job", "other"), JOBS[2]])
    assert ids(store) == ["c", "other", "a"] or ids(store) == ["c", "a", "other"]


def test_rejected_events_kept_aside_are_not_read_twice(store: Store, journals: Path) -> None:
    write(journals, JOBS)
    write(journals, JOBS, state=".rejected")
    assert len(ids(store)) == 3


GARBAGE = {
    "empty": b"",
    "binary": b"\xff\xfe\x00",
    "no event": b'{"type":"something else"}',
    "an array": b"[]",
    "cut short": event("job", "x")[:-1],
    "no level": event("job", "x").replace(b'"level":"job",', b""),
    "an unknown level": event("job", "x").replace(b'"level":"job"', b'"level":"task"'),
    "no id": event("job", "x").replace(b'"id":"x",', b""),
    "no pipeline": event("job", "x").replace(b"pipeline_unique_id", b"other"),
    "no start": event("job", "x").replace(b'"start"', b'"begin"'),
    "a start that is none": event("job", "x", start="yesterday"),
    "a start without a zone": event("job", "x", start="2027-01-15T08:00:00"),
    "a start too far away": event("job", "x", start="9999-01-15T08:00:00Z"),
    "an end too far away": event("job", "x", end="0001-01-15T08:00:00Z"),
    "not JSON inside": event("job", "x").replace(b'"x"', b'"x'),
    "a lone surrogate": event("job", "x", name="\ud800"),
    "a resource that is none": b'{"type":"cipipeline_resource_request","attributes":{"resource":'
    b'"resource\\":{\\"level\\":\\"job\\""}}',
}


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Journals that are spoilt, each in its own way, and another event behind that."""
    directory = tmp_path_factory.mktemp("spoilt")
    for number, (name, line) in enumerate(GARBAGE.items()):
        write(directory, [sent("job", f"-{name}"), line, sent("job", f"+{name}")], number)
    with Store(directory) as made:
        yield made


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_event_is_skipped_and_counted(spoilt: Store, name: str) -> None:
    assert spoilt.skipped()[run_name([*GARBAGE].index(name))] == 1
    found = ids(spoilt)
    assert {f"-{name}", f"+{name}"} <= set(found)
    assert len(found) == 2 * len(GARBAGE)


def test_skipped_lines_are_counted_for_each_journal(store: Store, journals: Path) -> None:
    write(journals, [JOBS[0], *GARBAGE.values()])
    write(journals, GARBAGE.values(), number=2)
    assert ids(store) == ["a"]
    write(journals, [*GARBAGE.values(), JOBS[1]])
    assert ids(store) == ["b", "a"]
    assert store.skipped() == {run_name(): 2 * len(GARBAGE), run_name(2): len(GARBAGE)}


def test_no_line_is_counted_as_skipped_without_need(store: Store, journals: Path) -> None:
    write(journals, [started("a"), *JOBS])
    assert len(ids(store)) == 3
    assert store.skipped() == {}


ODD = {
    "tags": ("tags", "no list"),
    "metrics": ("metrics", [1, None, {}, "m", ":", "a:b", "a:nan", "ok:1"]),
    "parameters": ("parameters", ["a"]),
    "queue_time": ("queue_time", -5),
    "a huge queue_time": ("queue_time", 10**30),
    "is_manual": ("is_manual", "maybe"),
    "git": ("git", 7),
    "node": ("node", {"labels": "x"}),
    "error": ("error", []),
    "name": ("name", {"a": ["b"]}),
    "nested deeply": ("extra", [[[[[[[[]]]]]]]]),
    "NUL": ("name", "a\x00b"),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Journals of an event each, with an odd field."""
    directory = tmp_path_factory.mktemp("odd")
    for number, (case, (name, value)) in enumerate(ODD.items()):
        fields: dict[str, Any] = {name: value}
        write(directory, [event("job", case, **fields)], number)
    with Store(directory) as made:
        yield made


@pytest.mark.parametrize("case", ODD)
def test_a_field_of_an_odd_shape_costs_no_event(odd: Store, case: str) -> None:
    assert case in ids(odd)
    assert odd.skipped() == {}


def test_an_event_with_a_field_nobody_knows_is_read(store: Store, journals: Path) -> None:
    write(journals, [event("job", "a", level_of_detail=3)])
    assert ids(store) == ["a"]


def test_a_journal_that_cannot_be_opened_is_told_of_and_costs_no_other(
    store: Store, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(journals, JOBS[:1])
    write(journals, JOBS[1:], number=2)
    open_ = Disk.read_only

    def refused(name: str) -> int:
        if name == str(path):
            raise PermissionError(13, "Permission denied", name)
        return open_(name)

    with monkeypatch.context() as patch:
        patch.setattr(Disk, "read_only", refused)
        assert ids(store) == ["c", "b"]
        assert store.unreadable() == {run_name(): f"cannot read {path}: Permission denied"}
    assert ids(store) == ["c", "b", "a"]
    assert store.unreadable() == {}


def test_a_journal_that_can_be_read_no_more_keeps_its_events(
    store: Store, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(journals, JOBS[:1])
    assert ids(store) == ["a"]
    write(journals, JOBS[1:])

    def failing(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Disk, "read_at", failing)
        assert ids(store) == ["a"]
    assert ids(store) == ["c", "b", "a"]


def test_a_journal_of_this_process_is_read_through_its_writer(
    journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.create(journals, header(), start_ns=START_NS)
    journal.append(JOBS)
    data = journal.path.read_bytes()
    mine: dict[Path, Callable[[int, int], bytes]] = {
        journal.path: lambda offset, size: data[offset : offset + size]
    }
    monkeypatch.setattr(Disk, "read_only", None)
    with Store(journals, own=mine.get) as store:
        assert len(ids(store, "ci_level:job")) == 3
    journal.close()


def test_directories_and_names_may_look_like_patterns(tmp_path: Path) -> None:
    journals = tmp_path / "it's [a] {dir}*"
    write(journals, JOBS)
    for pending in (10**9, 0):
        with Store(journals, pending=pending) as store:
            assert len(ids(store)) == 3
    assert list((journals / ".columns").glob("*.duckdb"))


def test_the_temporary_directory_may_look_like_a_pattern(
    journals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "it's [a] {dir}*?"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    write(journals, JOBS)
    with Store(journals) as store:
        assert len(ids(store)) == 3
    assert list(odd.iterdir()) == []


def test_a_long_line_is_read(store: Store, journals: Path) -> None:
    write(
        journals,
        [sent("job", "a", error={"stack": "x" * 90_000}), event("job", "b", x="y" * 10**7)],
    )
    assert ids(store, "@error.stack:x*") == ["a"]
    assert len(documents(store)) == 2
