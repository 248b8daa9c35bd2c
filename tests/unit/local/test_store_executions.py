"""One execution, several events: the last one stays, wherever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.local.store import Store
from tests.stored import documents, ids, own_id, sent, write
from tests.wire import START_NS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNNING = sent("pipeline", status="running", end=None)
FINAL = sent("pipeline", status="success")
FIRST, SECOND_, THIRD = (sent("job", "a", error={"type": kind}) for kind in ("1", "2", "3"))


@pytest.fixture(params=[0, 1_500, 10**9], ids=["in the snapshot", "half of it", "in memory"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    with Store(tmp_path, pending=request.param) as made:
        yield made


def kinds(store: Store) -> list[str]:
    return [each["attributes"]["error"]["type"] for each in documents(store)]


def statuses(store: Store) -> list[str]:
    return [each["attributes"]["ci"]["status"] for each in documents(store)]


def test_of_one_journal_the_last_event_stays(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [FIRST, SECOND_])
    assert kinds(store) == ["2"]
    write(tmp_path, [THIRD])
    assert kinds(store) == ["3"]


def test_of_two_journals_the_event_of_the_later_one_stays(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [SECOND_], number=2)
    assert kinds(store) == ["2"]
    write(tmp_path, [FIRST], number=1)
    assert kinds(store) == ["2"]
    write(tmp_path, [THIRD], number=3)
    assert kinds(store) == ["3"]


def test_the_final_event_replaces_the_running_one(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [RUNNING])
    assert statuses(store) == ["running"]
    write(tmp_path, [FINAL])
    assert statuses(store) == ["success"]


def test_no_running_event_replaces_a_final_one(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [FINAL, RUNNING])
    assert statuses(store) == ["success"]
    write(tmp_path, [RUNNING], number=2)
    assert statuses(store) == ["success"]


def test_a_running_event_is_dated_by_its_start(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [RUNNING, sent("job", "before", START_NS - 2 * SECOND), sent("job", "after")])
    assert ids(store, sort="timestamp") == ["before", "pipeline", "after"]


def test_without_the_later_journal_the_earlier_event_is_back(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [FIRST, sent("job", "b", error={"type": "b"})])
    assert sorted(kinds(store)) == ["1", "b"]
    path = write(tmp_path, [SECOND_], number=2)
    assert sorted(kinds(store)) == ["2", "b"]
    path.unlink()
    assert sorted(kinds(store)) == ["1", "b"]


def test_without_either_of_two_later_journals_the_other_counts(
    store: Store, tmp_path: Path
) -> None:
    write(tmp_path, [FIRST])
    second = write(tmp_path, [SECOND_], number=2)
    third = write(tmp_path, [THIRD], number=3)
    assert kinds(store) == ["3"]
    third.unlink()
    assert kinds(store) == ["2"]
    second.unlink()
    assert kinds(store) == ["1"]


def test_levels_and_pipelines_have_ids_of_their_own(store: Store, tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            sent("job", "x"),
            sent("step", "x"),
            sent("stage", "x"),
            sent("job", "x", pipeline_unique_id="p-2"),
            sent("pipeline", unique_id="x"),
        ],
    )
    assert sorted(own_id(each) for each in documents(store)) == ["pipeline", "x", "x", "x", "x"]


def test_ids_that_run_together_are_still_two(store: Store, tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            sent("job", "b:c", pipeline_unique_id="a"),
            sent("job", "c", pipeline_unique_id="a:b"),
        ],
    )
    assert len(documents(store)) == 2
