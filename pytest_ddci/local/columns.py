"""The columns of the table of events: what each holds, and where in a sent event it stands.

A column is called as queries call its attribute, so `@ci.status` is the column `"ci.status"`. Sent
events have no other fields (`events` is closed), so what an event said can be told from its row.

Sources of the names: https://docs.datadoghq.com/continuous_integration/guides/pipeline_data_model/
and events that Datadog's clients have recorded from the API. `ci.pipeline.parent`,
`ci.pipeline.previous_attempt`, `ci.dependencies` and `ci.node.hostname` are documented nowhere and
named as they are sent.
"""

from __future__ import annotations

from pytest_ddci.frozen import frozen
from pytest_ddci.local.catalogue import Kind, Sql


@frozen
class Attribute:
    """An attribute that is foreseen.

    Attributes:
        path: what queries call it, without `@`; also the name of its column.
        sql: reads it from a sent event, `a` its `attributes` and `r` its `resource` (see `sent`);
            of a derived attribute, from the columns of its row.
        kind: what it is.
        unit: `"ns"` for durations.
    """

    path: str
    sql: str
    kind: Kind = Kind.TEXT
    unit: str | None = None


def _of_level(level: str, own: str, below: str) -> str:
    """What a level says of itself and what the levels below say of it."""
    return f"CASE WHEN r.level = '{level}' THEN {own} ELSE {below} END"


_DURATION = "CASE WHEN end_us >= start_us THEN (end_us - start_us) * 1000 END"
# Milliseconds are sent. What would be more than 292 years is as much as a BIGINT holds.
_QUEUED = (
    "CASE WHEN r.queue_time >= 0"
    " THEN CAST(least(r.queue_time, 9223372036854) AS BIGINT) * 1000000 END"
)
_PARTIAL = (
    "CASE WHEN r.partial_retry THEN 'retry' WHEN r.status = 'blocked' THEN 'paused'"
    " WHEN r.is_resumed THEN 'resumed' END"
)
_PARAMETERS = "[e.key || ':' || coalesce(e.value, '') FOR e IN map_entries(r.parameters)]"

ATTRIBUTES = (
    Attribute("env", "a.env"),
    Attribute("service", "a.service"),
    Attribute("start", "start_us * 1000", Kind.NUMBER, "ns"),
    Attribute("duration", _DURATION, Kind.NUMBER, "ns"),
    Attribute("ci.status", "r.status"),
    Attribute("ci.pipeline.id", _of_level("pipeline", "r.unique_id", "r.pipeline_unique_id")),
    Attribute("ci.pipeline.name", _of_level("pipeline", "r.name", "r.pipeline_name")),
    Attribute("ci.pipeline.number", "r.pipeline_id"),
    Attribute("ci.pipeline.url", _of_level("pipeline", "r.url", "NULL")),
    Attribute(
        "ci.pipeline.downstream",
        "CASE WHEN r.parent_pipeline.id IS NOT NULL THEN TRUE END",
        Kind.BOOLEAN,
    ),
    Attribute("ci.pipeline.parent.id", "r.parent_pipeline.id"),
    Attribute("ci.pipeline.parent.url", "r.parent_pipeline.url"),
    Attribute("ci.pipeline.previous_attempt.id", "r.previous_attempt.id"),
    Attribute("ci.pipeline.previous_attempt.url", "r.previous_attempt.url"),
    Attribute("ci.stage.id", _of_level("stage", "r.id", "r.stage_id")),
    Attribute("ci.stage.name", _of_level("stage", "r.name", "r.stage_name")),
    Attribute("ci.job.id", _of_level("job", "r.id", "r.job_id")),
    Attribute("ci.job.name", _of_level("job", "r.name", "r.job_name")),
    Attribute("ci.job.url", _of_level("job", "r.url", "NULL")),
    Attribute("ci.step.id", _of_level("step", "r.id", "NULL")),
    Attribute("ci.step.name", _of_level("step", "r.name", "NULL")),
    Attribute("ci.step.url", _of_level("step", "r.url", "NULL")),
    Attribute("ci.is_manual", "r.is_manual", Kind.BOOLEAN),
    Attribute("ci.partial_pipeline", _PARTIAL),
    Attribute("ci.queue_time", _QUEUED, Kind.NUMBER, "ns"),
    Attribute("ci.dependencies", "r.dependencies", Kind.TEXTS),
    Attribute("ci.parameters", _PARAMETERS, Kind.TEXTS),
    Attribute("ci.provider.name", "a.provider_name"),
    Attribute("ci.provider.instance", "a.service"),
    Attribute("ci.node.name", "r.node.name"),
    Attribute("ci.node.hostname", "r.node.hostname"),
    Attribute("ci.node.labels", "r.node.labels", Kind.TEXTS),
    Attribute("ci.workspace_path", "r.node.workspace"),
    Attribute("error.message", "r.error.message"),
    Attribute("error.type", "r.error.type"),
    Attribute("error.stack", "r.error.stack"),
    Attribute("error.domain", "r.error.domain"),
    Attribute("git.repository_url", "r.git.repository_url"),
    Attribute("git.branch", "r.git.branch"),
    Attribute("git.tag", "r.git.tag"),
    Attribute("git.default_branch", "r.git.default_branch"),
    Attribute("git.commit.sha", "r.git.sha"),
    Attribute("git.commit.message", "r.git.message"),
    Attribute("git.commit.author.name", "r.git.author_name"),
    Attribute("git.commit.author.email", "r.git.author_email"),
    Attribute("git.commit.author.date", "r.git.author_time"),
    Attribute("git.commit.committer.name", "r.git.committer_name"),
    Attribute("git.commit.committer.email", "r.git.committer_email"),
    Attribute("git.commit.committer.date", "r.git.commit_time"),
)
"""Every attribute with a column, in the order in which documents show them."""

