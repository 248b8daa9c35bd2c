"""Finished jobs, stages and the pipeline as journal lines: `job_encoder` does the many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci import timestamps
from pytest_ddci.fragments import Fragments
from pytest_ddci.job_encoder import JobEncoder
from pytest_ddci.lines import part_line
from pytest_ddci.part import PART
from pytest_ddci.shard import SHARD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ddci.facts import Failure, Source
    from pytest_ddci.finished import (
        FinishedPipeline,
        FinishedStage,
    )
    from pytest_ddci.head import Head


def _nobody(_path: str) -> Sequence[str]:
    return ()


class Encoder:
    """Writes the events of one pipeline; every line is final and goes to the wire as it is.

    Args:
        head: what is known of the pipeline before its first test.
        redact: takes secrets out of a text.
        job_url: the page of a test, for its source.
        owners_of: the owners of a source file; asked once for each file.

    Attributes:
        fragments: what all events share.
        jobs: writes attempts and their steps.
    """

    def __init__(
        self,
        head: Head,
        redact: Callable[[str], str],
        job_url: Callable[[Source | None], str],
        owners_of: Callable[[str], Sequence[str]] = _nobody,
    ) -> None:
        self.fragments = Fragments(head, redact)
        self._head = head
        self._shard = {SHARD: str(head.shard)} if head.shard else {}
        self.jobs = JobEncoder(self.fragments, job_url, owners_of, self._shard)
        # The pipeline of several processes is no shard.
        self._own = {} if head.part else self._shard

    @property
    def has_page(self) -> bool:
        """Whether the CI provider has a page for the run."""
        context = self._head.context
        return bool(context.pipeline_url or context.job_url)

    @property
    def is_part(self) -> bool:
        """Whether other processes add to the same pipeline."""
        return self._head.part is not None

    def header(self, pid: int) -> dict[str, object]:
        """What a journal must know so that an unfinished run can be finished later."""
        part, shard = self._head.part, self._head.shard
        told = {"key": part.key, "shard": str(shard) if shard else None} if part else None
        return {
            "pipeline": self._running(),
            "attributes": self.fragments.attributes,
            "pid": pid,
            "host": self.fragments.text(self._head.context.node.hostname),
            **({"part": told} if told else {}),
        }

    def running(self) -> bytes:
        """The event that announces the pipeline before its first test."""
        resource = self._running()
        for shared in ("node", "git"):
            resource.pop(shared, None)
        return self.fragments.line(resource)

    def stage(self, stage: FinishedStage) -> bytes:
        """The event of a stage."""
        resource: dict[str, object] = {
            "level": "stage",
            "id": stage.id,
            "name": self.fragments.text(stage.name),
            **self.fragments.parent,
            **_span(stage.start_ns, stage.end_ns),
            "status": stage.status,
        }
        part = self._head.part
        tags = {**stage.tags, **self._shard, **({PART: part.key} if part else {})}
        self._detail(resource, stage.failure, tags, stage.metrics)
        return self.fragments.line(resource)

    def pipeline(self, pipeline: FinishedPipeline) -> bytes:
        """The final event of the pipeline: the running one with its end, status and counts."""
        return self.fragments.line(self._finished(pipeline))

    def part(self, pipeline: FinishedPipeline) -> bytes:
        """A journal's note of what this process adds to a pipeline that others add to as well."""
        return part_line({**self._finished(pipeline), **self.fragments.node_and_git()})

    def shared(self) -> dict[str, object]:
        """What a final event of a pipeline that several processes share says besides their sum.

        The node is left out: there are several.
        """
        resource = self._running()
        resource.pop("node", None)
        if page := self._head.context.pipeline_url:
            resource["url"] = self.fragments.text(page)
        return resource

    def _finished(self, pipeline: FinishedPipeline) -> dict[str, object]:
        resource: dict[str, object] = {
            **self._identity(),
            **_span(self._head.start_ns, pipeline.end_ns),
            "status": pipeline.status,
            **self._relations(),
        }
        metrics = {**self._head.metrics, **pipeline.metrics}
        self._detail(resource, pipeline.failure, {**pipeline.tags, **self._own}, metrics)
        return resource

    def _running(self) -> dict[str, object]:
        resource = {
            **self._identity(),
            "start": timestamps.rfc3339(self._head.start_ns),
            "status": "running",
            **self._relations(),
        }
        self._detail(resource, None, self._own, self._head.metrics)
        return {**resource, **self.fragments.node_and_git()}

    def _identity(self) -> dict[str, object]:
        return {
            "level": "pipeline",
            "unique_id": self._head.unique_id,
            "name": self.fragments.name,
            "url": self.fragments.text(self._head.url),
        }

    def _relations(self) -> dict[str, object]:
        """Retry, parent and parameters; what is not known is left out."""
        head, context = self._head, self._head.context
        relations: dict[str, object] = {"partial_retry": head.partial_retry}
        for key, related in (
            ("previous_attempt", head.previous),
            ("parent_pipeline", context.parent),
        ):
            if related is not None:
                url = {"url": self.fragments.text(related.url)} if related.url else {}
                relations[key] = {"id": self.fragments.text(related.id), **url}
        if context.is_manual is not None:
            relations["is_manual"] = context.is_manual
        if head.parameters:
            relations["parameters"] = self.fragments.parameters(head.parameters)
        return relations

    def _detail(
        self,
        resource: dict[str, object],
        failure: Failure | None,
        tags: Mapping[str, str],
        metrics: Mapping[str, float],
    ) -> None:
        """Add what every level may have."""
        if failure:
            resource["error"] = self.fragments.error(failure)
        if made := self.fragments.tags(tags):
            resource["tags"] = made
        if numbers := self.fragments.metrics(metrics):
            resource["metrics"] = numbers


def _span(start_ns: int, end_ns: int) -> dict[str, object]:
    start, end = timestamps.span(start_ns, end_ns)
    return {"start": timestamps.rfc3339(start), "end": timestamps.rfc3339(end)}
