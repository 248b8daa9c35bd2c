"""What two processes may do with one journal."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.journal import Journal, read_journal
from pytest_ddci.lines import EventLine
from pytest_ddci.retention import apply_retention
from pytest_ddci.takeover import take_over
from tests.wire import START_NS, event, header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITER = """
import sys
from pathlib import Path
from pytest_ddci.journal import Journal
from tests.wire import START_NS, event, header
journal = Journal.create(Path(sys.argv[1]), header(), start_ns=START_NS)
journal.append([event("job")])
list(journal.lines())
print(journal.path, flush=True)
sys.stdin.read()
"""


def other_writer(directory: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another process with an open journal, and that journal."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter with a text of ours
        [sys.executable, "-c", WRITER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    return process, directory / name


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    process, path = other_writer(tmp_path)
    with process:
        yield path
        process.kill()


def test_a_journal_another_process_writes_is_neither_taken_over_nor_removed(running: Path) -> None:
    before = running.read_bytes()
    assert take_over(running) is None
    assert apply_retention(running.parent, START_NS, 0.000001, 0.000001) == []
    assert running.read_bytes() == before


def test_a_journal_another_process_writes_can_be_read(running: Path) -> None:
    assert [type(line) for line in read_journal(running)][1:] == [EventLine]


def test_killing_the_writer_frees_the_journal_with_everything_in_it(tmp_path: Path) -> None:
    process, path = other_writer(tmp_path)
    with process:
        process.kill()
    journal = take_over(path)
    assert journal is not None
    assert sum(isinstance(line, EventLine) for line in journal.lines()) == 1
    journal.close()


def test_a_run_beside_another_writes_only_its_own_file(running: Path) -> None:
    before = running.read_bytes()
    own = Journal.create(running.parent, header(), start_ns=START_NS)
    own.append([event("job", "mine")])
    own.close()
    assert running.read_bytes() == before
    assert own.path != running
