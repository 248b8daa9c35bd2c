"""Processes that write journals while others read them: never a half line, never a lock."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.journal import Journal
from pytest_ddci.local.sql import TRUE
from pytest_ddci.local.store import Store
from tests.stored import ALWAYS, aggregated, sent, write
from tests.wire import START_NS, header

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = 300
WRITER = """
import sys
from pathlib import Path
from pytest_ddci.journal import Journal
from tests.stored import sent
from tests.wire import START_NS, header

directory, name, events = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
head = header()
head["pipeline"]["unique_id"] = name
journal = Journal.create(directory, head, start_ns=START_NS)
journal.append([sent("pipeline", unique_id=name, status="running", end=None)])
for place in range(events):
    id_ = f"{name}-{place}"
    journal.append([sent("job", id_, name="x" * (place % 900 + 1), pipeline_unique_id=name)] * 2)
journal.append([sent("pipeline", unique_id=name)])
journal.retire()
print("done")
"""
READER = """
import sys
from pathlib import Path
from pytest_ddci.local.store import Store
from tests.stored import aggregated

counts = []
with Store(Path(sys.argv[1]), pending=int(sys.argv[2])) as store:
    while not counts or counts[-1] < int(sys.argv[3]):
        found = aggregated(store, {"compute": [{"aggregation": "count"}]}, "ci_level:job")
        counts.append(found[0]["computes"]["c0"])
        assert store.skipped() == {}, store.skipped()
        assert store.unreadable() == {}, store.unreadable()
print(counts == sorted(counts), counts[-1])
"""


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return out.strip()


@pytest.mark.parametrize("pending", [0, 100_000, 10**9], ids=["always", "sometimes", "never"])
def test_readers_see_more_and_more_of_what_writers_write(tmp_path: Path, pending: int) -> None:
    readers = [started(READER, tmp_path, pending, 2 * EVENTS) for _ in range(2)]
    writers = [started(WRITER, tmp_path, name, EVENTS) for name in ("one", "two")]
    assert [said(each) for each in writers] == ["done", "done"]
    assert [said(each) for each in readers] == [f"True {2 * EVENTS}"] * 2
    with Store(tmp_path) as store:
        by = {"compute": [{"aggregation": "count"}], "group_by": [{"facet": "@ci.status"}]}
        assert aggregated(store, by, "ci_level:pipeline") == [
            {"by": {"@ci.status": "success"}, "computes": {"c0": 2}}
        ]


def test_a_reader_does_not_take_the_lock_of_a_writer(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, header(), start_ns=START_NS)
    journal.append([sent("job", "a")])
    script = """
import sys
from pathlib import Path
from pytest_ddci.local.store import Store
from pytest_ddci.takeover import take_over
from tests.stored import ids

with Store(Path(sys.argv[1]), pending=0) as store:
    print(ids(store), take_over(Path(sys.argv[2])))
"""
    assert said(started(script, tmp_path, journal.path)) == "['a', 'pipeline'] None"
    journal.close()


def test_threads_may_ask_while_what_there_is_changes(tmp_path: Path) -> None:
    problems: list[BaseException] = []
    stop = threading.Event()
    write(tmp_path, [sent("job", "first")])

    def ask(store: Store) -> None:
        seen = 0
        try:
            while not stop.is_set():
                found = store.search(TRUE, ALWAYS, limit=1_000)
                assert len(found.data) >= seen
                seen = len(found.data)
        except BaseException as problem:  # noqa: BLE001 - told to the test
            problems.append(problem)

    with Store(tmp_path, pending=20_000) as store:
        threads = [threading.Thread(target=ask, args=(store,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for place in range(100):
            write(tmp_path, [sent("job", str(place))], number=place % 7 + 1)
        stop.set()
        for thread in threads:
            thread.join()
        assert problems == []
        assert len(store.search(TRUE, ALWAYS, limit=1_000).data) == 101


def test_a_process_that_is_killed_while_it_makes_a_snapshot_harms_nobody(tmp_path: Path) -> None:
    write(tmp_path, [sent("job", str(each)) for each in range(500)])
    script = """
import os, signal, sys
from pathlib import Path
import pytest_ddci.local.snapshot as snapshot
from pytest_ddci.local.store import Store

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

snapshot.Disk.replace = killed
Store(Path(sys.argv[1]), pending=0).refresh()
"""
    process = started(script, tmp_path)
    process.communicate(timeout=60)
    assert process.returncode < 0
    left = [path.suffix for path in (tmp_path / ".columns").iterdir()]
    assert ".new" in left
    with Store(tmp_path, pending=0) as store:
        assert len(store.search(TRUE, ALWAYS, limit=1_000).data) == 500
    for path in (tmp_path / ".columns").glob("*.duckdb"):
        assert path.stat().st_size > 0
