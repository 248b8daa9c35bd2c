from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.local.snapshot import Snapshot
from pytest_ddci.local.spool import Spool
from pytest_ddci.local.store import Store
from tests.search_table import SearchTable
from tests.searched_documents import DOCUMENTS
from tests.stored import FOUR_JOBS, ids, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def searched() -> SearchTable:
    """The example documents, in a table."""
    return SearchTable(DOCUMENTS)


@pytest.fixture(scope="session")
def searched_by_words() -> SearchTable:
    """The example documents, in a table that keeps the words of free text."""
    return SearchTable(DOCUMENTS, keeps_words=True)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """Where there is a snapshot of three of the jobs."""
    write(tmp_path, FOUR_JOBS[:3])
    with Store(tmp_path, pending=0) as store:
        assert ids(store) == ["c", "b", "a"]
    return Snapshot(tmp_path).path


@pytest.fixture
def spooled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where each event begins that is read from a journal."""
    offsets: list[int] = []
    add = Spool.add

    def noted(self: Spool, run: str, at: int, event: bytes) -> None:
        offsets.append(at)
        add(self, run, at, event)

    monkeypatch.setattr(Spool, "add", noted)
    return offsets
