"""Drone: https://docs.drone.io/pipeline/environment/reference/ ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import (
    MANUAL,
    PULL_REQUEST,
    PUSH,
    SCHEDULE,
    TAG,
    UPSTREAM,
    Provider,
    Run,
    joined,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_EVENTS = {
    "push": PUSH,
    "pull_request": PULL_REQUEST,
    "tag": TAG,
    "cron": SCHEDULE,
    "custom": MANUAL,
    "promote": MANUAL,
    "rollback": MANUAL,
    "upstream": UPSTREAM,
}


def _tags(v: Variables) -> Tags:
    repository, number = v.get("DRONE_REPO"), v.get("DRONE_BUILD_NUMBER")
    found: Tags = {
        # A build's number counts within its repository only.
        t.PIPELINE_ID: joined(repository, "/", number),
        t.PIPELINE_NAME: repository,
        t.PIPELINE_NUMBER: number,
        t.PIPELINE_URL: v.get("DRONE_BUILD_LINK"),
        t.STAGE_NAME: v.get("DRONE_STAGE_NAME"),
        t.JOB_NAME: v.get("DRONE_STEP_NAME"),
        t.NODE_NAME: v.get("DRONE_STAGE_MACHINE"),
        t.WORKSPACE: v.get("DRONE_WORKSPACE"),
        t.REPOSITORY_URL: v.get("DRONE_GIT_HTTP_URL", "DRONE_REMOTE_URL")
        or joined(v.get("DRONE_REPO_LINK"), ".git"),
        t.SHA: v.get("DRONE_COMMIT_SHA", "DRONE_COMMIT"),
        t.BRANCH: v.get("DRONE_BRANCH", "DRONE_COMMIT_BRANCH"),
        t.TAG: v.get("DRONE_TAG"),
        t.DEFAULT_BRANCH: v.get("DRONE_REPO_BRANCH"),
        t.MESSAGE: v.get("DRONE_COMMIT_MESSAGE"),
        t.AUTHOR_NAME: v.get("DRONE_COMMIT_AUTHOR_NAME"),
        t.AUTHOR_EMAIL: v.get("DRONE_COMMIT_AUTHOR_EMAIL"),
    }
    request = v.get("DRONE_PULL_REQUEST")
    if request:
        found[t.PULL_REQUEST] = request
        found[t.BASE_BRANCH] = v.get("DRONE_TARGET_BRANCH")
        # `DRONE_BRANCH` is the target of a pull request.
        found[t.BRANCH] = v.get("DRONE_SOURCE_BRANCH") or found[t.BRANCH]
    return found


def _run(v: Variables) -> Run:
    # `DRONE_BUILD_PARENT` is the build that is promoted; of a retry Drone does not say which build
    # it repeats.
    return Run(trigger=_EVENTS.get((v.get("DRONE_BUILD_EVENT") or "").lower()))


PROVIDER = Provider(
    name="drone",
    marked=on("DRONE"),
    usual=("DRONE_BUILD_NUMBER", "DRONE_BUILD_LINK", "DRONE_COMMIT_SHA", "DRONE_STEP_NAME"),
    tags=_tags,
    run=_run,
)
