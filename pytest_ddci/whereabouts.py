"""Where a run is, value by value: CI, commit, node, and the pipelines around it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from pytest_ddci.case import DEFAULT, PLATFORM, shown
from pytest_ddci.context import GitInfo
from pytest_ddci.context import origins as o
from pytest_ddci.context import tags as t
from pytest_ddci.context.commits import FIELD_OF_TAG
from pytest_ddci.context.gaps import gaps
from pytest_ddci.context.gathering import GIT
from pytest_ddci.context.origins import variables_behind
from pytest_ddci.findings import Finding
from pytest_ddci.shard import provided_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.case import Case
    from pytest_ddci.context import Relation, RunContext
    from pytest_ddci.head import Head


def ci_findings(case: Case) -> Iterator[Finding]:
    """What the CI provider says about the run, as tags."""
    tags = {name: text for name, text in case.context.tags.items() if not name.startswith("git.")}
    if t.PROVIDER not in tags:
        yield Finding(t.PROVIDER, "none", "no variable of a CI provider is set")
    for name, text in tags.items():
        yield Finding(name, text, case.origin(name))


def git_findings(case: Case) -> Iterator[Finding]:
    """The git block as the API would get it, then what else is known of the commit."""
    context = case.context
    missing = context.git_missing
    yield Finding("block", f"not reported: {missing}" if missing else "reported")
    known = context.git_known
    for field in fields(GitInfo):
        said = known.get(field.name)
        if said:
            source = GIT if said.tag is None else case.origin(said.tag)
            yield Finding(field.name, said.text, source)
    told = {said.tag for said in known.values()}
    for tag, text in context.tags.items():
        same = known.get(FIELD_OF_TAG.get(tag, ""))
        if tag.startswith("git.") and tag not in told and (same is None or same.text != text):
            yield Finding(tag, text, case.origin(tag))


def gap_findings(context: RunContext) -> Iterator[Finding]:
    """What a full git block lacks."""
    for gap in gaps(context):
        need = "required" if gap.required else "optional"
        supply = f"set {gap.supply}" if gap.supply else "no variable helps"
        yield Finding(gap.field, f"{need}: {gap.why}", supply)


def node_findings(case: Case) -> Iterator[Finding]:
    """The node of the events."""
    node = case.context.node
    yield Finding("hostname", node.hostname, PLATFORM)
    name = case.origin(t.NODE_NAME) if node.name else f"{PLATFORM}: the hostname"
    yield Finding("name", node.name or node.hostname, name)
    yield Finding("worker", "name and label of the node of an xdist worker's tests", "xdist")
    own = node.machine.labels()
    for label in node.labels:
        yield Finding("label", label, PLATFORM if label in own else case.origin(t.NODE_LABELS))
    if case.context.sources.get(t.WORKSPACE) == GIT:
        source = GIT
    else:
        source = case.origins.get(o.NODE_WORKSPACE, "root directory")
    yield Finding("workspace", node.workspace or "none", source)


def relations_findings(case: Case, head: Head) -> Iterator[Finding]:
    """The pipelines around this one, and its part if several processes share it."""
    config, context = case.config, case.context
    identified = case.source("pipeline_id")
    yield Finding("pipeline_id", config.pipeline_id or "a new one for each run", identified)
    yield Finding("page", *_page(case, head))
    yield from _shard(case, head)
    sources = case.origin(o.PARENT_ID), case.origin(o.PARENT_URL)
    yield from _related("parent_pipeline", context.parent, *sources)
    if context.is_manual is not None:
        yield Finding(o.IS_MANUAL, shown(context.is_manual), case.origin(o.IS_MANUAL))
    yield from _previous(case, head)
    yield Finding("partial_retry", shown(head.partial_retry), case.origin(o.PARTIAL_RETRY))
    for name in (o.TRIGGER, o.ATTEMPT):
        value = o.told(context.relations).get(name)
        if value is not None:
            yield Finding(name, shown(value), case.origin(name))


def _page(case: Case, head: Head) -> tuple[str, str]:
    for tag in (t.JOB_URL, t.PIPELINE_URL):
        if case.context.tags.get(tag) == head.url:
            return head.url, case.origin(tag)
    return "Datadog's page of the pipeline", DEFAULT


def _shard(case: Case, head: Head) -> Iterator[Finding]:
    provider = case.context.provider
    behind = variables_behind(lambda env: {"shard": provided_shard(env, provider)}, case.environ)
    given = case.config.shard is not None
    source = case.source("shard") if given else behind.get("shard", DEFAULT)
    yield Finding("shard", shown(head.shard), source)
    yield Finding("finish", shown(head.finishes), case.source("finish"))


def _previous(case: Case, head: Head) -> Iterator[Finding]:
    if head.previous is None:
        yield Finding("previous_attempt", "none; with --lf or --ff the last run", DEFAULT)
        return
    source, retried = case.origin(o.PREVIOUS_ID), case.context.previous_attempt
    if case.config.previous_attempt:
        source = case.source("previous_attempt")
    elif retried and retried.id != head.previous.id:
        source = f"{case.source('pipeline_id')}{o.AND}{source}"
    yield from _related("previous_attempt", head.previous, source, case.origin(o.PREVIOUS_URL))


def _related(name: str, relation: Relation | None, of_id: str, of_url: str) -> Iterator[Finding]:
    if relation is None:
        yield Finding(name, "none", DEFAULT)
        return
    yield Finding(f"{name}.id", relation.id, of_id)
    if relation.url:
        yield Finding(f"{name}.url", relation.url, of_url)
