"""Codefresh: https://codefresh.io/docs/docs/pipelines/variables/ ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import MANUAL, PULL_REQUEST, Provider, Run, linked, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_STARTED_BY_HAND = "build"


def _tags(v: Variables) -> Tags:
    return {
        t.PIPELINE_ID: v.get("CF_BUILD_ID"),
        t.PIPELINE_NAME: v.get("CF_PIPELINE_NAME"),
        t.PIPELINE_URL: v.get("CF_BUILD_URL"),
        t.JOB_NAME: v.get("CF_STEP_NAME"),
        t.SHA: v.get("CF_REVISION"),
        t.BRANCH: v.get("CF_BRANCH"),
        t.TAG: v.get("CF_RELEASE_TAG"),
        t.MESSAGE: v.get("CF_COMMIT_MESSAGE"),
        t.AUTHOR_NAME: v.get("CF_COMMIT_AUTHOR"),
        t.PULL_REQUEST: v.get("CF_PULL_REQUEST_NUMBER", "CF_PULL_REQUEST_ID"),
        t.BASE_BRANCH: v.get("CF_PULL_REQUEST_TARGET"),
        t.LINK_VARIABLES: linked(v, "CF_BUILD_ID"),
    }


def _run(v: Variables) -> Run:
    if v.get("CF_BUILD_TRIGGER") == _STARTED_BY_HAND:
        return Run(trigger=MANUAL)
    return Run(trigger=PULL_REQUEST if v.get("CF_PULL_REQUEST_NUMBER") else None)


PROVIDER = Provider(
    name="codefresh",
    marked=on("CF_BUILD_ID"),
    usual=("CF_BUILD_URL", "CF_PIPELINE_NAME", "CF_STEP_NAME"),
    tags=_tags,
    run=_run,
)
