"""The hooks that a conftest or plugin may implement. None of them can break a run.

A hook that raises is named in the summary and costs only the change that it would have made; one
that should redact and raises costs the event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Literal

    from pytest_ddci.accounting import Accounting
    from pytest_ddci.events import Job, Pipeline, RunningPipeline, Stage, Step
    from pytest_ddci.head import PipelineDraft


@pytest.hookspec
def pytest_ddci_pipeline(pipeline: PipelineDraft, config: pytest.Config) -> None:
    """Change the pipeline before it starts: its name, tags, metrics and parameters, in place."""


@pytest.hookspec(firstresult=True)
def pytest_ddci_event(
    event: Pipeline | RunningPipeline | Stage | Job | Step, config: pytest.Config
) -> Pipeline | RunningPipeline | Stage | Job | Step | Literal[False] | None:
    """Change or drop an event before it is written.

    Return None to leave it as it is, a changed copy (`event.replace(tags=[...])`) to write that
    instead, or False to drop it; a dropped job takes its steps along, stages and the finished
    pipeline cannot be dropped. The first answer that is not None counts. Ids, names of parents
    and the level cannot be changed. What the hook adds is redacted like everything else.
    """


@pytest.hookspec(firstresult=True)
def pytest_ddci_stage_name(nodeid: str, default: str, config: pytest.Config) -> str | None:
    """Name the stage of a test, or return None for the default. The first name counts.

    It is asked more than once for every attempt, with the test's node id; the same node id must
    always get the same name.
    """


@pytest.hookspec
def pytest_ddci_redact(text: str, config: pytest.Config) -> str:  # type: ignore[empty-body] # a specification
    """Return a text without what must not be seen; as it is, if there is nothing.

    It is asked for every text of an event once our own redaction is done, and all implementations
    are asked, one after the other. Where one raises or returns anything but a text, the job (with
    its steps) or the step is dropped and counted; of a stage or the pipeline, which hold the others
    together, that text is hidden as a whole.
    """


@pytest.hookspec
def pytest_ddci_delivered(accounting: Accounting, config: pytest.Config) -> None:
    """Told at the end what became of the events, for notifications of one's own."""
