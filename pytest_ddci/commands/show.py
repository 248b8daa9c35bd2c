"""`ddci show`: one run in the terminal."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.commands.asking import FOUND, NOTHING, at_least, canvas_of
from pytest_ddci.commands.call import add_settings

if TYPE_CHECKING:
    from pytest_ddci.commands.call import Call

HELP = "one run: its tree, failures, slowest tests, workers"

_LATEST = "latest"
_EXAMPLES = """\
  ddci show
  ddci show 98c3c967 --stack
  ddci show .ddci/run-20261122T054000Z-1c9e2f0a.jsonl --slowest 20

It reads the run's journals only, also while the run is going on, and after it was killed. Exit
status: 0 found, 1 no such run, 2 error.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "One run: its tree, failures, retried and slowest tests, workers."
    parser.epilog = f"examples:\n{_EXAMPLES}"
    parser.add_argument(
        "run_",
        nargs="?",
        default=_LATEST,
        metavar="ID|FILE|latest",
        help="a pipeline's id or its beginning, or a journal (default: the latest run)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="every stage and attempt")
    parser.add_argument("--stack", action="store_true", help="failures with their stacks")
    parser.add_argument(
        "--slowest", type=at_least(0), default=5, metavar="N", help="slowest tests (default: 5)"
    )
    parser.add_argument(
        "--failures",
        type=at_least(0),
        default=20,
        metavar="N",
        help="failures told at most (default: 20)",
    )
    add_settings(parser, "dir", dir="where the journals are, relative to the root directory")


def run(call: Call) -> int:
    """Draw a run."""
    from pytest_ddci.screen.ink import painted  # noqa: PLC0415 - `ddci --help` draws nothing
    from pytest_ddci.showing.chronicle import Extent  # noqa: PLC0415 - as above
    from pytest_ddci.showing.portrait import portrait  # noqa: PLC0415 - as above
    from pytest_ddci.showing.runs import find, read_run  # noqa: PLC0415 - as above

    arguments = call.arguments
    named = Path(arguments.run_)
    is_named = arguments.run_ != _LATEST and named.is_file()
    paths = [named] if is_named else find(arguments.run_, call.directory)
    if not paths:
        words = "no runs" if arguments.run_ == _LATEST else f"no run {arguments.run_}"
        call.hint(f"ddci: {words} in {call.directory}")
        return NOTHING
    extent = Extent(
        slowest=arguments.slowest,
        failures=arguments.failures,
        stacks=arguments.stack,
        every=arguments.verbose,
    )
    chronicle = read_run(paths, extent)
    here = Path.cwd()
    shown = [path.relative_to(here) if path.is_relative_to(here) else path for path in paths]
    for line in portrait(chronicle, shown, canvas_of(call)):
        call.say.verbatim(painted(line, colours=call.surface.colours))
    return FOUND
