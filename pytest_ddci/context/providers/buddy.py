"""Buddy: https://buddy.works/docs/pipelines/environment-variables .

Its newer names say `RUN` for `EXECUTION` and `COMMIT` for `REVISION`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import (
    MANUAL,
    PULL_REQUEST,
    PUSH,
    SCHEDULE,
    TAG,
    Provider,
    Run,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_MODES = {"manual": MANUAL, "scheduled": SCHEDULE, "on_every_push": PUSH}


def _pull_request(v: Variables) -> str | None:
    return v.get("BUDDY_RUN_PR_NO", "BUDDY_EXECUTION_PULL_REQUEST_NO")


def _tags(v: Variables) -> Tags:
    pipeline, execution = v.get("BUDDY_PIPELINE_ID"), v.get("BUDDY_EXECUTION_ID", "BUDDY_RUN_ID")
    found: Tags = {
        t.PIPELINE_ID: "/".join(part for part in (pipeline, execution) if part) or None,
        t.PIPELINE_NAME: v.get("BUDDY_PIPELINE_NAME"),
        t.PIPELINE_NUMBER: execution,
        t.PIPELINE_URL: v.get("BUDDY_EXECUTION_URL", "BUDDY_RUN_URL"),
        t.REPOSITORY_URL: v.get("BUDDY_SCM_URL", "BUDDY_REPO_SSH_URL"),
        t.SHA: v.get("BUDDY_EXECUTION_REVISION", "BUDDY_RUN_COMMIT"),
        t.BRANCH: v.get("BUDDY_EXECUTION_BRANCH", "BUDDY_RUN_BRANCH"),
        t.TAG: v.get("BUDDY_EXECUTION_TAG"),
        t.MESSAGE: v.get("BUDDY_EXECUTION_REVISION_MESSAGE", "BUDDY_RUN_COMMIT_MESSAGE"),
        t.COMMITTER_NAME: v.get(
            "BUDDY_EXECUTION_REVISION_COMMITTER_NAME", "BUDDY_RUN_COMMIT_COMMITTER_NAME"
        ),
        t.COMMITTER_EMAIL: v.get(
            "BUDDY_EXECUTION_REVISION_COMMITTER_EMAIL", "BUDDY_RUN_COMMIT_COMMITTER_EMAIL"
        ),
        t.PULL_REQUEST: _pull_request(v),
        t.BASE_BRANCH: v.get(
            "BUDDY_RUN_PR_BASE_BRANCH", "BUDDY_EXECUTION_PULL_REQUEST_BASE_BRANCH"
        ),
    }
    head = v.get("BUDDY_RUN_PR_HEAD_BRANCH", "BUDDY_EXECUTION_PULL_REQUEST_HEAD_BRANCH")
    if head and found[t.PULL_REQUEST]:
        found[t.BRANCH] = head
    return found


def _run(v: Variables) -> Run:
    trigger = _MODES.get((v.get("BUDDY_EXECUTION_MODE") or "").lower())
    if trigger in {None, PUSH}:
        if _pull_request(v):
            trigger = PULL_REQUEST
        elif v.get("BUDDY_EXECUTION_TAG"):
            trigger = TAG
    return Run(trigger=trigger)


PROVIDER = Provider(
    name="buddy",
    marked=on("BUDDY"),
    usual=("BUDDY_PIPELINE_ID", "BUDDY_EXECUTION_ID", "BUDDY_EXECUTION_URL"),
    tags=_tags,
    run=_run,
)
