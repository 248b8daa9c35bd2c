"""AWS CodeBuild, alone or as an action of CodePipeline.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html . The execution
ids of CodePipeline are no variables of its own: Datadog asks its users to pass them on as
`DD_PIPELINE_EXECUTION_ID` and `DD_ACTION_EXECUTION_ID`.
"""

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
    linked,
    on,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables

_PIPELINE = "codepipeline/"
_FULL_SHA = frozenset({40, 64})
_JENKINS = "CodeBuild-Jenkins-Plugin"


def _from_pipeline(v: Variables) -> bool:
    return (v.get("CODEBUILD_INITIATOR") or "").startswith("codepipeline")


def _build(v: Variables) -> Tags:
    """What CodeBuild says about its build and the source, with or without CodePipeline."""
    sha = v.get("CODEBUILD_RESOLVED_SOURCE_VERSION") or ""
    trigger = v.get("CODEBUILD_WEBHOOK_TRIGGER") or v.get("CODEBUILD_SOURCE_VERSION") or ""
    kind, _, ref = trigger.partition("/")
    found: Tags = {
        # The source of a pipeline may be an object in S3, whose version is no commit.
        t.SHA: sha if len(sha) in _FULL_SHA else None,
        t.JOB_URL: v.get("CODEBUILD_PUBLIC_BUILD_URL", "CODEBUILD_BUILD_URL"),
        t.WORKSPACE: v.get("CODEBUILD_SRC_DIR"),
        t.REPOSITORY_URL: v.get("CODEBUILD_SOURCE_REPO_URL"),
        t.BRANCH: v.get("CODEBUILD_WEBHOOK_HEAD_REF") or (ref if kind == "branch" else None),
        t.TAG: ref if kind == "tag" else None,
    }
    if kind == "pr" and ref.isdigit():
        found[t.PULL_REQUEST] = ref
        found[t.BASE_BRANCH] = v.get("CODEBUILD_WEBHOOK_BASE_REF")
        found[t.HEAD_SHA] = found[t.SHA]
    return found


def _pipeline_tags(v: Variables) -> Tags:
    initiator = v.get("CODEBUILD_INITIATOR") or ""
    return {
        **_build(v),
        t.PIPELINE_ID: v.get("DD_PIPELINE_EXECUTION_ID"),
        t.PIPELINE_NAME: initiator.removeprefix(_PIPELINE) if _PIPELINE in initiator else None,
        t.JOB_ID: v.get("DD_ACTION_EXECUTION_ID"),
        t.LINK_VARIABLES: linked(
            v, "CODEBUILD_BUILD_ARN", "DD_PIPELINE_EXECUTION_ID", "DD_ACTION_EXECUTION_ID"
        ),
    }


def _build_tags(v: Variables) -> Tags:
    build_id = v.get("CODEBUILD_BUILD_ID")
    project = (build_id or "").partition(":")[0]
    build = _build(v)
    return {
        **build,
        t.PIPELINE_ID: build_id,
        t.PIPELINE_NAME: project or None,
        t.PIPELINE_NUMBER: v.get("CODEBUILD_BUILD_NUMBER"),
        t.PIPELINE_URL: build[t.JOB_URL],
    }


def _pipeline_run(_: Variables) -> Run:
    return Run(trigger=UPSTREAM)


def _build_run(v: Variables) -> Run:
    event = v.get("CODEBUILD_WEBHOOK_EVENT") or ""
    if event.startswith("PULL_REQUEST"):
        return Run(trigger=PULL_REQUEST)
    if event == "PUSH":
        return Run(trigger=PUSH)
    initiator = v.get("CODEBUILD_INITIATOR") or ""
    if initiator.startswith("rule/"):
        return Run(trigger=SCHEDULE)
    if initiator == _JENKINS:
        return Run(trigger=UPSTREAM)
    # A user is given by the bare name; a role, a webhook and a service have a slash in theirs.
    return Run(trigger=MANUAL if initiator and "/" not in initiator else None)


CODEPIPELINE = Provider(
    name="awscodepipeline",
    marked=_from_pipeline,
    usual=("CODEBUILD_BUILD_ARN", "CODEBUILD_BUILD_ID", "CODEBUILD_SRC_DIR"),
    tags=_pipeline_tags,
    run=_pipeline_run,
)

CODEBUILD = Provider(
    name="awscodebuild",
    marked=lambda v: on("CODEBUILD_BUILD_ID", "CODEBUILD_BUILD_ARN")(v) and not _from_pipeline(v),
    usual=("CODEBUILD_INITIATOR", "CODEBUILD_BUILD_NUMBER", "CODEBUILD_SRC_DIR"),
    tags=_build_tags,
    run=_build_run,
)
