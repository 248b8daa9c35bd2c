"""A terminal of a given width, on which the command line tool is run as a person runs it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.project import Project

_LONGEST = 60


@dataclass(frozen=True)
class Seen:
    """What was on the terminal, line by line, and beside it."""

    status: int
    lines: list[str]
    stderr: str


def on_a_terminal(
    project: Project, *args: str, columns: int = 100, env: Mapping[str, str] | None = None
) -> Seen:
    """Run `ddci` with its standard output on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "pytest_ddci.cli", *args],
        cwd=project.directory,
        env={"LANG": "C.UTF-8", **project.environ(env=env), "TERM": "xterm", "TZ": "UTC"},
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    text = _all_of(ours)
    _, stderr = process.communicate(timeout=_LONGEST)
    lines = text.decode("utf-8").replace("\r\n", "\n").splitlines()
    return Seen(process.returncode, lines, stderr.decode("utf-8"))


def _all_of(fd: int) -> bytes:
    """Everything until nobody holds the other end, which Linux tells by EIO."""
    pieces = []
    while True:
        try:
            piece = os.read(fd, 65_536)
        except OSError:
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(fd)
    return b"".join(pieces)
