"""Paths that name nobody: the home directory becomes `~`, and so does the user's name."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pytest_ddci.context.refs import contract_home

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOMES = ("HOME", "USERPROFILE")
_NAMES = ("USER", "LOGNAME", "USERNAME")
_NOBODY = frozenset({"", "root", "home"})
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
# Where systems keep home directories, those of WSL and of MSYS included.
_SOMEBODYS_HOME = re.compile(
    r"(?:(?:/(?:var|usr|export|mnt/[a-z]|[a-z]))?/(?:home|users)|[a-z]:[/\\]users)[/\\][^/\\]+"
    r"(?=[/\\]|\Z)",
    re.IGNORECASE,
)


def anonymous(path: str, environ: Mapping[str, str]) -> str:
    """The path without the home directory and the name of any user.

    The home is the environment's, as it is written or with its symbolic links resolved; without
    one, the account's. Any other directory where systems keep homes is taken for one too. What
    is left of the user's name, as a word of its own, becomes `~`.

    Args:
        path: absolute or not.
        environ: says home and name.
    """
    homes = _homes(environ)
    names = {environ.get(name, "").strip() for name in _NAMES}
    names |= {re.split(r"[/\\]", home.rstrip("/\\"))[-1] for home in homes}
    path = _without_home(path, homes)
    for name in sorted(names - _NOBODY, key=len, reverse=True):
        if not any(map(str.isalnum, name)):
            continue
        path = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", "~", path)
    return path


def _homes(environ: Mapping[str, str]) -> list[str]:
    """The user's own home under all its names."""
    said = [home for name in _HOMES if _is_home(home := environ.get(name, "").strip())]
    if not said:
        account = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises without an account
        said = [account] if _is_home(account) else []
    try:
        return [*said, *map(os.path.realpath, said)]
    except (OSError, ValueError):
        return said


def _is_home(path: str) -> bool:
    """Whether it is a directory of its own, and written in full."""
    return _ABSOLUTE.match(path) is not None and bool(path.strip("/\\"))


def _without_home(path: str, homes: list[str]) -> str:
    for home in homes:
        short = contract_home(path, {"HOME": home})
        if short != path:
            return short
    somebodys = _SOMEBODYS_HOME.match(path)
    return "~" + path[somebodys.end() :].replace("\\", "/") if somebodys else path
