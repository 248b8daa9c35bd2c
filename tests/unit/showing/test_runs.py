"""Runs by their journals: found, and read to the end that they came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.disk import Disk
from pytest_ddci.errors import ConfigError, JournalError
from pytest_ddci.showing.chronicle import Extent
from pytest_ddci.showing.runs import LATEST, find, read_run
from tests.stored import run_name
from tests.told_runs import at, begun, final, header, job, stage

if TYPE_CHECKING:
    from pathlib import Path


def write(directory: Path, number: int, *data: bytes, state: str = "") -> Path:
    """A journal; later for greater numbers."""
    path = directory / f"{run_name(number)}{state}.jsonl"
    path.write_bytes(b"".join(each + b"\n" for each in data))
    return path


def beginning(id_: str, start: float = 0, **fields: Any) -> bytes:  # noqa: ANN401 - any field of the API
    return header(unique_id=id_, start=at(start), **fields)


def test_the_latest_run_is_the_one_that_started_last(tmp_path: Path) -> None:
    write(tmp_path, 1, beginning("early", 0))
    write(tmp_path, 3, beginning("middle", 5))
    late = write(tmp_path, 2, beginning("late", 9))
    assert find(LATEST, tmp_path) == [late]


@pytest.mark.parametrize("wanted", ["abc-123", "abc"])
def test_a_run_is_found_by_its_id_or_the_beginning(wanted: str, tmp_path: Path) -> None:
    path = write(tmp_path, 1, beginning("abc-123"), state=".delivered")
    write(tmp_path, 2, beginning("b"))
    assert find(wanted, tmp_path) == [path]


def test_a_whole_id_wins_over_a_beginning(tmp_path: Path) -> None:
    path = write(tmp_path, 1, beginning("abc"))
    write(tmp_path, 2, beginning("abcd"))
    assert find("abc", tmp_path) == [path]


def test_a_beginning_of_several_is_refused_with_their_names(tmp_path: Path) -> None:
    for number in range(7):
        write(tmp_path, number, beginning(f"abc{number}"))
    with pytest.raises(ConfigError, match=r"7 runs .* begin with abc: abc0, .*, abc4, \.\.\.$"):
        find("abc", tmp_path)


def test_a_shared_run_has_several_journals(tmp_path: Path) -> None:
    one = write(tmp_path, 1, beginning("shared"))
    two = write(tmp_path, 2, beginning("shared", 5))
    write(tmp_path, 3, beginning("other", 3))
    assert find(LATEST, tmp_path) == [one, two]


def test_what_is_no_run_is_not_found(tmp_path: Path) -> None:
    write(tmp_path, 1, b"garbage")
    write(tmp_path, 2)
    write(tmp_path, 3, beginning("rejected"), state=".rejected")
    write(tmp_path, 4, b'{"ddci":"header","version":1}')
    assert find(LATEST, tmp_path) == []
    assert find("rejected", tmp_path / "gone") == []


def test_a_killed_run_is_completed_and_its_file_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, 1, header(), begun("a.py::x", 0), begun("a.py::y", 10), job("a.py::x"))
    before = path.read_bytes()
    told = read_run([path], Extent())
    assert (told.killed, told.running, told.status) == (True, False, "canceled")
    assert {name: count for name, count in told.counts.items() if count} == {
        "passed": 1,
        "canceled": 1,
    }
    assert [each.name for each in told.stages["id of a.py"].told.values()] == ["a.py::y"]
    assert path.read_bytes() == before


def test_a_finished_run_is_neither_killed_nor_running(tmp_path: Path) -> None:
    path = write(
        tmp_path, 1, header(), job("a.py::x"), stage("a.py", 0, 1, "success"), final(1, "success")
    )
    told = read_run([path], Extent())
    assert (told.killed, told.running, told.status) == (False, False, "success")


def test_a_killed_process_of_a_shared_run_leaves_its_part(tmp_path: Path) -> None:
    line = header().replace(b'"pid":1', b'"part":{"key":"a.b","shard":"1/2"},"pid":1')
    path = write(tmp_path, 1, line, begun("a.py::x", 0))
    told = read_run([path], Extent())
    assert (told.killed, told.status, told.final) == (True, "canceled", None)


def test_a_run_that_was_delivered_meanwhile_is_read_under_its_other_name(tmp_path: Path) -> None:
    path = write(tmp_path, 1, header(), final(1, "success"))
    path.rename(path.with_name(f"{run_name(1)}.delivered.jsonl"))
    assert read_run([path], Extent()).status == "success"


def test_what_is_no_journal_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello\n")
    with pytest.raises(JournalError, match=r"notes\.txt is no journal of a run"):
        read_run([path], Extent())


def test_what_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"cannot read .*gone\.jsonl"):
        read_run([tmp_path / "gone.jsonl"], Extent())


def test_a_journal_that_nobody_may_write_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, 1, header(), begun("a.py::x", 0))

    def refused(_: str) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Disk, "extend", refused)
    assert read_run([path], Extent()).killed
