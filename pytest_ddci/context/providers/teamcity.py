"""TeamCity: https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html .

In Datadog a TeamCity pipeline is a build chain, about which a build's environment says nothing.
Most parameters of a build are no variables: they are in two files of Java properties, the first
of which names the second.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import PULL_REQUEST, Provider, Run, linked, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import ReadText, Tags
    from pytest_ddci.context.variables import Variables

_FULL_SHA = 40
_CONFIGURATION = "teamcity.configuration.properties.file"
_DEFAULT_BRANCH = "<default>"
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def _tags(v: Variables) -> Tags:
    revision = v.get("BUILD_VCS_NUMBER") or ""
    return {
        # Set by Datadog's plugin for TeamCity.
        t.JOB_ID: v.get("DATADOG_BUILD_ID"),
        t.JOB_NAME: v.get("TEAMCITY_BUILDCONF_NAME"),
        t.JOB_URL: v.get("BUILD_URL"),
        # The revision of another version control system is no commit.
        t.SHA: revision if len(revision) == _FULL_SHA else None,
        t.PULL_REQUEST: v.get("TEAMCITY_PULLREQUEST_NUMBER"),
        t.BASE_BRANCH: v.get("TEAMCITY_PULLREQUEST_TARGET_BRANCH"),
        t.LINK_VARIABLES: linked(v, "DATADOG_BUILD_ID"),
    }


def _payload(v: Variables, read_text: ReadText) -> Tags:
    build = _properties(v.get("TEAMCITY_BUILD_PROPERTIES_FILE"), read_text)
    more = _properties(build.get(_CONFIGURATION), read_text)
    branch = more.get("teamcity.pullRequest.source.branch", more.get("teamcity.build.branch"))
    default = more.get("vcsroot.branch")
    return {
        t.JOB_ID: v.get("DATADOG_BUILD_ID") or build.get("teamcity.build.id"),
        t.NODE_NAME: build.get("agent.name"),
        t.WORKSPACE: build.get("teamcity.build.checkoutDir"),
        t.REPOSITORY_URL: more.get("vcsroot.url"),
        t.BRANCH: default if branch == _DEFAULT_BRANCH else branch,
        t.DEFAULT_BRANCH: default,
        t.PULL_REQUEST: more.get("teamcity.pullRequest.number"),
        t.BASE_BRANCH: more.get("teamcity.pullRequest.target.branch"),
    }


def _properties(path: str | None, read_text: ReadText) -> dict[str, str]:
    """A file of Java properties as Java writes it; empty if there is none."""
    lines = (read_text(path) or "").splitlines() if path else []
    pairs = [line.partition("=") for line in lines if not line.startswith("#")]
    return {_plain(name): text for name, _, value in pairs if (text := _plain(value).strip())}


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: _character(found[1]), text)


def _character(escaped: str) -> str:
    if len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    return _CONTROLS.get(escaped, escaped)


def _run(v: Variables) -> Run:
    return Run(trigger=PULL_REQUEST if v.get("TEAMCITY_PULLREQUEST_NUMBER") else None)


PROVIDER = Provider(
    name="teamcity",
    marked=on("TEAMCITY_VERSION"),
    usual=("TEAMCITY_BUILDCONF_NAME", "TEAMCITY_PROJECT_NAME"),
    tags=_tags,
    run=_run,
    payload=_payload,
)
