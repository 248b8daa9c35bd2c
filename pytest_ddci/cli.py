"""The command `ddci`: parses its arguments, resolves the settings, runs one of `commands`."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pytest_ddci import __version__
from pytest_ddci.clock import SystemClock
from pytest_ddci.commands import aggregate, doctor, finish, listing, search, send, serve, show
from pytest_ddci.commands.call import ERROR, INTERRUPTED, UNREAD, Call, CommandLine, Voice
from pytest_ddci.config import resolve, with_safe_ids
from pytest_ddci.errors import DdciError
from pytest_ddci.inifile import find_ini
from pytest_ddci.redact import Redactor
from pytest_ddci.safe_parser import SafeParser
from pytest_ddci.screen.surface import surface_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

_COMMANDS = {
    "list": listing,
    "show": show,
    "search": search,
    "aggregate": aggregate,
    "send": send,
    "finish": finish,
    "doctor": doctor,
    "serve": serve,
}


def print_line(line: str) -> None:
    """Print, and escape what standard output cannot encode."""
    encoding = sys.stdout.encoding or "utf-8"
    text = line.encode(encoding, "backslashreplace").decode(encoding)
    # At once: whoever reads a pipe waits for it.
    print(text, flush=True)  # noqa: T201 - a command


def print_hint(line: str) -> None:
    """Print where it is no part of the output."""
    print(line, file=sys.stderr)  # noqa: T201 - a command


def main(
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    say: Callable[[str], object] = print_line,
) -> int:
    """Run the command.

    Args:
        argv: the arguments; those of the process when None.
        environ: the environment; that of the process when None.
        say: prints a line.

    Returns:
        The exit status of the command, 2 when nothing could be tried, 130 when interrupted, 141
        when nobody reads what it prints any more.
    """
    environ = os.environ if environ is None else environ
    redact = Redactor(environ)
    arguments = _parser(redact).parse_args(argv)
    try:
        ini = find_ini(Path.cwd())
        config = resolve(CommandLine(arguments, ini), environ)
        redact = Redactor(environ, config.redact, config.redact_env)
        config = with_safe_ids(config, redact)
        run: Callable[[Call], int] = arguments.run
        return run(
            Call(
                arguments=arguments,
                config=config,
                ini=ini,
                environ=environ,
                say=Voice(say, redact),
                hint=Voice(print_hint, redact),
                surface=surface_of(sys.stdout, environ),
                clock=SystemClock(),
            )
        )
    except BrokenPipeError:
        _stop_printing()
        return UNREAD
    except (DdciError, OSError) as error:
        print(redact(f"ddci: {error}"), file=sys.stderr)  # noqa: T201 - a command speaks
        return ERROR
    except KeyboardInterrupt:
        print("ddci: interrupted", file=sys.stderr)  # noqa: T201 - a command speaks
        return INTERRUPTED
    except Exception:  # noqa: BLE001 - Python itself would print it with its secrets
        print(redact(f"ddci: internal error\n{traceback.format_exc()}"), file=sys.stderr)  # noqa: T201 - as above
        return ERROR


def _stop_printing() -> None:
    """What is left in the buffer goes nowhere: Python would complain when it ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _parser(redact: Redactor) -> argparse.ArgumentParser:
    parser = SafeParser(
        redact=redact, prog="ddci", description="pytest sessions in Datadog CI Visibility."
    )
    parser.add_argument("--version", action="version", version=f"pytest-ddci {__version__}")
    safe = cast("type[SafeParser]", partial(SafeParser, redact=redact))
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=safe)
    for name, command in _COMMANDS.items():
        subparser = commands.add_parser(name, help=command.HELP)
        command.add(subparser)
        subparser.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
