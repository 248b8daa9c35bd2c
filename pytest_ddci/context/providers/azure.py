"""Azure Pipelines: https://learn.microsoft.com/azure/devops/pipelines/build/variables ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import (
    MANUAL,
    PULL_REQUEST,
    PUSH,
    SCHEDULE,
    UPSTREAM,
    Provider,
    Run,
    joined,
    linked,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_REASONS = {
    "manual": MANUAL,
    "individualci": PUSH,
    "batchedci": PUSH,
    "schedule": SCHEDULE,
    "pullrequest": PULL_REQUEST,
    "buildcompletion": UPSTREAM,
    "resourcetrigger": UPSTREAM,
}


def _tags(v: Variables) -> Tags:
    page = _page(v)
    logs = joined(page, "&view=logs&j=", v.get("SYSTEM_JOBID"))
    task = v.get("SYSTEM_TASKINSTANCEID")
    return {
        t.PIPELINE_ID: v.get("BUILD_BUILDID"),
        t.PIPELINE_NAME: v.get("BUILD_DEFINITIONNAME"),
        t.PIPELINE_NUMBER: v.get("BUILD_BUILDID"),
        t.PIPELINE_URL: page,
        t.STAGE_NAME: v.get("SYSTEM_STAGEDISPLAYNAME"),
        t.JOB_ID: v.get("SYSTEM_JOBID"),
        t.JOB_NAME: v.get("SYSTEM_JOBDISPLAYNAME"),
        t.JOB_URL: f"{logs}&t={task}" if logs and task else logs,
        t.NODE_NAME: v.get("AGENT_NAME"),
        t.WORKSPACE: v.get("BUILD_SOURCESDIRECTORY"),
        t.REPOSITORY_URL: v.get("SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI", "BUILD_REPOSITORY_URI"),
        t.SHA: v.get("SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"),
        t.BRANCH: v.get(
            "SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME"
        ),
        t.MESSAGE: v.get("BUILD_SOURCEVERSIONMESSAGE"),
        t.AUTHOR_NAME: v.get("BUILD_REQUESTEDFORID"),
        t.AUTHOR_EMAIL: v.get("BUILD_REQUESTEDFOREMAIL"),
        # A pull request in Azure Repos has an id and no number.
        t.PULL_REQUEST: v.get(
            "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"
        ),
        t.BASE_BRANCH: v.get("SYSTEM_PULLREQUEST_TARGETBRANCH"),
        t.LINK_VARIABLES: linked(v, "SYSTEM_TEAMPROJECTID", "BUILD_BUILDID", "SYSTEM_JOBID"),
    }


def _page(v: Variables) -> str | None:
    server = v.get("SYSTEM_TEAMFOUNDATIONSERVERURI", "SYSTEM_COLLECTIONURI")
    project, build = v.get("SYSTEM_TEAMPROJECTID"), v.get("BUILD_BUILDID")
    if not (server and project and build):
        return None
    return f"{server.rstrip('/')}/{project}/_build/results?buildId={build}"


def _run(v: Variables) -> Run:
    counts = map(v.number, ("SYSTEM_JOBATTEMPT", "SYSTEM_PHASEATTEMPT", "SYSTEM_STAGEATTEMPT"))
    known = [count for count in counts if count is not None]
    attempt = max(known, default=None)
    return Run(
        trigger=_REASONS.get((v.get("BUILD_REASON") or "").lower()),
        attempt=attempt,
        # A build is never started again as a whole: a later attempt is one of a stage or a job.
        partial_retry=None if attempt is None else attempt > 1,
    )


PROVIDER = Provider(
    name="azurepipelines",
    marked=on("TF_BUILD"),
    usual=("BUILD_BUILDID", "SYSTEM_TEAMPROJECTID", "BUILD_DEFINITIONNAME", "BUILD_SOURCEVERSION"),
    tags=_tags,
    run=_run,
)
