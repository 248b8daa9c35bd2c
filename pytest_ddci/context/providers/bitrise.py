"""Bitrise.

https://docs.bitrise.io/en/bitrise-ci/references/available-environment-variables.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import PULL_REQUEST, TAG, Provider, Run, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables


def _tags(v: Variables) -> Tags:
    return {
        t.PIPELINE_ID: v.get("BITRISE_BUILD_SLUG"),
        t.PIPELINE_NAME: v.get("BITRISE_TRIGGERED_WORKFLOW_ID", "BITRISE_APP_TITLE"),
        t.PIPELINE_NUMBER: v.get("BITRISE_BUILD_NUMBER"),
        t.PIPELINE_URL: v.get("BITRISE_BUILD_URL"),
        t.WORKSPACE: v.get("BITRISE_SOURCE_DIR"),
        t.REPOSITORY_URL: v.get("GIT_REPOSITORY_URL"),
        t.SHA: v.get("BITRISE_GIT_COMMIT", "GIT_CLONE_COMMIT_HASH"),
        t.BRANCH: v.get("BITRISEIO_PULL_REQUEST_HEAD_BRANCH", "BITRISE_GIT_BRANCH"),
        t.TAG: v.get("BITRISE_GIT_TAG"),
        t.MESSAGE: v.get("BITRISE_GIT_MESSAGE") or _cloned_message(v),
        t.AUTHOR_NAME: v.get("GIT_CLONE_COMMIT_AUTHOR_NAME"),
        t.AUTHOR_EMAIL: v.get("GIT_CLONE_COMMIT_AUTHOR_EMAIL"),
        # Spelt both ways in the documentation of the clone step.
        t.COMMITTER_NAME: v.get(
            "GIT_CLONE_COMMIT_COMMITTER_NAME", "GIT_CLONE_COMMIT_COMMITER_NAME"
        ),
        t.COMMITTER_EMAIL: v.get(
            "GIT_CLONE_COMMIT_COMMITTER_EMAIL", "GIT_CLONE_COMMIT_COMMITER_EMAIL"
        ),
        t.PULL_REQUEST: v.get("BITRISE_PULL_REQUEST"),
        t.BASE_BRANCH: v.get("BITRISEIO_GIT_BRANCH_DEST"),
    }


def _cloned_message(v: Variables) -> str | None:
    subject = v.get("GIT_CLONE_COMMIT_MESSAGE_SUBJECT")
    body = v.get("GIT_CLONE_COMMIT_MESSAGE_BODY")
    return "\n\n".join(part for part in (subject, body) if part) or None


def _run(v: Variables) -> Run:
    if v.get("BITRISE_PULL_REQUEST"):
        return Run(trigger=PULL_REQUEST)
    return Run(trigger=TAG if v.get("BITRISE_GIT_TAG") else None)


PROVIDER = Provider(
    name="bitrise",
    marked=on("BITRISE_BUILD_SLUG"),
    usual=("BITRISE_BUILD_URL", "BITRISE_BUILD_NUMBER", "BITRISE_TRIGGERED_WORKFLOW_ID"),
    tags=_tags,
    run=_run,
)
