"""What a full git block lacks: which field, why, and which variable would supply it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.commits import FIELD_OF_TAG, REQUIRED, TIMES, GitInfo, is_sha1, is_time
from pytest_ddci.context.overrides import VARIABLES
from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from pytest_ddci.context.git import Checkout
    from pytest_ddci.context.run_context import RunContext

_SHA256 = 64
_REF = "branch or tag"
_TAG_OF_FIELD = {
    "repository_url": t.REPOSITORY_URL,
    "sha": t.SHA,
    "default_branch": t.DEFAULT_BRANCH,
    **{field: tag for tag, field in FIELD_OF_TAG.items()},
}
_VARIABLE_OF_TAG = {tag: variable for variable, tag in VARIABLES.items()}


@frozen
class Gap:
    """A field that is missing.

    Attributes:
        field: its name; `branch or tag` for the two of which a block has one.
        required: whether the API takes no block without it.
        why: one line.
        supply: the variable that would supply it; None where nothing can.
    """

    field: str
    required: bool
    why: str
    supply: str | None


def gaps(context: RunContext) -> tuple[Gap, ...]:
    """The fields that a full git block lacks, those that the API requires first."""
    missing = [
        _gap(each.name, context)
        for each in fields(GitInfo)
        if each.name not in {"branch", "tag"} and not _is_known(each.name, context)
    ]
    if not {"branch", "tag"} & context.git_known.keys():
        supply = "DD_GIT_BRANCH or DD_GIT_TAG"
        missing.append(Gap(_REF, required=False, why=_why_no_ref(context), supply=supply))
    return tuple(missing)


def _is_known(field: str, context: RunContext) -> bool:
    said = context.git_known.get(field)
    return said is not None and (field != "sha" or is_sha1(said.text))


def _gap(field: str, context: RunContext) -> Gap:
    tag = _TAG_OF_FIELD[field]
    supply: str | None = _VARIABLE_OF_TAG[tag]
    if field == "sha":
        why = _why_no_sha(context)
        if len(context.tags.get(t.SHA, "")) == _SHA256:
            supply = None
    elif field == "repository_url":
        why = _no_git(context.checkout) or "the repository has no remote"
    elif field == "default_branch":
        unknown = "the clone does not know it (git remote set-head origin --auto)"
        why = _no_git(context.checkout) or unknown
    elif field in TIMES and tag in context.tags and not is_time(context.tags[tag]):
        why = f"{context.tags[tag]!r} is no time such as 2026-01-31T16:47:55+01:00"
    else:
        why = _why_no_detail(context)
    return Gap(field, field in REQUIRED, why, supply)


def _why_no_sha(context: RunContext) -> str:
    said = context.git_known.get("sha")
    if said is None:
        return _no_git(context.checkout) or "the repository has no commit yet"
    if len(said.text) == _SHA256:
        return "the repository uses SHA-256: the API takes commit ids of 40 digits only"
    return f"{said.text!r} does not have the 40 hexadecimal digits the API takes"


def _why_no_detail(context: RunContext) -> str:
    """Why nothing is known of something that git records with every commit."""
    sha = context.git_known.get("sha")
    nothing = _no_commit(context.checkout)
    if sha is None or nothing:
        return nothing or "the commit is unknown"
    if context.checkout.commit(sha.text):
        return "the commit itself does not say"
    return _elsewhere(context.checkout)


def _why_no_ref(context: RunContext) -> str:
    checkout, sha = context.checkout, context.tags.get(t.SHA, "").lower()
    nothing = _no_commit(checkout)
    if nothing:
        return nothing
    if checkout.head and checkout.head.sha != sha:
        return _elsewhere(checkout)
    return "HEAD is detached, and not at exactly one tag"


def _elsewhere(checkout: Checkout) -> str:
    there = checkout.head.sha[:12] if checkout.head else "none"
    return f"the checkout here is at another commit ({there})"


def _no_commit(checkout: Checkout) -> str | None:
    return _no_git(checkout) or (None if checkout.head else "the repository has no commit yet")


def _no_git(checkout: Checkout) -> str | None:
    """Why git says nothing; None if it does say something."""
    if checkout.problem:
        return checkout.problem
    return None if checkout.toplevel else "git finds no working tree here"
