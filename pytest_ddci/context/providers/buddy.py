"""Buddy: https://buddy.works/docs/pipelines/environment-variables ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import PULL_REQUEST, TAG, Provider, Run, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables


def _tags(v: Variables) -> Tags:
    pipeline, execution = v.get("BUDDY_PIPELINE_ID"), v.get("BUDDY_EXECUTION_ID")
    return {
        t.PIPELINE_ID: "/".join(part for part in (pipeline, execution) if part) or None,
        t.PIPELINE_NAME: v.get("BUDDY_PIPELINE_NAME"),
        t.PIPELINE_NUMBER: execution,
        t.PIPELINE_URL: v.get("BUDDY_EXECUTION_URL"),
        t.REPOSITORY_URL: v.get("BUDDY_SCM_URL"),
        t.SHA: v.get("BUDDY_EXECUTION_REVISION"),
        t.BRANCH: v.get("BUDDY_EXECUTION_BRANCH"),
        t.TAG: v.get("BUDDY_EXECUTION_TAG"),
        t.MESSAGE: v.get("BUDDY_EXECUTION_REVISION_MESSAGE"),
        t.COMMITTER_NAME: v.get("BUDDY_EXECUTION_REVISION_COMMITTER_NAME"),
        t.COMMITTER_EMAIL: v.get("BUDDY_EXECUTION_REVISION_COMMITTER_EMAIL"),
        t.PULL_REQUEST: v.get("BUDDY_RUN_PR_NO"),
        t.BASE_BRANCH: v.get("BUDDY_RUN_PR_BASE_BRANCH"),
    }


def _run(v: Variables) -> Run:
    if v.get("BUDDY_RUN_PR_NO"):
        return Run(trigger=PULL_REQUEST)
    return Run(trigger=TAG if v.get("BUDDY_EXECUTION_TAG") else None)


PROVIDER = Provider(
    name="buddy",
    marked=on("BUDDY"),
    usual=("BUDDY_PIPELINE_ID", "BUDDY_EXECUTION_ID", "BUDDY_EXECUTION_URL"),
    tags=_tags,
    run=_run,
)
