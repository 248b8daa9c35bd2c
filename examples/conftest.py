"""The four hooks: enrich the pipeline, change or drop events, group tests, use the accounting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_ddci import Accounting, Handle, PipelineDraft


def pytest_ddci_pipeline(pipeline: PipelineDraft) -> None:
    """Before the first test: the name, tags and parameters of the whole run."""
    pipeline.tags["team"] = "checkout"
    pipeline.parameters["browser"] = os.environ.get("BROWSER", "none")


def pytest_ddci_event(event: object) -> object:
    """Before an event is written: leave it (None), change it (a copy) or drop it (False)."""
    if getattr(event, "level", "") == "job" and "test_secretive" in getattr(event, "name", ""):
        return False
    return None


def pytest_ddci_stage_name(nodeid: str) -> str | None:
    """Group the tests of `test_parallel.py` under a name of our own."""
    return "parallel tests" if nodeid.startswith("test_parallel.py") else None


def pytest_ddci_delivered(accounting: Accounting) -> None:
    """At the end: what became of the events."""
    assert accounting.emitted == accounting.delivered + accounting.rejected + accounting.kept


@pytest.fixture(scope="session")
def warehouse(ddci: Handle) -> dict[str, int]:
    """A fixture of any scope may add steps; this one shows up in the first test that uses it."""
    with ddci.step("stock the warehouse"):
        return {"apple": 3, "pear": 0}