_SCHEME = "(?:([A-Za-z][A-Za-z0-9+.-]*)://)?"
_HOST = "(?:[^@/]*@)?([^/:@]{2,})(?::[0-9]+)?[/:]+"
_URL = """CASE WHEN "git.repository_url" NOT LIKE 'file:%' THEN "git.repository_url" END"""


def _of_url(pattern: str, group: int) -> str:
    return f"nullif(regexp_extract({_URL}, '^{pattern}$', {group}), '')"


def _milliseconds(path: str) -> str:
    column = f'"{path}"'
    time = f"CASE WHEN {column} LIKE '____-__-__T__:__:__%' THEN {column} END"
    return f"epoch_ms(TRY_CAST({time} AS TIMESTAMPTZ))"


_NAME = _of_url(f"{_SCHEME}{_HOST}(.+?)(?:[.]git)?/*", 3)

DERIVED = (
    Attribute("_top_level", "CASE WHEN ci_level = 'pipeline' THEN 1 END", Kind.NUMBER),
    Attribute("git.repository.id", f"{_of_url(f'{_SCHEME}{_HOST}.+', 2)} || '/' || {_NAME}"),
    Attribute("git.repository.name", _NAME),
    Attribute("git.repository.host", _of_url(f"{_SCHEME}{_HOST}.+", 2)),
    Attribute("git.repository.path", f"'/' || {_of_url(f'{_SCHEME}{_HOST}(.+)', 3)}"),
    Attribute("git.repository.scheme", _of_url(f"{_SCHEME}{_HOST}.+", 1)),
    *(
        Attribute(
            f"git.commit.{who}.date_timestamp",
            _milliseconds(f"git.commit.{who}.date"),
            Kind.NUMBER,
        )
        for who in ("author", "committer")
    ),
)
"""Attributes that are made of others when they are asked for."""

PATHS = frozenset(attribute.path for attribute in (*ATTRIBUTES, *DERIVED))
"""All attributes that are foreseen."""

OTHERS = {
    "ci_level": "VARCHAR",
    "time": "BIGINT",
    "tie": "UBIGINT",
    "run": "VARCHAR",
    "at": "BIGINT",
    "tags": "VARCHAR[]",
    "tag_keys": "VARCHAR[]",
    "low_tags": "VARCHAR[]",
    "metric_keys": "VARCHAR[]",
    "metric_values": "DOUBLE[]",
}
"""The columns that are no attributes, and their types.

`time`: what an event is dated by, its end, of a running one its start; nanoseconds since the epoch.
`tie`: from level and ids; equal for events of the same execution, and the order of events with
equal times, in every process. `run` and `at`: the journal's run and the offset of its line.
`tag_keys`: what stands before the first colon of each of the `tags` that has one. `low_tags`: the
tags in lowercase.
"""

FREE_TEXT = (
    "ci.pipeline.name",
    "ci.stage.name",
    "ci.job.name",
    "ci.step.name",
    "error.type",
    "error.message",
)
"""The attributes in which words without a field are looked for."""

TYPES = {
    **OTHERS,
    **{
        attribute.path: "BIGINT" if attribute.kind is Kind.NUMBER else attribute.kind.value
        for attribute in ATTRIBUTES
    },
    "words": "VARCHAR",
}

"""All columns, in order, and their types; the last one has the words of the free text."""

NAMES = Sql(", ".join(f'"{name}"' for name in TYPES))
"""All columns, in order."""

DEFINITIONS = Sql(", ".join(f'"{name}" {type_}' for name, type_ in TYPES.items()))
"""All columns with their types."""
