"""Where output goes: a person's terminal, or a pipe or file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

_GLYPHS = "│├└─█▌✓✗⊘▶…"
_DEFAULT_WIDTH = 80


@frozen(kw_only=True)
class Surface:
    """What may be written, and how.

    Attributes:
        width: columns of a line; None where lines may have any length.
        colours: whether escape sequences colour a text there.
        unicode: whether it takes more than ASCII.
        terminal: whether a person reads it at once.
        zone: in which times are told; the machine's own when None.
    """

    width: int | None = None
    colours: bool = False
    unicode: bool = True
    terminal: bool = False
    zone: tzinfo | None = None


def surface_of(stream: TextIO | None, environ: Mapping[str, str]) -> Surface:
    """What a stream is, and what the environment says about it: `COLUMNS`, `NO_COLOR`, `TERM`.

    Sources: https://no-color.org/ (any text that is not empty), POSIX for the other two.
    """
    if stream is None:
        return Surface(unicode=False)
    terminal = stream.isatty()
    return Surface(
        width=_width(stream, environ.get("COLUMNS", ""), terminal=terminal),
        colours=terminal and _takes_colours(environ),
        unicode=_takes(stream.encoding or "utf-8"),
        terminal=terminal,
    )


def _width(stream: TextIO, said: str, *, terminal: bool) -> int | None:
    if said.isascii() and said.isdigit() and int(said) > 0:
        return int(said)
    if not terminal:
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        return _DEFAULT_WIDTH


def _takes_colours(environ: Mapping[str, str]) -> bool:
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    # The old console of Windows shows the sequences; what came after it names itself.
    return sys.platform != "win32" or bool(environ.get("WT_SESSION") or environ.get("TERM"))


def _takes(encoding: str) -> bool:
    try:
        _GLYPHS.encode(encoding)
    except (LookupError, UnicodeError):
        return False
    return True
