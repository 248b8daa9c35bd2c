"""The git block of the events: one commit, and only what is known to belong to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pytest_ddci.context import tags as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_ddci.context.git import Checkout, Commit

_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
FIELD_OF_TAG = {
    t.AUTHOR_NAME: "author_name",
    t.AUTHOR_EMAIL: "author_email",
    t.AUTHOR_DATE: "author_time",
    t.COMMITTER_NAME: "committer_name",
    t.COMMITTER_EMAIL: "committer_email",
    t.COMMITTER_DATE: "commit_time",
    t.MESSAGE: "message",
}
"""The field of the git block that each tag about a commit fills."""
USER = "DD_"
"""What the names of the user's own variables begin with, among the sources of tags."""

REQUIRED = frozenset({"repository_url", "sha", "author_email"})
"""The fields without which the API takes no git block (schema `CIAppGitInfo`)."""

TIMES = frozenset({"author_time", "commit_time"})
"""The fields that are times."""


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
    return {tag: text for tag, name in FIELD_OF_TAG.items() if (text := getattr(commit, name))}


class Said(NamedTuple):
    """A value of the git block, and the tag it was taken from; None for git's own record."""

    text: str
    tag: str | None


class GitBlock(NamedTuple):
    """The git block; when there is none, one line about what is missing; and what is known."""

    info: GitInfo | None
    missing: str | None
    known: Mapping[str, Said]


def git_info(
    tags: Mapping[str, str],
    sources: Mapping[str, str],
    checkout: Checkout,
) -> GitBlock:
    """The git block.

    The head of a pull request is preferred to the merge commit that CI made of it. What is said
    about a commit comes from the user, from git's own record of that very commit, or from the
    provider if the commit is the one it names.

    Args:
        tags: everything found, normalised.
        sources: where each tag came from; the user's own variables begin with `DD_`.
        checkout: what git says about the working directory.
    """
    mine = _in_time(_said(tags, [tag for tag in FIELD_OF_TAG if _is_users(tag, sources)]))
    place = _place(tags, sources)
    head = tags.get(t.HEAD_SHA)
    if head and _SHA1.fullmatch(head) and not _is_users(t.SHA, sources):
        commit = checkout.commit(head)
        # Merge commits that CI makes of a request are written in the name of its author.
        details = _details(commit) if commit else _said(tags, (t.AUTHOR_NAME, t.AUTHOR_EMAIL))
        known = {"sha": Said(head.lower(), t.HEAD_SHA), **place, **_in_time({**details, **mine})}
        if known.keys() >= REQUIRED:
            return GitBlock(_info(known), None, known)
    sha = tags.get(t.SHA)
    commit = checkout.commit(sha)
    details = {**_said(tags, FIELD_OF_TAG), **(_details(commit) if commit else {}), **mine}
    known = {**place, **_in_time(details)}
    if sha:
        known["sha"] = Said(sha.lower() if is_sha1(sha) else sha, t.SHA)
    missing = _missing(known)
    return GitBlock(None if missing else _info(known), missing, known)


def _missing(known: Mapping[str, Said]) -> str | None:
    """Why the API would not take what is known; None if it would."""
    named = {"repository_url": "repository url", "sha": "commit id"}
    missing = [words for name, words in named.items() if name not in known]
    if missing:
        return f"{' and '.join(missing)} unknown"
    sha = known["sha"].text
    if not is_sha1(sha):
        return f"commit id {sha[:64]!r} does not have the 40 hexadecimal digits the API takes"
    return None if "author_email" in known else "email of the commit's author unknown"


def is_sha1(sha: str) -> bool:
    """Whether the API takes it as the id of a commit."""
    return _SHA1.fullmatch(sha) is not None


def _info(known: Mapping[str, Said]) -> GitInfo:
    return GitInfo(**{name: said.text for name, said in known.items()})


def _said(tags: Mapping[str, str], names: Iterable[str]) -> dict[str, Said]:
    return {FIELD_OF_TAG[tag]: Said(tags[tag], tag) for tag in names if tag in tags}


def _details(commit: Commit) -> dict[str, Said]:
    return {FIELD_OF_TAG[tag]: Said(text, None) for tag, text in commit_tags(commit).items()}


def _in_time(details: Mapping[str, Said]) -> dict[str, Said]:
    """The details without times that the API would refuse."""
    return {name: said for name, said in details.items() if name not in TIMES or is_time(said.text)}


def _place(tags: Mapping[str, str], sources: Mapping[str, str]) -> dict[str, Said]:
    """What is known without the commit: the repository, and where in it.

    Branch or tag, not both: a build of a tag may name a branch too, but the user's word comes
    first.
    """
    branch, tag = tags.get(t.BRANCH), tags.get(t.TAG)
    if branch and _is_users(t.BRANCH, sources) and not (tag and _is_users(t.TAG, sources)):
        tag = None
    found = {
        "repository_url": (tags.get(t.REPOSITORY_URL), t.REPOSITORY_URL),
        "branch": (None if tag else branch, t.BRANCH),
        "tag": (tag, t.TAG),
        "default_branch": (tags.get(t.DEFAULT_BRANCH), t.DEFAULT_BRANCH),
    }
    return {name: Said(text, tag) for name, (text, tag) in found.items() if text}


def _is_users(tag: str, sources: Mapping[str, str]) -> bool:
    return sources.get(tag, "").startswith(USER)


def is_time(text: str) -> bool:
    """Whether the API would take it: RFC 3339, and a date that exists."""
    if not _RFC3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text[:19].upper())
    except ValueError:
        return False
    return True
