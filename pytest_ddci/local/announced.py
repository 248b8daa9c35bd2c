"""The announcement of a run: what its journal's header says, as the event that it is.

A header holds the running event of the pipeline, by which a run announces itself at Datadog before
its first test, whether or not it has been sent there. So a run in progress is found here as it is
there; its final event takes the place of this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.lines import event_line

if TYPE_CHECKING:
    from pytest_ddci.lines import ControlLine


def announcement(line: ControlLine) -> bytes | None:
    """The running event in a control line; None where there is none.

    As at Datadog, a pipeline that several processes share is not announced, for none of them knows
    when it started. Neither is one by the journal that only concludes what others did.
    """
    if line.kind != "header":
        return None
    header = line.decoded() or {}
    pipeline, attributes = header.get("pipeline"), header.get("attributes")
    if not isinstance(pipeline, dict) or not isinstance(attributes, dict):
        return None
    if header.get("part") or header.get("concludes"):
        return None
    is_running = pipeline.get("level") == "pipeline" and pipeline.get("status") == "running"
    return event_line(attributes, pipeline) if is_running else None
