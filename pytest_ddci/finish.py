"""Finish: the final event of a pipeline that several processes have shared, from one more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pytest_ddci.accounting import Accounting
from pytest_ddci.conclusion import conclude
from pytest_ddci.delivery import deliver, settle
from pytest_ddci.frozen import frozen
from pytest_ddci.journal import Journal
from pytest_ddci.lines import event_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_ddci.clock import Clock, Deadline
    from pytest_ddci.delivery import Sender
    from pytest_ddci.encoder import Encoder
    from pytest_ddci.parts import Parts

_NOT_OTHERS = frozenset({"level", "unique_id", "start", "end", "status", "error", "url", "node"})
"""Of what the first process has said, what is not true of all of them."""


@frozen(kw_only=True)
class Finished:
    """What became of a shared pipeline.

    Attributes:
        path: the journal of its final event.
        resource: the final event.
        accounting: the books of that one event.
    """

    path: Path
    resource: Mapping[str, Any]
    accounting: Accounting

    @property
    def words(self) -> str:
        """One line for the user."""
        parts = next(
            (tag[len("ddci.parts:") :] for tag in self.resource["tags"] if "ddci.parts:" in tag),
            "0",
        )
        error = self.resource.get("error") or {}
        why = str(error.get("message", "")).partition("\n")[0].removesuffix(":")
        return (
            f"pipeline {self.resource['name']} of {parts} "
            f"{'part' if parts == '1' else 'parts'}: {self.resource['status']}"
            f"{f' ({why})' if why else ''}"
        )

    @property
    def fate(self) -> str:
        """One line about what became of the event."""
        if self.accounting.delivered:
            return f"delivered, journal: {self.path}"
        why = f" ({self.accounting.problem})" if self.accounting.problem else ""
        return f"{'rejected' if self.accounting.rejected else 'kept in'} {self.path}{why}"


def finish(  # noqa: PLR0913 - its collaborators, by name
    encoder: Encoder,
    parts: Parts,
    directory: Path,
    *,
    clock: Clock,
    deadline: Deadline,
    intake: Callable[[], Sender] | None,
) -> Finished:
    """Write the final event into a journal of its own and deliver it.

    Args:
        encoder: of the pipeline, made where this runs.
        parts: what is known of it; at least one contribution.
        directory: where the journal goes.
        clock: the time.
        deadline: for the delivery.
        intake: opens the way to the API; None keeps the event in the journal.

    Raises:
        JournalError: the journal cannot be written.
    """
    first = min(parts.known, key=lambda each: each.start)
    header = encoder.header(os.getpid())
    base = encoder.shared()
    base |= {key: value for key, value in first.resource.items() if key not in _NOT_OTHERS}
    if not encoder.has_page:
        base["url"] = first.resource.get("url", base["url"])
    resource = conclude(base, parts.known, unheard=parts.unheard)
    attributes = first.attributes or encoder.fragments.attributes
    header = {**header, "attributes": attributes, "concludes": True}
    journal = Journal.create(directory, header, start_ns=clock.now_ns())
    try:
        journal.append([event_line(attributes, resource)])
        if intake is None:
            books = Accounting(emitted=1, kept=1, emitted_by_level=dict(journal.emitted_by_level))
            return Finished(path=journal.path, resource=resource, accounting=books)
        report = deliver(journal.lines(), intake(), deadline, clock)
        path = settle(journal, report, clock.now_ns())
        return Finished(path=path, resource=resource, accounting=report.accounting)
    finally:
        journal.close()
