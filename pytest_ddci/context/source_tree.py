"""Where a source file lies in its checkout."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from pytest_ddci.frozen import frozen


@frozen
class SourceTree:
    """A checkout, seen from the directory that relative paths of source files start from.

    Attributes:
        root: that directory, as the caller writes it.
        toplevel: the root of the checkout, without symbolic links.
        inside: where `root` is below `toplevel`.
    """

    root: str
    toplevel: str
    inside: str

    def below_top(self, path: str) -> str | None:
        """The path from the root of the checkout, with slashes; None for a file outside of it.

        Args:
            path: a file, absolute or from `root`.
        """
        if Path(path).is_absolute():
            below = _below(path, self.root)
            inside = _below(path, self.toplevel) if below is None else f"{self.inside}/{below}"
        else:
            inside = f"{self.inside}/{path.replace(os.sep, '/')}"
        inside = posixpath.normpath(inside).lstrip("/") if inside else ".."
        return None if inside in {".", ".."} or inside.startswith("../") else inside


def source_tree(root: str, toplevel: str) -> SourceTree | None:
    """The checkout with that root; None if the directory is not inside of it.

    Args:
        root: the directory that relative paths start from.
        toplevel: the root of the checkout.
    """
    real_root, real_top = os.path.realpath(root), os.path.realpath(toplevel)
    inside = "" if real_root == real_top else _below(real_root, real_top)
    return None if inside is None else SourceTree(os.path.normpath(root), real_top, inside)


def _below(path: str, directory: str) -> str | None:
    """Where a path is below a directory, with slashes; None if it is not."""
    prefix = directory if directory.endswith(os.sep) else directory + os.sep
    if not path.startswith(prefix):
        return None
    return path[len(prefix) :].replace(os.sep, "/")
