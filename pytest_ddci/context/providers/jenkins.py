"""Jenkins: https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables .

The variables of the checkout come from the Git plugin, those of branches and changes from the
branch API plugin (multibranch projects), those of retries from the Naginator plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

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
from pytest_ddci.context.refs import short_ref

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_NO_BRANCH = frozenset({"detached", "HEAD"})
_CAUSES = {
    "MANUALTRIGGER": MANUAL,
    "TIMERTRIGGER": SCHEDULE,
    "SCMTRIGGER": PUSH,
    "UPSTREAMTRIGGER": UPSTREAM,
}
_NO_USERS = {
    "timer": SCHEDULE,
    "scmChange": PUSH,
    "branchIndexing": PUSH,
    "genericWebhook": API,
    "remoteRequest": API,
}


def _marked(v: Variables) -> bool:
    # JENKINS_URL is missing where nobody has entered the server's address.
    by_tag = (v.get("BUILD_TAG") or "").startswith("jenkins-") and v.on("BUILD_NUMBER")
    return on("JENKINS_URL", "HUDSON_URL")(v) or by_tag


def _branch(v: Variables) -> str | None:
    # In a pull request GIT_BRANCH is the made-up name of the change (`PR-12`).
    change = v.get("CHANGE_BRANCH") if v.get("CHANGE_ID") else None
    branch = change or v.get("GIT_BRANCH", "GIT_LOCAL_BRANCH", "BRANCH_NAME")
    return None if branch in _NO_BRANCH else branch


def _project_name(v: Variables) -> str | None:
    """The job's name without the parts that are the branch or a cell of a matrix (`KEY=value`)."""
    name = v.get("JOB_NAME")
    if not name:
        return None
    for variable in ("GIT_BRANCH", "BRANCH_NAME"):
        branch = short_ref(v.get(variable) or "")
        # A multibranch project quotes the branch in the name of its job.
        for ending in (branch, quote(branch, safe="")) if branch else ():
            name = f"{name}/".replace(f"/{ending}/", "/").removesuffix("/")
    return "/".join(part for part in name.split("/") if part and "=" not in part) or None


def _tags(v: Variables) -> Tags:
    return {
        t.PIPELINE_ID: v.get("BUILD_TAG"),
        t.PIPELINE_NAME: _project_name(v),
        t.PIPELINE_NUMBER: v.get("BUILD_NUMBER"),
        t.PIPELINE_URL: v.get("BUILD_URL"),
        t.STAGE_NAME: v.get("STAGE_NAME"),
        t.NODE_NAME: v.get("NODE_NAME"),
        t.NODE_LABELS: listed((v.get("NODE_LABELS") or "").split()),
        t.WORKSPACE: v.get("WORKSPACE"),
        t.REPOSITORY_URL: v.get("GIT_URL", "GIT_URL_1"),
        t.SHA: v.get("GIT_COMMIT"),
        t.BRANCH: _branch(v),
        t.TAG: v.get("TAG_NAME"),
        t.PULL_REQUEST: v.get("CHANGE_ID"),
        t.BASE_BRANCH: v.get("CHANGE_TARGET"),
        t.LINK_VARIABLES: linked(v, "DD_CUSTOM_TRACE_ID", "DD_CUSTOM_PARENT_ID"),
    }


def _run(v: Variables) -> Run:
    # BUILD_CAUSE comes from the EnvInject plugin, BUILD_USER_ID from the build user vars plugin.
    cause = (v.get("BUILD_CAUSE") or "").partition(",")[0]
    user = v.get("BUILD_USER_ID")
    trigger = _CAUSES.get(cause) or (_NO_USERS.get(user, MANUAL) if user else None)
    if trigger in {None, PUSH}:
        if v.get("CHANGE_ID"):
            trigger = PULL_REQUEST
        elif v.get("TAG_NAME"):
            trigger = TAG
    retries = v.number("NAGINATOR_COUNT")
    return Run(
        trigger=trigger,
        attempt=None if retries is None else retries + 1,
        previous=_rescheduled(v),
    )


def _rescheduled(v: Variables) -> Relation | None:
    """The build after whose failure this one was scheduled; a build's tag ends in its number."""
    failed, tag = v.number("NAGINATOR_BUILD_NUMBER"), v.get("BUILD_TAG") or ""
    job, dash, number = tag.rpartition("-")
    if failed is None or not dash or number != v.get("BUILD_NUMBER"):
        return None
    page = joined((v.get("JOB_URL") or "").rstrip("/") or None, f"/{failed}/")
    return Relation(f"{job}-{failed}", page)


PROVIDER = Provider(
    name="jenkins",
    marked=_marked,
    usual=("BUILD_TAG", "JOB_NAME", "NODE_NAME"),
    tags=_tags,
    run=_run,
)
