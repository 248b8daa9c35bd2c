"""What the read side must show of a sent event, field by field, written down independently."""

from __future__ import annotations

from typing import Any

from pytest_ddci.timestamps import parse_rfc3339

DERIVED = frozenset(
    {
        "_top_level",
        *(f"git.repository.{name}" for name in ("id", "name", "host", "path", "scheme")),
        *(f"git.commit.{who}.date_timestamp" for who in ("author", "committer")),
    }
)
"""What it adds of its own."""

_NAMES = {
    "status": "ci.status",
    "pipeline_id": "ci.pipeline.number",
    "pipeline_unique_id": "ci.pipeline.id",
    "pipeline_name": "ci.pipeline.name",
    "stage_id": "ci.stage.id",
    "stage_name": "ci.stage.name",
    "job_id": "ci.job.id",
    "job_name": "ci.job.name",
    "is_manual": "ci.is_manual",
    "dependencies": "ci.dependencies",
}
_GIT = {
    "repository_url": "git.repository_url",
    "branch": "git.branch",
    "tag": "git.tag",
    "default_branch": "git.default_branch",
    "sha": "git.commit.sha",
    "message": "git.commit.message",
    "author_name": "git.commit.author.name",
    "author_email": "git.commit.author.email",
    "author_time": "git.commit.author.date",
    "committer_name": "git.commit.committer.name",
    "committer_email": "git.commit.committer.email",
    "commit_time": "git.commit.committer.date",
}
_NODE = {
    "hostname": "ci.node.hostname",
    "name": "ci.node.name",
    "labels": "ci.node.labels",
    "workspace": "ci.workspace_path",
}
_GROUPS = {
    "git": _GIT,
    "node": _NODE,
    "error": {name: f"error.{name}" for name in ("message", "type", "stack", "domain")},
    "parent_pipeline": {name: f"ci.pipeline.parent.{name}" for name in ("id", "url")},
    "previous_attempt": {name: f"ci.pipeline.previous_attempt.{name}" for name in ("id", "url")},
}


def key(sent: dict[str, Any]) -> tuple[str, str]:
    """Level and id of a sent event."""
    resource = sent["attributes"]["resource"]
    return resource["level"], resource.get("unique_id") or resource["id"]


def leaves(tree: dict[str, Any], path: str = "") -> dict[str, Any]:
    """The values of a nested object by their paths."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= leaves(value, f"{path}{name}.")
        else:
            found[f"{path}{name}"] = value
    return found


def expected(sent: dict[str, Any]) -> dict[str, Any]:
    """The values that an event must be shown with, by their paths, `DERIVED` apart.

    Of a tag with several values, and of tags called as other fields, no test here has any.
    """
    resource = sent["attributes"]["resource"]
    return _told(resource) | _grouped(resource) | _of_the_event(sent["attributes"], resource)


def _of_the_event(attributes: dict[str, Any], resource: dict[str, Any]) -> dict[str, Any]:
    level, start = resource["level"], parse_rfc3339(resource["start"])
    own = {"unique_id" if level == "pipeline" else "id": "id", "name": "name", "url": "url"}
    names = _NAMES | {name: f"ci.{level}.{path}" for name, path in own.items()}
    shown = {path: resource[name] for name, path in names.items() if name in resource}
    shown |= {"start": start, "ci.provider.name": attributes["provider_name"]}
    shown |= {name: attributes[name] for name in ("env", "service") if name in attributes}
    if "service" in attributes:
        shown["ci.provider.instance"] = attributes["service"]
    if "end" in resource:
        shown["duration"] = parse_rfc3339(resource["end"]) - start
    if "queue_time" in resource:
        shown["ci.queue_time"] = resource["queue_time"] * 1_000_000
    return shown


def _grouped(resource: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for group, paths in _GROUPS.items():
        values = resource.get(group, {})
        shown |= {paths[name]: value for name, value in values.items() if value != []}
    if "parent_pipeline" in resource:
        shown["ci.pipeline.downstream"] = True
    if resource.get("partial_retry"):
        shown["ci.partial_pipeline"] = "retry"
    if parameters := resource.get("parameters"):
        shown["ci.parameters"] = [f"{name}:{value}" for name, value in parameters.items()]
    return shown


def _told(resource: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, told in (("tags", str), ("metrics", float)):
        for text in resource.get(name, ()):
            path, _, value = text.partition(":")
            shown[path] = told(value)
    return shown
