"""What the API demands of each field of an event.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/#send-pipeline-event, schemas
`CIAppCreatePipelineEventRequest*` and `CIAppPipelineEvent*`. The models of `events` make fit what
does not fit, for whoever sends; here it is refused, for whoever wants to know whether the API
would take it. Fields that the schemas do not name do no harm and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_ddci import limits
from pytest_ddci.frozen import frozen
from pytest_ddci.local.refusal import invalid
from pytest_ddci.timestamps import parse_rfc3339

Read = Callable[[object], Any]
"""A value as it is kept; raises ValueError with what is wrong."""

# As Go's decoder, which the API has: `T` and `Z` in capitals.
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_LONGEST_SHOWN = 60


@frozen
class Field:
    """A field.

    Attributes:
        read: reads its value; of an object, its fields.
        required: it must be there; a text must not be empty.
        nullable: null may stand for nothing.
    """

    read: Read | Mapping[str, Field]
    required: bool = False
    nullable: bool = True


def demanded(
    value: object, fields: Mapping[str, Field], where: str, problems: list[str]
) -> dict[str, Any]:
    """An object as it is kept: the fields that are known, without nulls.

    Args:
        value: what was sent.
        fields: what may be there.
        where: the object's path.
        problems: takes what is wrong, a text for each field.
    """
    if not isinstance(value, dict):
        problems.append(invalid(where, f"an object is needed, not {shown(value)}"))
        return {}
    made = {}
    for name, field in fields.items():
        found, path = value.get(name), f"{where}.{name}"
        if found is None:
            if field.required:
                problems.append(invalid(path, "it is required"))
            elif name in value and not field.nullable:
                problems.append(invalid(path, "null is not allowed"))
        elif isinstance(field.read, Mapping):
            made[name] = demanded(found, field.read, path, problems)
        elif found == "" and field.required:
            problems.append(invalid(path, "it is required, and empty"))
        else:
            try:
                made[name] = field.read(found)
            except ValueError as problem:
                problems.append(invalid(path, str(problem)))
    return made


def shown(value: object) -> str:
    """What was found, short enough for a message."""
    if isinstance(value, str):
        return repr(limits.cut(limits.clean(value), _LONGEST_SHOWN))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return "a number"
    return "an object" if isinstance(value, dict) else "an array"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a text is needed, not {shown(value)}")  # noqa: TRY004 - one kind of complaint
    return limits.clean(value)


def _at_most(limit: int) -> Read:
    def read(value: object) -> str:
        text = _text(value)
        if len(text) > limit:
            raise ValueError(f"{len(text)} characters; at most {limit} are allowed")
        return text

    return read


def one_of(*words: str) -> Read:
    """Reads one of these texts."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)} is needed, not {shown(value)}")
        return str(value)

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false is needed, not {shown(value)}")  # noqa: TRY004 - as above
    return value


def _time(value: object) -> str:
    if not isinstance(value, str):
        # The API's own words, for whatever is no text.
        raise ValueError("Time.UnmarshalJSON: input is not a JSON string")  # noqa: TRY004 - as above
    if not _RFC3339.fullmatch(value):
        raise ValueError(f"an RFC 3339 time such as 2026-11-22T05:40:00Z, not {shown(value)}")
    parse_rfc3339(value)
    return value


def _milliseconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"a whole number of milliseconds is needed, not {shown(value)}")  # noqa: TRY004 - as above
    if not 0 <= value <= limits.QUEUE_TIME:
        raise ValueError(f"0 to {limits.QUEUE_TIME} milliseconds are allowed")
    return value


def _sha(value: object) -> str:
    if limits.sha(_text(value)) != value:
        raise ValueError(f"40 hexadecimal digits are needed, not {shown(value)}")
    return str(value)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError(f"an array of texts is needed, not {shown(value)}")  # noqa: TRY004 - as above
    return [_text(each) for each in value]


def _pairs(pattern: str, fits: Callable[[str], str | None]) -> Read:
    def read(value: object) -> list[str]:
        texts = _texts(value)
        for text in texts:
            if fits(text) is None:
                raise ValueError(f"{pattern} is needed, not {shown(text)}")
        return texts

    return read


