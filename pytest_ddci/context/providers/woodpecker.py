"""Woodpecker: https://woodpecker-ci.org/docs/usage/environment .

Datadog's tracers do not know it. Its steps are told as Drone's are: the workflow is the stage,
the step is the job.
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
    Relation,
    Run,
    joined,
    listed,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_EVENTS = {
    "push": PUSH,
    "pull_request": PULL_REQUEST,
    "pull_request_closed": PULL_REQUEST,
    "pull_request_metadata": PULL_REQUEST,
    "tag": TAG,
    "release": TAG,
    "cron": SCHEDULE,
    "manual": MANUAL,
    "deployment": MANUAL,
}


def _marked(v: Variables) -> bool:
    return "woodpecker" in {v.get("CI"), v.get("CI_SYSTEM_NAME")}


def _tags(v: Variables) -> Tags:
    number = v.get("CI_PIPELINE_NUMBER", "CI_BUILD_NUMBER")
    platform = v.get("CI_SYSTEM_PLATFORM")
    found: Tags = {
        # A pipeline's number counts within its repository only.
        t.PIPELINE_ID: joined(v.get("CI_REPO"), "/", number),
        t.PIPELINE_NAME: v.get("CI_REPO"),
        t.PIPELINE_NUMBER: number,
        t.PIPELINE_URL: v.get("CI_PIPELINE_URL", "CI_PIPELINE_LINK", "CI_BUILD_LINK"),
        t.STAGE_NAME: v.get("CI_WORKFLOW_NAME"),
        t.JOB_NAME: v.get("CI_STEP_NAME"),
        t.JOB_URL: v.get("CI_STEP_URL"),
        t.NODE_NAME: v.get("CI_MACHINE"),
        t.NODE_LABELS: listed([f"platform:{platform}"] if platform else []),
        t.WORKSPACE: v.get("CI_WORKSPACE"),
        t.REPOSITORY_URL: v.get("CI_REPO_CLONE_URL", "CI_REPO_REMOTE"),
        t.SHA: v.get("CI_COMMIT_SHA"),
        t.BRANCH: v.get("CI_COMMIT_BRANCH"),
        t.TAG: v.get("CI_COMMIT_TAG"),
        t.DEFAULT_BRANCH: v.get("CI_REPO_DEFAULT_BRANCH"),
        t.MESSAGE: v.get("CI_COMMIT_MESSAGE"),
        t.AUTHOR_NAME: v.get("CI_COMMIT_AUTHOR"),
        t.AUTHOR_EMAIL: v.get("CI_COMMIT_AUTHOR_EMAIL"),
    }
    request = v.get("CI_COMMIT_PULL_REQUEST")
    if request:
        found[t.PULL_REQUEST] = request
        found[t.BASE_BRANCH] = v.get("CI_COMMIT_TARGET_BRANCH", "CI_COMMIT_BRANCH")
        # `CI_COMMIT_BRANCH` is the target of a pull request.
        found[t.BRANCH] = v.get("CI_COMMIT_SOURCE_BRANCH", "CI_COMMIT_BRANCH")
    return found


def _run(v: Variables) -> Run:
    event = (v.get("CI_PIPELINE_EVENT") or "").lower()
    # The pipeline that was restarted, or the one that is deployed.
    parent = None if event == "deployment" else v.number("CI_PIPELINE_PARENT")
    repository = v.get("CI_REPO")
    return Run(
        trigger=_EVENTS.get(event),
        previous=Relation(f"{repository}/{parent}") if repository and parent else None,
        forge=v.get("CI_FORGE_TYPE"),
    )


PROVIDER = Provider(
    name="woodpecker",
    marked=_marked,
    usual=("CI_REPO", "CI_COMMIT_SHA", "CI_PIPELINE_NUMBER", "CI_WORKSPACE"),
    tags=_tags,
    run=_run,
)
