"""Making the head: settings, place and hooks become the pipeline's fixed part."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import Relation
from pytest_ddci.head import Head, PipelineDraft, default_name, page
from pytest_ddci.part import make_part
from pytest_ddci.shard import provided_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.config import Config
    from pytest_ddci.context import RunContext
    from pytest_ddci.part import Part
    from pytest_ddci.shard import Shard


def make_head(  # noqa: PLR0913 - what a pipeline is made of, by name
    config: Config,
    context: RunContext,
    *,
    environ: Mapping[str, str],
    rootdir: str,
    start_ns: int,
    change: Callable[[PipelineDraft], object] = lambda _: None,
    last: Relation | None = None,
    partial: bool = False,
) -> Head:
    """What is known of a pipeline before its first test.

    Args:
        config: the settings.
        context: where the run is.
        environ: the environment.
        rootdir: the directory that names a pipeline without a better name.
        start_ns: when it started, nanoseconds since the epoch.
        change: may change the draft in place (the hook `pytest_ddci_pipeline`).
        last: the run that this one takes up.
        partial: this run takes up the last one where that failed.
    """
    draft = PipelineDraft(
        name=default_name(config, context, rootdir),
        tags=dict(config.tags),
        metrics=dict(config.metrics),
    )
    change(draft)
    unique_id = config.pipeline_id or str(uuid4())
    given = Relation(config.previous_attempt) if config.previous_attempt else None
    previous = given or last
    if previous and previous.id == unique_id:
        previous = None  # several processes share it: no part retries the whole
    shard = config.shard or provided_shard(environ, context.provider)
    part = _part(config, context, shard)
    return Head(
        unique_id=unique_id,
        name=draft.name,
        start_ns=start_ns,
        url=context.job_url or context.pipeline_url or page(config.site, unique_id),
        env=config.env,
        service=config.service,
        provider=config.provider,
        tags=draft.tags,
        metrics=draft.metrics,
        parameters=draft.parameters,
        context=context,
        previous=previous or _retried(config, context),
        partial_retry=(partial and previous is not None) or context.relations.partial_retry is True,
        shard=shard,
        part=part,
        finishes=part is None or config.finish is True,
    )


def _part(config: Config, context: RunContext, shard: Shard | None) -> Part | None:
    """The part of a process that was given a pipeline to share; None if it has one of its own."""
    if config.pipeline_id is None or (shard is None and config.finish is None):
        return None
    return make_part(
        shard,
        (context.job_name, *context.node.labels),
        (context.tags.get(t.JOB_ID), context.relations.attempt),
    )


def _retried(config: Config, context: RunContext) -> Relation | None:
    """What this run retries because its CI job is a retry.

    Our own earlier id is known where the given id has the provider's id in it, as in
    `unit-<run id>-<attempt>`; elsewhere the provider's earlier attempt is all that can be known.
    """
    previous, parent = context.previous_attempt, context.parent
    if previous and parent and config.pipeline_id and parent.id in config.pipeline_id:
        return Relation(config.pipeline_id.replace(parent.id, previous.id, 1), previous.url)
    return previous
