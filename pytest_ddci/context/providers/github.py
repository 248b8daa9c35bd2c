"""GitHub Actions, and what copies it (Gitea and Forgejo Actions).

https://docs.github.com/actions/reference/workflows-and-actions/variables . A job's numeric id is
no variable of its own; `JOB_CHECK_RUN_ID: ${{ job.check_run_id }}` is how Datadog's tracers ask
for it. Without it the id is what a workflow calls the job, as in most of those tracers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.github_event import event_tags
from pytest_ddci.context.provider import (
    API,
    MANUAL,
    OTHER,
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
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_EVENTS = {
    "workflow_dispatch": MANUAL,
    "repository_dispatch": API,
    "schedule": SCHEDULE,
    "push": PUSH,
    "pull_request": PULL_REQUEST,
    "pull_request_target": PULL_REQUEST,
    "merge_group": PULL_REQUEST,
    "workflow_run": UPSTREAM,
}
_LINK_VARIABLES = (
    "GITHUB_SERVER_URL",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_ATTEMPT",
)
_MERGE_REF = re.compile(r"refs/pull/(\d+)/(?:merge|head)")


def _repository(v: Variables) -> str | None:
    server = (v.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/")
    return joined(server, "/", v.get("GITHUB_REPOSITORY"))


def _run_page(v: Variables, attempt: str | None) -> str | None:
    page = joined(_repository(v), "/actions/runs/", v.get("GITHUB_RUN_ID"))
    # Older enterprise servers do not count attempts.
    return f"{page}/attempts/{attempt}" if page and attempt else page


def _tags(v: Variables) -> Tags:
    repository = _repository(v)
    pull_request = _MERGE_REF.fullmatch(v.get("GITHUB_REF") or "")
    job, check_run = v.get("GITHUB_JOB"), v.get("JOB_CHECK_RUN_ID") or ""
    found: Tags = {
        t.PIPELINE_ID: v.get("GITHUB_RUN_ID"),
        t.PIPELINE_NAME: v.get("GITHUB_WORKFLOW"),
        t.PIPELINE_NUMBER: v.get("GITHUB_RUN_NUMBER"),
        t.PIPELINE_URL: _run_page(v, v.get("GITHUB_RUN_ATTEMPT")),
        t.JOB_ID: job,
        t.JOB_NAME: job,
        t.JOB_URL: joined(repository, "/commit/", v.get("GITHUB_SHA"), "/checks"),
        t.NODE_NAME: v.get("RUNNER_NAME"),
        t.WORKSPACE: v.get("GITHUB_WORKSPACE"),
        t.REPOSITORY_URL: joined(repository, ".git"),
        t.SHA: v.get("GITHUB_SHA"),
        t.BRANCH: v.get("GITHUB_HEAD_REF", "GITHUB_REF"),
        t.BASE_BRANCH: v.get("GITHUB_BASE_REF"),
        t.PULL_REQUEST: pull_request[1] if pull_request else None,
        t.LINK_VARIABLES: linked(v, *_LINK_VARIABLES),
    }
    if check_run.isascii() and check_run.isdigit():
        found[t.JOB_ID] = check_run
        found[t.JOB_URL] = joined(_run_page(v, None), "/job/", check_run) or found[t.JOB_URL]
    return found


def _run(v: Variables) -> Run:
    run, attempt = v.get("GITHUB_RUN_ID"), v.number("GITHUB_RUN_ATTEMPT")
    event = v.get("GITHUB_EVENT_NAME")
    trigger = _EVENTS.get(event.lower(), OTHER) if event else None
    if trigger == PUSH and v.get("GITHUB_REF_TYPE") == "tag":
        trigger = TAG
    previous = None
    if run and attempt and attempt > 1:
        earlier = str(attempt - 1)
        previous = Relation(f"{run}-{earlier}", _run_page(v, earlier))
    copies = v.on("GITEA_ACTIONS") or v.on("FORGEJO_ACTIONS")
    return Run(
        trigger=trigger,
        attempt=attempt,
        pipeline_id=f"{run}-{attempt or 1}" if run else None,
        previous=previous,
        forge="gitea" if copies else "github",
    )


PROVIDER = Provider(
    name="github",
    marked=on("GITHUB_ACTIONS", "GITHUB_ACTION", "GITHUB_SHA"),
    usual=("GITHUB_RUN_ID", "GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_REF"),
    tags=_tags,
    run=_run,
    payload=event_tags,
)
