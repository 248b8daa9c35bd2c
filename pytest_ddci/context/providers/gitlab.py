"""GitLab CI: https://docs.gitlab.com/ci/variables/predefined_variables/ ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import (
    API,
    MANUAL,
    PULL_REQUEST,
    PUSH,
    SCHEDULE,
    TAG,
    UPSTREAM,
    Provider,
    Run,
    linked,
    listed,
    name_and_email,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_SOURCES = {
    "push": PUSH,
    "web": MANUAL,
    "webide": MANUAL,
    "chat": MANUAL,
    "schedule": SCHEDULE,
    "api": API,
    "trigger": API,
    "pipeline": UPSTREAM,
    "parent_pipeline": UPSTREAM,
    "merge_request_event": PULL_REQUEST,
    "external_pull_request_event": PULL_REQUEST,
}


def _tags(v: Variables) -> Tags:
    author_name, author_email = name_and_email(v.get("CI_COMMIT_AUTHOR"))
    found: Tags = {
        t.PIPELINE_ID: v.get("CI_PIPELINE_ID"),
        t.PIPELINE_NAME: v.get("CI_PROJECT_PATH"),
        t.PIPELINE_NUMBER: v.get("CI_PIPELINE_IID"),
        t.PIPELINE_URL: v.get("CI_PIPELINE_URL"),
        t.STAGE_NAME: v.get("CI_JOB_STAGE"),
        t.JOB_ID: v.get("CI_JOB_ID"),
        t.JOB_NAME: v.get("CI_JOB_NAME"),
        t.JOB_URL: v.get("CI_JOB_URL"),
        t.NODE_NAME: v.get("CI_RUNNER_ID"),
        t.NODE_LABELS: _runner_tags(v.get("CI_RUNNER_TAGS")),
        t.WORKSPACE: v.get("CI_PROJECT_DIR"),
        t.REPOSITORY_URL: v.get("CI_REPOSITORY_URL"),
        t.SHA: v.get("CI_COMMIT_SHA"),
        t.BRANCH: v.get(
            "CI_COMMIT_REF_NAME", "CI_COMMIT_BRANCH", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"
        ),
        t.TAG: v.get("CI_COMMIT_TAG"),
        t.DEFAULT_BRANCH: v.get("CI_DEFAULT_BRANCH"),
        t.MESSAGE: v.get("CI_COMMIT_MESSAGE"),
        t.AUTHOR_NAME: author_name,
        t.AUTHOR_EMAIL: author_email,
        t.AUTHOR_DATE: v.get("CI_COMMIT_TIMESTAMP"),
        t.PULL_REQUEST: v.get("CI_MERGE_REQUEST_IID"),
        t.BASE_BRANCH: v.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        t.BASE_BRANCH_SHA: v.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        t.BASE_BRANCH_HEAD_SHA: v.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"),
        # Set in pipelines for merged results only, where the commit is a merge of GitLab's own.
        t.HEAD_SHA: v.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
        t.LINK_VARIABLES: linked(v, "CI_PROJECT_URL", "CI_PIPELINE_ID", "CI_JOB_ID"),
    }
    return found


def _runner_tags(value: str | None) -> str | None:
    """A JSON list since GitLab 14; before, names with commas between."""
    if not value:
        return None
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, list):
        return value if parsed else None
    return listed(name for part in value.split(",") if (name := part.strip()))


def _run(v: Variables) -> Run:
    source = (v.get("CI_PIPELINE_SOURCE") or "").lower()
    trigger = MANUAL if v.on("CI_JOB_MANUAL") else _SOURCES.get(source)
    if trigger == PUSH and v.get("CI_COMMIT_TAG"):
        trigger = TAG
    # Since GitLab 19.3; a job that is retried stays in its pipeline.
    retries = v.number("CI_JOB_RETRY_COUNT")
    return Run(
        trigger=trigger,
        attempt=None if retries is None else retries + 1,
        partial_retry=None if retries is None else retries > 0,
        forge="gitlab",
    )


PROVIDER = Provider(
    name="gitlab",
    marked=on("GITLAB_CI"),
    usual=("CI_PIPELINE_ID", "CI_JOB_ID", "CI_PROJECT_PATH", "CI_JOB_STAGE"),
    tags=_tags,
    run=_run,
)
