"""Names of branches and tags as people say them, and paths with a tilde."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIXES = ("refs/", "remotes/", "heads/", "origin/", "tags/")


def short_ref(ref: str) -> str:
    """The name without `refs/`, `remotes/`, `heads/`, `origin/` and `tags/`, each once at most."""
    for prefix in _PREFIXES:
        ref = ref.removeprefix(prefix)
    return ref


def names_a_tag(ref: str) -> bool:
    """Whether the name says by itself that it is a tag; `feature/tags/x` is a branch."""
    for prefix in _PREFIXES[:-1]:
        ref = ref.removeprefix(prefix)
    return ref.startswith("tags/")


def branch_and_tag(branch: str | None, tag: str | None) -> tuple[str | None, str | None]:
    """Both names shortened, with no tag left among the branches.

    Several providers give the tag's name as the branch when a tag is built.
    """
    if branch and names_a_tag(branch):
        branch, tag = None, tag or branch
    short_branch = short_ref(branch) if branch else None
    short_tag = short_ref(tag) if tag else None
    if short_branch == short_tag:
        short_branch = None
    return short_branch or None, short_tag or None


def expand_home(path: str, environ: Mapping[str, str]) -> str:
    """The path with a leading `~` replaced by the home; `~user` stays as it is.

    The home is the environment's; without one, the account's.
    """
    if path != "~" and not path.startswith(("~/", "~\\")):
        return path
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return (home or os.path.expanduser("~")) + path[1:]  # noqa: PTH111 - Path.home() may raise


def contract_home(path: str, environ: Mapping[str, str]) -> str:
    """The path with the environment's home replaced by `~`, so that no user is named."""
    for variable in ("HOME", "USERPROFILE"):
        home = environ.get(variable, "").rstrip("/\\")
        if not home:
            continue
        if path == home:
            return "~"
        if path.startswith((home + "/", home + "\\")):
            return "~" + path[len(home) :].replace("\\", "/")
        if path.startswith(home.replace("\\", "/") + "/"):
            return "~" + path[len(home) :]
    return path
