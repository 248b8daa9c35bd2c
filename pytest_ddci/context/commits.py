"""The git block of the events: one commit, and only what is known to belong to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.context.git import Checkout, Commit

_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_FIELD_OF_TAG = {
    t.AUTHOR_NAME: "author_name",
    t.AUTHOR_EMAIL: "author_email",
    t.AUTHOR_DATE: "author_time",
    t.COMMITTER_NAME: "committer_name",
    t.COMMITTER_EMAIL: "committer_email",
    t.COMMITTER_DATE: "commit_time",
    t.MESSAGE: "message",
}
USER = "DD_"
"""What the names of the user's own variables begin with, among the sources of tags."""

_TIMES = frozenset({"author_time", "commit_time"})


@dataclass(frozen=True, slots=True)
class GitInfo:
    """The git block as the API takes it: the first three always, `branch` or `tag` but not both.

    `sha` has 40 digits: the API takes no other (schema of `git.sha`), so a repository with
    SHA-256 has no git block. Times are RFC 3339 with offset.
    """

    repository_url: str
    sha: str
    author_email: str
    author_name: str | None = None
    author_time: str | None = None
    committer_email: str | None = None
    committer_name: str | None = None
    commit_time: str | None = None
    branch: str | None = None
    tag: str | None = None
    default_branch: str | None = None
    message: str | None = None


def commit_tags(commit: Commit) -> dict[str, str]:
    """What is known about a commit, as tags."""
    return {tag: text for tag, name in _FIELD_OF_TAG.items() if (text := getattr(commit, name))}


def git_info(
    tags: Mapping[str, str],
    sources: Mapping[str, str],
    checkout: Checkout,
) -> tuple[GitInfo | None, str | None]:
    """The git block, and one line about what is missing when there is none.

    The head of a pull request is preferred to the merge commit that CI made of it. What is said
    about a commit comes from the user, from git's own record of that very commit, or from the
    provider if the commit is the one it names.

    Args:
        tags: everything found, normalised.
        sources: where each tag came from; the user's own variables begin with `DD_`.
        checkout: what git says about the working directory.
    """
    url, sha = tags.get(t.REPOSITORY_URL), tags.get(t.SHA)
    mine = {name: tags[tag] for tag, name in _FIELD_OF_TAG.items() if _is_users(tag, sources)}
    head = tags.get(t.HEAD_SHA)
    if head and _SHA1.fullmatch(head) and not _is_users(t.SHA, sources):
        known = checkout.commit(head)
        # Merge commits that CI makes of a request are written in the name of its author.
        details = _details(known) if known else _author(tags)
        block = _block(tags, sources, head, {**details, **mine})
        if block:
            return block, None
    if not url or not sha:
        missing = [
            name for name, value in (("repository url", url), ("commit id", sha)) if not value
        ]
        return None, f"{' and '.join(missing)} unknown"
    if not _SHA1.fullmatch(sha):
        return None, f"commit id {sha[:64]!r} does not have the 40 hexadecimal digits the API takes"
    known = checkout.commit(sha)
    said = {name: tags[tag] for tag, name in _FIELD_OF_TAG.items() if tag in tags}
    block = _block(tags, sources, sha, {**said, **(_details(known) if known else {}), **mine})
    return block, None if block else "email of the commit's author unknown"


def _details(commit: Commit) -> dict[str, str]:
    return {name: text for name in _FIELD_OF_TAG.values() if (text := getattr(commit, name))}


def _author(tags: Mapping[str, str]) -> dict[str, str]:
    both = {"author_name": tags.get(t.AUTHOR_NAME), "author_email": tags.get(t.AUTHOR_EMAIL)}
    return {name: text for name, text in both.items() if text}


def _block(
    tags: Mapping[str, str], sources: Mapping[str, str], sha: str, details: dict[str, str]
) -> GitInfo | None:
    url = tags.get(t.REPOSITORY_URL)
    if not url or "author_email" not in details:
        return None
    for name in _TIMES:
        if not _is_time(details.get(name, "")):
            details.pop(name, None)
    branch, tag = _one_ref(tags, sources)
    return GitInfo(
        repository_url=url,
        sha=sha.lower(),
        branch=branch,
        tag=tag,
        default_branch=tags.get(t.DEFAULT_BRANCH),
        **details,
    )


def _one_ref(tags: Mapping[str, str], sources: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Branch or tag: a build of a tag may name a branch too, but the user's word comes first."""
    branch, tag = tags.get(t.BRANCH), tags.get(t.TAG)
    if branch and _is_users(t.BRANCH, sources) and not (tag and _is_users(t.TAG, sources)):
        tag = None
    return (None, tag) if tag else (branch, None)


def _is_users(tag: str, sources: Mapping[str, str]) -> bool:
    return sources.get(tag, "").startswith(USER)


def _is_time(text: str) -> bool:
    """Whether the API would take it: RFC 3339, and a date that exists."""
    if not _RFC3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text[:19].upper())
    except ValueError:
        return False
    return True
