"""The CODEOWNERS file of a checkout: found, read, and asked for the owners of source files."""

from __future__ import annotations

import os
import warnings
from importlib.metadata import distribution
from importlib.util import module_from_spec, spec_from_file_location
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.context.source_tree import source_tree
from pytest_ddci.guard import described
from pytest_ddci.owners import Owners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_ddci.context.source_tree import SourceTree
    from pytest_ddci.owners import Patterns

    Reader = Callable[[str], Patterns]

GITLAB_PLACE = ".gitlab/CODEOWNERS"
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", GITLAB_PLACE)
"""Where the file may be, from the root of the checkout; the first is used.

GitHub looks in `.github/`, the root and `docs/`, GitLab in the root, `docs/` and `.gitlab/`.
"""

LARGEST = 3_000_000
"""Bytes of the file: GitHub loads no larger one."""

_HIGHEST = 100
_LISTED = 5


class OwnersFile:
    """What a checkout says about the owners of its files.

    Attributes:
        problem: one line, what the user should know about the file; None if there is nothing.
    """

    def __init__(
        self,
        tree: SourceTree | None = None,
        owners: Owners | None = None,
        problem: str | None = None,
    ) -> None:
        self.problem = problem
        self._tree = tree
        self._owners = owners

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a file; none of one outside the checkout.

        Args:
            path: absolute, or from the directory the file was opened for.
        """
        inside = self._tree.below_top(path) if self._tree and self._owners else None
        return self._owners.of(inside) if self._owners and inside else ()


def installed_reader() -> Reader | None:
    """The class of the library `codeowners`; None if the library is not installed.

    It is loaded from where it was installed and not kept in `sys.modules`: a module of that name
    in the user's own project is neither run nor hidden.
    """
    try:
        file = distribution("codeowners").locate_file("codeowners/__init__.py")
        spec = spec_from_file_location("codeowners", str(file))
        if spec is None or spec.loader is None:
            return None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except (ImportError, OSError):
        return None
    reader: Reader | None = getattr(module, "CodeOwners", None)
    return reader


def open_owners_file(
    rootdir: str, find_reader: Callable[[], Reader | None] = installed_reader
) -> OwnersFile:
    """Read the CODEOWNERS file of the checkout that a directory is in. Raises nothing.

    Args:
        rootdir: the directory that relative paths of source files start from.
        find_reader: gives what reads patterns; asked only where there is a file.
    """
    toplevel = _toplevel(rootdir)
    place = ""
    try:
        place = next((place for place in PLACES if Path(toplevel, place).is_file()), "")
        reader = find_reader() if place else None
        if reader is None:
            return OwnersFile()
        text = _read(Path(toplevel, place))
        with warnings.catch_warnings():
            # What Python says of an odd pattern is nothing a run without us would say.
            warnings.simplefilter("ignore")
            owners = Owners(text, reader, gitlab=place == GITLAB_PLACE)
    except UnicodeDecodeError:
        return OwnersFile(problem=f"{place} is not used: it is not UTF-8")
    except ValueError as error:
        return OwnersFile(problem=f"{place} is not used: {error}")
    except Exception as error:  # noqa: BLE001 - no file is worth the run
        return OwnersFile(problem=f"{place or 'CODEOWNERS'} is not used: {described(error)}")
    return OwnersFile(source_tree(rootdir, toplevel), owners, _complaint(place, owners.skipped))


def _toplevel(rootdir: str) -> str:
    """The closest directory with a `.git`, upwards from that one; without one, that one."""
    start = Path(os.path.realpath(rootdir))
    for directory in islice((start, *start.parents), _HIGHEST):
        if os.path.lexists(directory / ".git"):
            return str(directory)
    return str(start)


def _read(file: Path) -> str:
    """The text of a file.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not UTF-8.
        ValueError: it is larger than `LARGEST`.
    """
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST} bytes")
    return content.decode("utf-8-sig")


def _complaint(place: str, skipped: Iterable[int]) -> str | None:
    """One line about the lines that make no sense."""
    numbers = [str(number) for number in skipped]
    if not numbers:
        return None
    more = f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else ""
    return f"{place} has lines that make no sense: {', '.join(numbers[:_LISTED])}{more}"
