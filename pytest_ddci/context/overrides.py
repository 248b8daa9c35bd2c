"""What the user says about git and CI, which wins over everything found.

https://docs.datadoghq.com/tests/troubleshooting (`DD_GIT_*`); `DD_CI_*` and `DD_PR_NUMBER` are
what `datadog-ci ci-env` hands from a CI job into a container.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_ddci.context import tags as t
from pytest_ddci.context.commits import is_time
from pytest_ddci.context.refs import names_a_tag, short_ref
from pytest_ddci.context.urls import has_host, repository_url

if TYPE_CHECKING:
    from pytest_ddci.context.variables import Variables

VARIABLES = {
    "DD_CI_PROVIDER_NAME": t.PROVIDER,
    "DD_CI_PIPELINE_ID": t.PIPELINE_ID,
    "DD_CI_PIPELINE_NAME": t.PIPELINE_NAME,
    "DD_CI_PIPELINE_NUMBER": t.PIPELINE_NUMBER,
    "DD_CI_PIPELINE_URL": t.PIPELINE_URL,
    "DD_CI_STAGE_NAME": t.STAGE_NAME,
    "DD_CI_JOB_ID": t.JOB_ID,
    "DD_CI_JOB_NAME": t.JOB_NAME,
    "DD_CI_JOB_URL": t.JOB_URL,
    "DD_CI_NODE_NAME": t.NODE_NAME,
    "DD_CI_NODE_LABELS": t.NODE_LABELS,
    "DD_CI_WORKSPACE_PATH": t.WORKSPACE,
    "DD_GIT_REPOSITORY_URL": t.REPOSITORY_URL,
    "DD_GIT_COMMIT_SHA": t.SHA,
    "DD_GIT_COMMIT_HEAD_SHA": t.HEAD_SHA,
    "DD_GIT_BRANCH": t.BRANCH,
    "DD_GIT_TAG": t.TAG,
    "DD_GIT_DEFAULT_BRANCH": t.DEFAULT_BRANCH,
    "DD_GIT_COMMIT_MESSAGE": t.MESSAGE,
    "DD_GIT_COMMIT_AUTHOR_NAME": t.AUTHOR_NAME,
    "DD_GIT_COMMIT_AUTHOR_EMAIL": t.AUTHOR_EMAIL,
    "DD_GIT_COMMIT_AUTHOR_DATE": t.AUTHOR_DATE,
    "DD_GIT_COMMIT_COMMITTER_NAME": t.COMMITTER_NAME,
    "DD_GIT_COMMIT_COMMITTER_EMAIL": t.COMMITTER_EMAIL,
    "DD_GIT_COMMIT_COMMITTER_DATE": t.COMMITTER_DATE,
    "DD_GIT_PULL_REQUEST_BASE_BRANCH": t.BASE_BRANCH,
    "DD_GIT_PULL_REQUEST_BASE_BRANCH_SHA": t.BASE_BRANCH_SHA,
    "DD_GIT_PULL_REQUEST_BASE_BRANCH_HEAD_SHA": t.BASE_BRANCH_HEAD_SHA,
    "DD_PR_NUMBER": t.PULL_REQUEST,
}
"""The tag that each variable sets."""

_FULL_SHA = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_COMMIT_IDS = frozenset({t.SHA, t.HEAD_SHA, t.BASE_BRANCH_SHA, t.BASE_BRANCH_HEAD_SHA})
_REFS = frozenset({t.BRANCH, t.TAG, t.DEFAULT_BRANCH, t.BASE_BRANCH})
_DATES = frozenset({t.AUTHOR_DATE, t.COMMITTER_DATE})
_SHOWN = 60


class Overrides(NamedTuple):
    """Tags, the variable each came from, and one line about each variable that was ignored."""

    tags: dict[str, str]
    sources: dict[str, str]
    warnings: tuple[str, ...]


def read_overrides(variables: Variables) -> Overrides:
    """The user's own values; a wrong one is ignored with a warning."""
    tags: dict[str, str] = {}
    sources: dict[str, str] = {}
    warnings: list[str] = []
    for name, tag in VARIABLES.items():
        value = variables.get(name)
        if value is None:
            continue
        problem = _problem(tag, value)
        if problem:
            warnings.append(f"{name} is ignored: {problem}")
            continue
        if tag in _DATES and not is_time(value):
            # The tracers' tag takes any text, the events' git block does not.
            shown = f"{_shown(value)!r} is no time such as 2026-01-31T16:47:55+01:00"
            warnings.append(f"{name} is ignored in the events: {shown}")
        target = t.TAG if tag == t.BRANCH and names_a_tag(value) else tag
        tags[target] = value
        sources[target] = name
    return Overrides(tags, sources, tuple(warnings))


def _problem(tag: str, value: str) -> str | None:
    if tag in _COMMIT_IDS and not _FULL_SHA.fullmatch(value):
        return f"{_shown(value)!r} is not a full commit id (40 hexadecimal digits)"
    if tag in _REFS and not short_ref(value):
        return f"{_shown(value)!r} names no branch or tag"
    if tag == t.REPOSITORY_URL and not has_host(value):
        shown = _shown(repository_url(value))
        return f"{shown!r} is not the address of a repository on a host"
    return None


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else value[:_SHOWN] + "..."
