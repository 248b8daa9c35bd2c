"""What only the file of a GitHub event says: the head of a pull request, the default branch.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t

if TYPE_CHECKING:
    from pytest_ddci.context.provider import ReadText, Tags
    from pytest_ddci.context.variables import Variables


def event_tags(v: Variables, read_text: ReadText) -> Tags:
    """The tags that the event of a run gives; none without its file."""
    path = v.get("GITHUB_EVENT_PATH")
    text = read_text(path) if path else None
    if not text:
        return {}
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    number = _at(event, "pull_request", "number")
    found: Tags = {
        t.DEFAULT_BRANCH: _text(event, "repository", "default_branch"),
        t.HEAD_SHA: _text(event, "pull_request", "head", "sha"),
        t.BASE_BRANCH_HEAD_SHA: _text(event, "pull_request", "base", "sha"),
        t.PULL_REQUEST: str(number) if type(number) is int else None,
    }
    commit = _at(event, "head_commit")
    if _text(commit, "id") == v.get("GITHUB_SHA"):
        found |= _commit(commit)
    return found


def _commit(commit: object) -> Tags:
    """The commit that was pushed; whose time its one time is, is not documented."""
    return {
        t.MESSAGE: _text(commit, "message"),
        t.AUTHOR_NAME: _text(commit, "author", "name"),
        t.AUTHOR_EMAIL: _text(commit, "author", "email"),
        t.COMMITTER_NAME: _text(commit, "committer", "name"),
        t.COMMITTER_EMAIL: _text(commit, "committer", "email"),
    }


def _at(node: object, *keys: str) -> object:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _text(node: object, *keys: str) -> str | None:
    value = _at(node, *keys)
    return value if isinstance(value, str) and value else None