def _parameters(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"an object of texts is needed, not {shown(value)}")  # noqa: TRY004 - as above
    return {limits.clean(name): _text(each) for name, each in value.items()}


_NAME = Field(_text, required=True)
_TEXT = Field(_text)
_BARE_TEXT = Field(_text, nullable=False)
_LINKED = Field({"id": _NAME, "url": _BARE_TEXT})
_GIT = {
    "repository_url": _NAME,
    "sha": Field(_sha, required=True),
    "author_email": _NAME,
    **dict.fromkeys(("author_name", "committer_name", "committer_email", "message"), _TEXT),
    **dict.fromkeys(("branch", "tag", "default_branch"), _TEXT),
    **dict.fromkeys(("author_time", "commit_time"), Field(_time)),
}
_DETAILS = {
    "error": Field(
        {
            "message": Field(_at_most(limits.ERROR_MESSAGE)),
            "type": Field(_at_most(limits.ERROR_TYPE)),
            "stack": _TEXT,
            "domain": Field(one_of("provider", "user", "unknown"), nullable=False),
        }
    ),
    "git": Field(_GIT),
    "node": Field(
        {
            **dict.fromkeys(("hostname", "name", "workspace"), _BARE_TEXT),
            "labels": Field(_texts, nullable=False),
        }
    ),
    "parameters": Field(_parameters),
    "tags": Field(_pairs("key:value", limits.tag_text)),
    "metrics": Field(_pairs("key:number", limits.metric_text)),
}
_QUEUE_TIME = {"queue_time": Field(_milliseconds)}
_DEPENDENCIES = {"dependencies": Field(_texts)}
_PART = dict.fromkeys(("id", "name", "pipeline_unique_id", "pipeline_name"), _NAME)
_STAGE = dict.fromkeys(("stage_id", "stage_name"), _TEXT)
_JOB = dict.fromkeys(("job_id", "job_name"), _TEXT)
_SPAN = dict.fromkeys(("start", "end"), Field(_time, required=True))
_ENDED = ("success", "error", "canceled", "skipped")


def _level(level: str, *statuses: str, **fields: Field) -> dict[str, Field]:
    return {
        "level": Field(one_of(level), required=True),
        **fields,
        **_SPAN,
        "status": Field(one_of(*statuses), required=True),
        **_DETAILS,
    }


_PIPELINE = _level(
    "pipeline",
    *_ENDED,
    "blocked",
    **dict.fromkeys(("unique_id", "name", "url"), _NAME),
    partial_retry=Field(_flag, required=True),
    pipeline_id=_BARE_TEXT,
    previous_attempt=_LINKED,
    parent_pipeline=_LINKED,
    is_manual=Field(_flag),
    is_resumed=Field(_flag),
    **_QUEUE_TIME,
)
_FINISHED_JOB = _level("job", *_ENDED, **_PART, url=_NAME, **_STAGE, **_QUEUE_TIME, **_DEPENDENCIES)
FINISHED: Mapping[str, Mapping[str, Field]] = {
    "pipeline": _PIPELINE,
    "stage": _level("stage", *_ENDED, **_PART, **_QUEUE_TIME, **_DEPENDENCIES),
    "job": _FINISHED_JOB,
    "step": _level("step", *_ENDED[:2], **_PART, url=_TEXT, **_STAGE, **_JOB),
}
"""The fields of a level."""

RUNNING: Mapping[str, Mapping[str, Field]] = {
    level: {name: field for name, field in FINISHED[level].items() if name != "end"}
    | {"status": Field(one_of("running"), required=True)}
    for level in ("pipeline", "job")
}
"""The fields of a level while it is under way."""

ENVELOPE = {
    "type": Field(one_of("cipipeline_resource_request"), nullable=False),
    "attributes": Field(
        {
            **dict.fromkeys(("provider_name", "env", "service"), _BARE_TEXT),
            "resource": Field(lambda value: value, required=True),
        },
        required=True,
    ),
}
"""The fields around a resource."""
