"""Travis CI: https://docs.travis-ci.com/user/environment-variables/ ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import (
    API,
    PULL_REQUEST,
    PUSH,
    SCHEDULE,
    TAG,
    Provider,
    Run,
    joined,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_EVENTS = {"push": PUSH, "pull_request": PULL_REQUEST, "api": API, "cron": SCHEDULE}


def _tags(v: Variables) -> Tags:
    slug = v.get("TRAVIS_REPO_SLUG")
    found: Tags = {
        t.PIPELINE_ID: v.get("TRAVIS_BUILD_ID"),
        t.PIPELINE_NAME: slug,
        t.PIPELINE_NUMBER: v.get("TRAVIS_BUILD_NUMBER"),
        t.PIPELINE_URL: v.get("TRAVIS_BUILD_WEB_URL"),
        t.STAGE_NAME: v.get("TRAVIS_BUILD_STAGE_NAME"),
        t.JOB_ID: v.get("TRAVIS_JOB_ID"),
        t.JOB_NAME: v.get("TRAVIS_JOB_NAME"),
        t.JOB_URL: v.get("TRAVIS_JOB_WEB_URL"),
        t.WORKSPACE: v.get("TRAVIS_BUILD_DIR"),
        t.REPOSITORY_URL: joined("https://github.com/", slug, ".git"),
        t.SHA: v.get("TRAVIS_COMMIT"),
        t.BRANCH: v.get("TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"),
        t.TAG: v.get("TRAVIS_TAG"),
        t.MESSAGE: v.get("TRAVIS_COMMIT_MESSAGE"),
    }
    if v.get("TRAVIS_EVENT_TYPE") == PULL_REQUEST:
        found[t.PULL_REQUEST] = v.get("TRAVIS_PULL_REQUEST")
        found[t.BASE_BRANCH] = v.get("TRAVIS_BRANCH")
        found[t.HEAD_SHA] = v.get("TRAVIS_PULL_REQUEST_SHA")
    return found


def _run(v: Variables) -> Run:
    trigger = _EVENTS.get((v.get("TRAVIS_EVENT_TYPE") or "").lower())
    return Run(trigger=TAG if trigger == PUSH and v.get("TRAVIS_TAG") else trigger)


PROVIDER = Provider(
    name="travisci",
    marked=on("TRAVIS"),
    usual=("TRAVIS_BUILD_ID", "TRAVIS_REPO_SLUG", "TRAVIS_COMMIT", "TRAVIS_BUILD_NUMBER"),
    tags=_tags,
    run=_run,
)
