"""Findings: values with their names and sources, for people a line each, for machines as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Redact = Callable[[str], str]

SHOWN = 200
"""Characters of a value that a line shows."""

SHOWN_OF_WARNING = 1_000
"""Characters of a warning that a line shows."""


@frozen
class Finding:
    """One value.

    Attributes:
        name: what it is the value of.
        value: as it was found; in words where there is none.
        source: where it comes from, or what would supply it; empty where that says nothing.
    """

    name: str
    value: str
    source: str = ""


@frozen
class Section:
    """Findings about one thing.

    Attributes:
        key: its name for machines.
        title: its name for people.
    """

    key: str
    title: str
    findings: tuple[Finding, ...]


def one_line(text: str, longest: int = SHOWN) -> str:
    """The text on one line: what is not printable is escaped, what is too long is cut.

    Control characters, escape sequences, line breaks of every kind, characters that change the
    direction of writing and undecodable bytes cannot do anything to a terminal. Two blanks in a
    row stand between the parts of a line only, so no value can pass for a name or a source.
    """
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text[: longest + 1]
    ).replace("  ", r" \x20")
    if len(text) <= longest and len(shown) <= 2 * longest:
        return shown
    return f"{shown[:longest]}... ({len(text)} characters)"


def as_text(sections: Sequence[Section], redact: Redact) -> Iterator[str]:
    """The sections for people, without empty ones: titles, and a line for each finding."""
    for section in sections:
        if not section.findings:
            continue
        yield ""
        yield section.title
        # Redacted whole, and only then cut: no cut leaves half a secret.
        rows = [
            [one_line(redact(text)) for text in (each.name, each.value, each.source)]
            for each in section.findings
        ]
        width = max(len(name) for name, _, _ in rows)
        for name, value, source in rows:
            yield f"  {name:<{width}}  {value}" + (f"  ({source})" if source else "")


def as_json(sections: Sequence[Section], redact: Redact) -> dict[str, list[dict[str, str]]]:
    """The sections for machines, by their keys; values are whole."""
    return {
        section.key: [
            {name: redact(text) for name, text in asdict(finding).items()}
            for finding in section.findings
        ]
        for section in sections
    }
