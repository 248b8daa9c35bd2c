"""Who owns a file. Pure: the text of a CODEOWNERS file and a path in, owners out.

The library `codeowners` matches the patterns; what it does not know of GitLab's dialect, of
comments behind an entry and of blanks in paths is done here. Sources of the rules:
https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners,
https://docs.gitlab.com/user/project/codeowners/reference/ and .../advanced/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from json import JSONEncoder
from typing import TYPE_CHECKING, Protocol

from pytest_ddci.limits import TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OWNERS_TAG = "test.codeowners"
"""The tag's key, as Datadog's tracers name it."""

# Held here, where no test that mocks `json.dumps` finds it. Blanks as Datadog's tracer for Python.
_to_json = JSONEncoder().encode

_HEADING = re.compile(r"\^?\[([^\]]+)\](?:\[[^\]]*\])?(?:\s+(.*))?")
_OWNER = re.compile(r"\S*@\S+")
# What no path contains; the library would take a blank for slashes.
_BLANK = "\ue000"
_UNREADABLE = (ValueError, IndexError, re.error)


class Patterns(Protocol):
    """Lines of patterns with their owners: `codeowners.CodeOwners`, as far as it is used."""

    def matching_line(
        self, filepath: str, /
    ) -> tuple[Sequence[tuple[str, str]], int | None, str | None, str | None]:
        """Owners and number of the last line that matches; the number is None if none does."""


@dataclass(slots=True)
class _Section:
    """Entries as lines with their numbers; in each section the last one that matches counts."""

    defaults: list[str] = field(default_factory=list)
    owned: list[tuple[int, str]] = field(default_factory=list)
    exempt: list[tuple[int, str]] = field(default_factory=list)


class Owners:
    """The entries of a CODEOWNERS file.

    In GitHub's dialect the last entry that matches a file names its owners, or none. GitLab's
    also has sections, each of which names owners of its own, with owners by default and with
    `!` before what is exempt; and an entry without a leading `/` matches at any depth. A file with
    a section is in GitLab's.

    Args:
        text: the file.
        read: reads lines of patterns with their owners; raises ValueError, IndexError or
            `re.error` for those that make no sense.
        gitlab: the file is known to be in GitLab's dialect.

    Attributes:
        skipped: the numbers of the lines that make no sense, which own nothing; the first is 1.
    """

    def __init__(self, text: str, read: Callable[[str], Patterns], *, gitlab: bool = False) -> None:
        self.skipped: list[int] = []
        self._read = read
        sections = self._parse(text)
        gitlab = gitlab or len(sections) > 1
        self._sections = [
            (
                self._patterns(section.owned, gitlab=gitlab),
                self._patterns(section.exempt, gitlab=gitlab),
            )
            for section in sections.values()
        ]
        self.skipped.sort()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a file, each once, in the order of the file.

        Args:
            path: the file, from the root of the repository, with slashes.
        """
        return tuple(dict.fromkeys(self._all(path.replace(" ", _BLANK))))

    def _all(self, path: str) -> Iterator[str]:
        for owned, exempt in self._sections:
            if exempt.matching_line(path)[1] is None:
                yield from (owner for _, owner in owned.matching_line(path)[0])

    def _parse(self, text: str) -> dict[str, _Section]:
        """The sections by name; entries before the first heading are in one without a name."""
        section = _Section()
        sections = {"": section}
        for number, line in enumerate(re.split(r"\r\n?|\n", text), 1):
            words = _words(line)
            if not words:
                continue
            heading = _HEADING.fullmatch(" ".join(words))
            if heading:
                section = sections.setdefault(heading[1].lower(), _Section())
                section.defaults = _owners((heading[2] or "").split()) or section.defaults
                continue
            pattern, *said = words
            owners = _owners(said)
            if pattern == "!" or (said and not owners and pattern[0] != "!"):
                self.skipped.append(number)
            elif pattern[0] == "!":
                section.exempt.append((number, pattern[1:]))
            else:
                section.owned.append((number, " ".join([pattern, *(owners or section.defaults)])))
        return sections

    def _patterns(self, lines: list[tuple[int, str]], *, gitlab: bool) -> Patterns:
        if gitlab:
            lines = [(at, line if line.startswith("/") else f"**/{line}") for at, line in lines]
        try:
            return self._read("\n".join(line for _, line in lines))
        except _UNREADABLE:
            return self._read("\n".join(line for each in lines for line in self._sound(*each)))

    def _sound(self, number: int, line: str) -> Iterator[str]:
        """The line, if it makes sense by itself."""
        try:
            self._read(line)
        except _UNREADABLE:
            self.skipped.append(number)
        else:
            yield line


def owners_tag(owners: Sequence[str]) -> str:
    """The tag's value: a JSON list, without the last owners where it would be too long.

    Returns:
        An empty text when nobody is left.
    """
    length, kept = len("[]"), 0
    for owner in owners:
        length += len(_to_json(owner)) + len(", ") * (kept > 0)
        if length > TAG:
            break
        kept += 1
    return _to_json(list(owners[:kept])) if kept else ""


def _words(line: str) -> list[str]:
    """The words of a line up to a comment; an escaped blank ends no word."""
    words = line.replace("\\ ", _BLANK).split()
    comment = next((at for at, word in enumerate(words) if word.startswith("#")), None)
    return words[:comment]


def _owners(words: Sequence[str]) -> list[str]:
    """The words that name somebody; GitLab ignores the others."""
    return [word for word in words if _OWNER.fullmatch(word)]
