"""TeamCity: https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html .

In Datadog a TeamCity pipeline is a build chain, about which a build's environment says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import PULL_REQUEST, Provider, Run, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_FULL_SHA = 40


def _tags(v: Variables) -> Tags:
    revision = v.get("BUILD_VCS_NUMBER") or ""
    return {
        t.JOB_NAME: v.get("TEAMCITY_BUILDCONF_NAME"),
        t.JOB_URL: v.get("BUILD_URL"),
        # The revision of another version control system is no commit.
        t.SHA: revision if len(revision) == _FULL_SHA else None,
        t.PULL_REQUEST: v.get("TEAMCITY_PULLREQUEST_NUMBER"),
        t.BASE_BRANCH: v.get("TEAMCITY_PULLREQUEST_TARGET_BRANCH"),
    }


def _run(v: Variables) -> Run:
    return Run(trigger=PULL_REQUEST if v.get("TEAMCITY_PULLREQUEST_NUMBER") else None)


PROVIDER = Provider(
    name="teamcity",
    marked=on("TEAMCITY_VERSION"),
    usual=("TEAMCITY_BUILDCONF_NAME", "TEAMCITY_PROJECT_NAME"),
    tags=_tags,
    run=_run,
)
