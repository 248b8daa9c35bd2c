"""Buildkite: https://buildkite.com/docs/pipelines/configure/environment-variables ."""

from __future__ import annotations

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
    Relation,
    Run,
    joined,
    linked,
    listed,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_SOURCES = {"ui": MANUAL, "api": API, "schedule": SCHEDULE, "trigger_job": UPSTREAM}
_NO_COMMIT_YET = "HEAD"


def _pull_request(v: Variables) -> str | None:
    return v.get("BUILDKITE_PULL_REQUEST") if v.on("BUILDKITE_PULL_REQUEST") else None


def _tags(v: Variables) -> Tags:
    build_url, job = v.get("BUILDKITE_BUILD_URL"), v.get("BUILDKITE_JOB_ID")
    sha = v.get("BUILDKITE_COMMIT")
    found: Tags = {
        t.PIPELINE_ID: v.get("BUILDKITE_BUILD_ID"),
        t.PIPELINE_NAME: v.get("BUILDKITE_PIPELINE_SLUG"),
        t.PIPELINE_DISPLAY_NAME: v.get("BUILDKITE_PIPELINE_NAME"),
        t.PIPELINE_NUMBER: v.get("BUILDKITE_BUILD_NUMBER"),
        t.PIPELINE_URL: build_url,
        t.JOB_ID: job,
        t.JOB_NAME: v.get("BUILDKITE_LABEL"),
        t.JOB_URL: joined(build_url, "#", job),
        t.NODE_NAME: v.get("BUILDKITE_AGENT_ID"),
        t.NODE_LABELS: listed(
            f"{name.lower()}:{value}" for name, value in v.starting("BUILDKITE_AGENT_META_DATA_")
        ),
        t.WORKSPACE: v.get("BUILDKITE_BUILD_CHECKOUT_PATH"),
        t.REPOSITORY_URL: v.get("BUILDKITE_REPO"),
        # A build started by hand or by a schedule may name no commit but the tip of its branch.
        t.SHA: None if sha == _NO_COMMIT_YET else sha,
        t.BRANCH: v.get("BUILDKITE_BRANCH"),
        t.TAG: v.get("BUILDKITE_TAG"),
        t.DEFAULT_BRANCH: v.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH"),
        t.MESSAGE: v.get("BUILDKITE_MESSAGE"),
        t.AUTHOR_NAME: v.get("BUILDKITE_BUILD_AUTHOR"),
        t.AUTHOR_EMAIL: v.get("BUILDKITE_BUILD_AUTHOR_EMAIL"),
        t.LINK_VARIABLES: linked(v, "BUILDKITE_BUILD_ID", "BUILDKITE_JOB_ID"),
    }
    number = _pull_request(v)
    if number:
        found[t.PULL_REQUEST] = number
        found[t.BASE_BRANCH] = v.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH")
    return found


def _run(v: Variables) -> Run:
    retries = v.number("BUILDKITE_RETRY_COUNT")
    trigger = _SOURCES.get((v.get("BUILDKITE_SOURCE") or "").lower())
    if trigger is None and v.get("BUILDKITE_SOURCE") == "webhook":
        trigger = PULL_REQUEST if _pull_request(v) else TAG if v.get("BUILDKITE_TAG") else PUSH
    return Run(
        trigger=trigger,
        attempt=None if retries is None else retries + 1,
        partial_retry=None if retries is None else retries > 0,
        previous=_rebuilt_from(v),
    )


def _rebuilt_from(v: Variables) -> Relation | None:
    build = v.get("BUILDKITE_REBUILT_FROM_BUILD_ID")
    if not build:
        return None
    here, slash, _ = (v.get("BUILDKITE_BUILD_URL") or "").rpartition("/")
    number = v.get("BUILDKITE_REBUILT_FROM_BUILD_NUMBER")
    return Relation(build, f"{here}/{number}" if slash and number else None)


PROVIDER = Provider(
    name="buildkite",
    marked=on("BUILDKITE"),
    usual=(
        "BUILDKITE_BUILD_ID",
        "BUILDKITE_JOB_ID",
        "BUILDKITE_BUILD_URL",
        "BUILDKITE_PIPELINE_SLUG",
    ),
    tags=_tags,
    run=_run,
)
