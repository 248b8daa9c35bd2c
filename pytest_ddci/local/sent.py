"""Sent events as DuckDB reads them: the shape of their JSON, and the row that each becomes.

Reading is done by DuckDB's own JSON reader, on all cores, several times as fast as in Python. What
has another shape than it should becomes NULL; rows that are no events after all have no level.
"""

from __future__ import annotations

from pytest_ddci.local.catalogue import Kind, Sql
from pytest_ddci.local.columns import ATTRIBUTES, FREE_TEXT, TYPES, Attribute
from pytest_ddci.local.sql import filled
from pytest_ddci.local.words import WORDS

_TEXT = "VARCHAR"
_LINKED = {"id": _TEXT, "url": _TEXT}
_SHAPE = {
    "env": _TEXT,
    "service": _TEXT,
    "provider_name": _TEXT,
    "resource": {
        **dict.fromkeys(("level", "unique_id", "id", "name", "url", "status"), _TEXT),
        **dict.fromkeys(("start", "end", "pipeline_id"), _TEXT),
        **dict.fromkeys(("pipeline_unique_id", "pipeline_name"), _TEXT),
        **dict.fromkeys(("stage_id", "stage_name", "job_id", "job_name"), _TEXT),
        "queue_time": "DECIMAL(38, 0)",
        **dict.fromkeys(("partial_retry", "is_manual", "is_resumed"), "BOOLEAN"),
        **dict.fromkeys(("previous_attempt", "parent_pipeline"), _LINKED),
        **dict.fromkeys(("dependencies", "tags", "metrics"), "VARCHAR[]"),
        "parameters": "MAP(VARCHAR, VARCHAR)",
        "error": dict.fromkeys(("message", "type", "stack", "domain"), _TEXT),
        "node": {"hostname": _TEXT, "name": _TEXT, "labels": "VARCHAR[]", "workspace": _TEXT},
        "git": {
            **dict.fromkeys(("repository_url", "sha", "message"), _TEXT),
            **dict.fromkeys(("branch", "tag", "default_branch"), _TEXT),
            **dict.fromkeys(("author_name", "author_email", "author_time"), _TEXT),
            **dict.fromkeys(("committer_name", "committer_email", "commit_time"), _TEXT),
        },
    },
}


def _type(shape: object) -> str:
    """The type of DuckDB that JSON of this shape is read as."""
    if not isinstance(shape, dict):
        return str(shape)
    fields = ", ".join(f'"{name}" {_type(part)}' for name, part in shape.items())
    return f"STRUCT({fields})"


def _microseconds(text: str) -> str:
    """SQL for the microseconds since the epoch of an RFC 3339 time; NULL for anything else."""
    return (
        f"epoch_us(CASE WHEN regexp_full_match({text}, '{_RFC3339}') "
        f"THEN TRY_CAST({text} AS TIMESTAMPTZ) END)"
    )


_RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.]\d+)?(?:Z|[+-]\d\d:\d\d)"
_RUNNING = "r.status = 'running'"
_METRIC = "TRY_CAST(substr(m, position(':' IN m) + 1) AS DOUBLE)"
_METRICS = f"m IN r.metrics IF contains(m, ':') AND isfinite({_METRIC})"
_TEXTS = [attribute.path for attribute in ATTRIBUTES if attribute.kind is Kind.TEXT]


def _said(attribute: Attribute) -> str:
    """SQL for an attribute; of a text that is not sent, for the tag of the same name."""
    if attribute.kind is not Kind.TEXT:
        return attribute.sql
    tag = f"tag_values[list_position(tag_keys, '{attribute.path}')]"
    return f"coalesce({attribute.sql}, CASE WHEN says_more THEN {tag} END)"


def _words(path: str) -> str:
    return WORDS.format(f'"{path}"')


_READ = {
    "ci_level": "r.level",
    "time": f"CASE WHEN {_RUNNING} THEN start_us ELSE coalesce(end_us, start_us) END * 1000",
    # With the lengths, no two pairs of ids make the same text.
    "tie": "md5_number_lower(concat_ws(':', r.level, length(parent_id), parent_id, own_id))",
    "run": "run",
    "at": '"at"',
    "tags": "coalesce(tags, [])",
    "tag_keys": "tag_keys",
    "low_tags": "[lower(t) FOR t IN tags]",
    "metric_keys": f"[split_part(m, ':', 1) FOR {_METRICS}]",
    "metric_values": f"[{_METRIC} FOR {_METRICS}]",
    **{attribute.path: _said(attribute) for attribute in ATTRIBUTES},
    "words": "concat_ws('|', " + ", ".join(_words(path) for path in FREE_TEXT) + ")",
}
_FARTHEST = 8_800_000_000_000_000
"""Microseconds from the epoch to the farthest time, in the year 2248 (or 1691): nanoseconds in a
BIGINT end in 2262, and some room is needed to calculate."""

_RESOURCES = filled(
    'SELECT run, "at", attributes AS a, attributes.resource AS r FROM read_json('
    "?, maximum_object_size = ?, format = 'newline_delimited', ignore_errors = true, columns = "
    "{{run: 'VARCHAR', \"at\": 'BIGINT', attributes: '{0}'}})",
    Sql(_type(_SHAPE)),
)
_IDENTIFIED = filled(
    "SELECT *, {0} AS start_us, {1} AS end_us, "
    "CASE WHEN r.level = 'pipeline' THEN r.unique_id ELSE r.id END AS own_id, "
    "CASE WHEN r.level = 'pipeline' THEN r.unique_id ELSE r.pipeline_unique_id END AS parent_id, "
    "[t FOR t IN r.tags IF t IS NOT NULL] AS tags FROM ({2})",
    Sql(_microseconds("r.start")),
    Sql(_microseconds('r."end"')),
    _RESOURCES,
)
_TAGGED = filled(
    "SELECT *, [split_part(t, ':', 1) FOR t IN tags IF contains(t, ':')] AS tag_keys, "
    "list_has_any(tag_keys, {0}) AS says_more, CASE WHEN says_more THEN "
    "[substr(t, position(':' IN t) + 1) FOR t IN tags IF contains(t, ':')] END AS tag_values "
    "FROM ({1})",
    Sql(str(_TEXTS)),
    _IDENTIFIED,
)
ROWS = filled(
    "SELECT {0} FROM ({1}) "
    "WHERE r.level IN ('pipeline', 'stage', 'job', 'step') AND own_id <> '' AND parent_id <> '' "
    "AND abs(start_us) <= {2} AND abs(coalesce(end_us, start_us)) <= {2}",
    Sql(", ".join(f'{_READ[name]} AS "{name}"' for name in TYPES)),
    _TAGGED,
    Sql(f"{_FARTHEST:d}"),
)
"""The rows of a file of event lines, as a SELECT; what is no event has no row.

Parameters: the file's path as a pattern, and the bytes of the longest line there may be. Each line
begins with the keys `run` and `at` (see `columns.OTHERS`).
"""
