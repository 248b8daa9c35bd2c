"""`ddci send`: deliver the journals that are kept."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pytest_ddci.clock import Deadline
from pytest_ddci.commands.call import DONE, INCOMPLETE, SENDING, add_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_ddci.commands.call import Call

HELP = "deliver the journals that are kept"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="FILE|DIR",
        help="journals, or directories of them (default: the project's own)",
    )
    add_settings(parser, *SENDING)


def run(call: Call) -> int:
    """Deliver journals; what was delivered before is not sent again."""
    for warning in call.config.warnings:
        call.say(f"ddci: warning: {warning}")
    deadline = Deadline.after(call.config.timeout, call.clock)
    sent = [*resent(call, call.paths, deadline)]
    if not sent:
        call.say("ddci: nothing to send")
    return DONE if all(sent) else INCOMPLETE


def resent(call: Call, paths: Sequence[Path], deadline: Deadline) -> Iterator[bool]:
    """Deliver journals and say what became of each: whether all is well with it."""
    from pytest_ddci.resend import resend  # noqa: PLC0415 - `ddci --help` needs no network

    owner = os.geteuid() if sys.platform != "win32" else None
    for sent in resend(paths, call.open_intake, call.clock, deadline, owner=owner):
        call.say(f"ddci: {sent.words}")
        for bad in sent.bad:
            call.say(f"ddci: {sent.path}:{bad.number}: {bad.reason}")
        if sent.untold:
            call.say(f"ddci: {sent.path}: {sent.untold} more lines that cannot be used")
        yield sent.complete
