"""CircleCI: https://circleci.com/docs/variables/#built-in-environment-variables ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import (
    PULL_REQUEST,
    TAG,
    Provider,
    Relation,
    Run,
    joined,
    linked,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_WORKFLOW_PAGE = "https://app.circleci.com/pipelines/workflows/"


def _pull_request(v: Variables) -> str | None:
    """`CIRCLE_PR_NUMBER` exists for forks only; the address of the request exists for all."""
    number = v.get("CIRCLE_PR_NUMBER")
    if number:
        return number
    last = (v.get("CIRCLE_PULL_REQUEST") or "").rstrip("/").rpartition("/")[2]
    return last if last.isdigit() else None


def _tags(v: Variables) -> Tags:
    workflow = v.get("CIRCLE_WORKFLOW_ID")
    return {
        t.PIPELINE_ID: workflow,
        t.PIPELINE_NAME: v.get("CIRCLE_PROJECT_REPONAME"),
        t.PIPELINE_NUMBER: v.get("CIRCLE_BUILD_NUM"),
        t.PIPELINE_URL: joined(_WORKFLOW_PAGE, workflow),
        t.JOB_ID: v.get("CIRCLE_BUILD_NUM"),
        t.JOB_NAME: v.get("CIRCLE_JOB"),
        t.JOB_URL: v.get("CIRCLE_BUILD_URL"),
        t.WORKSPACE: v.get("CIRCLE_WORKING_DIRECTORY"),
        t.REPOSITORY_URL: v.get("CIRCLE_REPOSITORY_URL"),
        t.SHA: v.get("CIRCLE_SHA1"),
        t.BRANCH: v.get("CIRCLE_BRANCH"),
        t.TAG: v.get("CIRCLE_TAG"),
        t.PULL_REQUEST: _pull_request(v),
        t.LINK_VARIABLES: linked(v, "CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM"),
    }


def _run(v: Variables) -> Run:
    tag = TAG if v.get("CIRCLE_TAG") else None
    # A workflow that runs again from where it failed has a new id, and the workspace of the first,
    # which is called as the first was.
    workflow, first = v.get("CIRCLE_WORKFLOW_ID"), v.get("CIRCLE_WORKFLOW_WORKSPACE_ID")
    again = bool(workflow and first and workflow != first)
    return Run(
        trigger=PULL_REQUEST if _pull_request(v) else tag,
        partial_retry=again if workflow and first else None,
        previous=Relation(first, f"{_WORKFLOW_PAGE}{first}") if again and first else None,
    )


PROVIDER = Provider(
    name="circleci",
    marked=on("CIRCLECI"),
    usual=("CIRCLE_WORKFLOW_ID", "CIRCLE_BUILD_NUM", "CIRCLE_JOB", "CIRCLE_PROJECT_REPONAME"),
    tags=_tags,
    run=_run,
)
