"""AppVeyor: https://www.appveyor.com/docs/environment-variables/ ."""

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
    Run,
    joined,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_HOSTS = {"github": "github.com", "bitbucket": "bitbucket.org", "gitlab": "gitlab.com"}


def _tags(v: Variables) -> Tags:
    message = v.get("APPVEYOR_REPO_COMMIT_MESSAGE")
    extended = v.get("APPVEYOR_REPO_COMMIT_MESSAGE_EXTENDED")
    url = _build_page(v)
    found: Tags = {
        t.PIPELINE_ID: v.get("APPVEYOR_BUILD_ID"),
        t.PIPELINE_NAME: v.get("APPVEYOR_REPO_NAME"),
        t.PIPELINE_NUMBER: v.get("APPVEYOR_BUILD_NUMBER"),
        t.PIPELINE_URL: url,
        t.JOB_ID: v.get("APPVEYOR_JOB_ID"),
        t.JOB_NAME: v.get("APPVEYOR_JOB_NAME"),
        t.JOB_URL: url,
        t.WORKSPACE: v.get("APPVEYOR_BUILD_FOLDER"),
        t.MESSAGE: f"{message}\n{extended}" if message and extended else message,
        t.AUTHOR_NAME: v.get("APPVEYOR_REPO_COMMIT_AUTHOR"),
        t.AUTHOR_EMAIL: v.get("APPVEYOR_REPO_COMMIT_AUTHOR_EMAIL"),
        t.AUTHOR_DATE: v.get("APPVEYOR_REPO_COMMIT_TIMESTAMP"),
        t.HEAD_SHA: v.get("APPVEYOR_PULL_REQUEST_HEAD_COMMIT"),
        t.PULL_REQUEST: v.get("APPVEYOR_PULL_REQUEST_NUMBER"),
    }
    head_branch = v.get("APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH")
    if head_branch:
        found[t.BASE_BRANCH] = v.get("APPVEYOR_REPO_BRANCH")
    # Of the other forges only the kind is known, not the host.
    host = _HOSTS.get((v.get("APPVEYOR_REPO_PROVIDER") or "").lower())
    if host:
        found[t.REPOSITORY_URL] = joined(f"https://{host}/", v.get("APPVEYOR_REPO_NAME"), ".git")
    if host or (v.get("APPVEYOR_REPO_SCM") or "").lower() == "git":
        found[t.SHA] = v.get("APPVEYOR_REPO_COMMIT")
        found[t.BRANCH] = head_branch or v.get("APPVEYOR_REPO_BRANCH")
        found[t.TAG] = v.get("APPVEYOR_REPO_TAG_NAME")
    return found


def _build_page(v: Variables) -> str | None:
    project = joined(v.get("APPVEYOR_ACCOUNT_NAME"), "/", v.get("APPVEYOR_PROJECT_SLUG"))
    server = (v.get("APPVEYOR_URL") or "https://ci.appveyor.com").rstrip("/")
    name = project or v.get("APPVEYOR_REPO_NAME")
    return joined(server, "/project/", name, "/builds/", v.get("APPVEYOR_BUILD_ID"))


def _trigger(v: Variables) -> str | None:
    if v.on("APPVEYOR_SCHEDULED_BUILD"):
        return SCHEDULE
    if v.on("APPVEYOR_FORCED_BUILD") or v.on("APPVEYOR_RE_BUILD"):
        return MANUAL
    if v.get("APPVEYOR_PULL_REQUEST_NUMBER"):
        return PULL_REQUEST
    if v.on("APPVEYOR_REPO_TAG"):
        return TAG
    # Nothing else than those, which are all told, starts a build but a push.
    return PUSH if v.get("APPVEYOR_REPO_COMMIT") else None


def _run(v: Variables) -> Run:
    again = v.on("APPVEYOR_RE_RUN_INCOMPLETE")
    return Run(trigger=_trigger(v), partial_retry=True if again else None)


PROVIDER = Provider(
    name="appveyor",
    marked=on("APPVEYOR"),
    usual=("APPVEYOR_BUILD_ID", "APPVEYOR_REPO_NAME", "APPVEYOR_BUILD_NUMBER"),
    tags=_tags,
    run=_run,
)
