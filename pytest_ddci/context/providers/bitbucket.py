"""Bitbucket Pipelines.

https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import PULL_REQUEST, TAG, Provider, Run, joined, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables


def _tags(v: Variables) -> Tags:
    repository = v.get("BITBUCKET_REPO_FULL_NAME")
    number = v.get("BITBUCKET_BUILD_NUMBER")
    page = joined("https://bitbucket.org/", repository, "/addon/pipelines/home#!/results/", number)
    return {
        t.PIPELINE_ID: (v.get("BITBUCKET_PIPELINE_UUID") or "").strip("{}") or None,
        t.PIPELINE_NAME: repository,
        t.PIPELINE_NUMBER: number,
        t.PIPELINE_URL: page,
        t.JOB_ID: (v.get("BITBUCKET_STEP_UUID") or "").strip("{}") or None,
        t.JOB_URL: page,
        t.WORKSPACE: v.get("BITBUCKET_CLONE_DIR"),
        t.REPOSITORY_URL: v.get("BITBUCKET_GIT_SSH_ORIGIN", "BITBUCKET_GIT_HTTP_ORIGIN"),
        t.SHA: v.get("BITBUCKET_COMMIT"),
        t.BRANCH: v.get("BITBUCKET_BRANCH"),
        t.TAG: v.get("BITBUCKET_TAG"),
        t.PULL_REQUEST: v.get("BITBUCKET_PR_ID"),
        t.BASE_BRANCH: v.get("BITBUCKET_PR_DESTINATION_BRANCH"),
    }


def _run(v: Variables) -> Run:
    tag = TAG if v.get("BITBUCKET_TAG") else None
    # Counts the runs of this step: the pipeline stays the same when failed steps are run again.
    attempt = v.number("BITBUCKET_STEP_RUN_NUMBER")
    return Run(
        trigger=PULL_REQUEST if v.get("BITBUCKET_PR_ID") else tag,
        attempt=attempt,
        partial_retry=None if attempt is None else attempt > 1,
        forge="bitbucket",
    )


PROVIDER = Provider(
    name="bitbucket",
    marked=on("BITBUCKET_BUILD_NUMBER", "BITBUCKET_PIPELINE_UUID", "BITBUCKET_COMMIT"),
    usual=("BITBUCKET_REPO_FULL_NAME", "BITBUCKET_CLONE_DIR", "BITBUCKET_GIT_HTTP_ORIGIN"),
    tags=_tags,
    run=_run,
)
