"""Finding the parts of a shared pipeline in journals."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_ddci.contribution import contribution_of, pipeline_of
from pytest_ddci.errors import JournalError
from pytest_ddci.frozen import frozen
from pytest_ddci.journal import read_journal
from pytest_ddci.shelf import entries, state_of
from pytest_ddci.takeover import take_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_ddci.contribution import Contribution
    from pytest_ddci.journal import Journal


@frozen
class Parts:
    """What is known of a shared pipeline.

    Attributes:
        known: what processes have contributed.
        unheard: processes that have begun and not ended, in words for the user.
        problem: why there may be more than is known; empty without one.
    """

    known: Sequence[Contribution]
    unheard: Sequence[str] = ()
    problem: str = ""


def journals_of(
    paths: Iterable[Path], pipeline_id: str, *, skip: Path | None = None
) -> Iterator[Path]:
    """The journals that belong to a pipeline, in the order of the paths.

    Args:
        paths: journals, or directories of them.
        pipeline_id: the pipeline's `unique_id`.
        skip: a journal that this process has open, which must not be opened again.

    Raises:
        JournalError: a journal that was named cannot be read.
    """
    for path in paths:
        if not path.is_dir():
            if pipeline_of(read_journal(path)) == pipeline_id:
                yield path
            continue
        for entry in entries(path):
            if entry.state == "rejected" or entry.path == skip:
                continue
            # Another process may rename or remove its journal at any time.
            with contextlib.suppress(JournalError):
                if pipeline_of(read_journal(entry.path)) == pipeline_id:
                    yield entry.path


def kept_parts(paths: Iterable[Path], pipeline_id: str, *, own: Journal | None = None) -> Parts:
    """What journals say of a shared pipeline.

    Args:
        paths: journals, or directories of them; others' journals in them do not matter.
        pipeline_id: the pipeline's `unique_id`.
        own: the journal that this process has open; it is read through its own descriptor.

    Raises:
        JournalError: a journal that was named cannot be read.
    """
    known: list[Contribution] = []
    unheard: list[str] = []
    if own and (found := contribution_of(own.lines())):
        known.append(found)
    for path in journals_of(paths, pipeline_id, skip=own.path if own else None):
        found = contribution_of(read_journal(path))
        if found is None:
            continue
        if found.ended or not _is_busy(path):
            known.append(found)
        else:
            unheard.append(f"shard {found.shard}" if found.shard else path.name)
    return Parts(known, unheard)


def _is_busy(path: Path) -> bool:
    """Whether a run is still writing it; an artifact that may only be read is nobody's."""
    if state_of(path) == "delivered":
        return False
    try:
        journal = take_over(path)
    except JournalError:
        return False
    if journal is None:
        return True
    journal.close()
    return False
