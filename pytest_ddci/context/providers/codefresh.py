"""Codefresh: https://codefresh.io/docs/docs/pipelines/variables/ ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import MANUAL, PULL_REQUEST, PUSH, Provider, Run, linked, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_STARTED_BY_HAND = "build"
_COMMIT_PAGE = re.compile(r"(https?://.+?)(?:/-)?/commits?/[0-9a-fA-F]+/?")


def _repository(v: Variables) -> str | None:
    """Only the page of the commit names the forge."""
    page = _COMMIT_PAGE.fullmatch(v.get("CF_COMMIT_URL") or "")
    return f"{page[1]}.git" if page else None


def _tags(v: Variables) -> Tags:
    return {
        t.PIPELINE_ID: v.get("CF_BUILD_ID"),
        t.PIPELINE_NAME: v.get("CF_PIPELINE_NAME"),
        t.PIPELINE_URL: v.get("CF_BUILD_URL"),
        t.JOB_NAME: v.get("CF_STEP_NAME"),
        t.REPOSITORY_URL: _repository(v),
        t.SHA: v.get("CF_REVISION"),
        t.HEAD_SHA: v.get("CF_PULL_REQUEST_HEAD_COMMIT_SHA"),
        t.BRANCH: v.get("CF_BRANCH"),
        t.TAG: v.get("CF_RELEASE_TAG"),
        t.MESSAGE: v.get("CF_COMMIT_MESSAGE"),
        t.AUTHOR_NAME: v.get("CF_COMMIT_AUTHOR"),
        t.PULL_REQUEST: v.get("CF_PULL_REQUEST_NUMBER", "CF_PULL_REQUEST_ID"),
        t.BASE_BRANCH: v.get("CF_PULL_REQUEST_TARGET"),
        t.LINK_VARIABLES: linked(v, "CF_BUILD_ID"),
    }


def _run(v: Variables) -> Run:
    started = (v.get("CF_BUILD_TRIGGER") or "").lower()
    trigger = PUSH if started == "webhook" else None
    if started == _STARTED_BY_HAND:
        trigger = MANUAL
    elif v.get("CF_PULL_REQUEST_NUMBER", "CF_PULL_REQUEST_ID"):
        trigger = PULL_REQUEST
    # Counts the attempts at this step, where the pipeline lets it be tried again.
    attempt = v.number("CF_CURRENT_ATTEMPT")
    return Run(
        trigger=trigger,
        attempt=attempt,
        partial_retry=None if attempt is None else attempt > 1,
    )


PROVIDER = Provider(
    name="codefresh",
    marked=on("CF_BUILD_ID"),
    usual=("CF_BUILD_URL", "CF_PIPELINE_NAME", "CF_STEP_NAME"),
    tags=_tags,
    run=_run,
)
