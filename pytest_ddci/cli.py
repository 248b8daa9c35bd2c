"""The command `ddci`: deliver what was kept, and say what a run here would report."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci import __version__
from pytest_ddci.clock import Deadline, SystemClock
from pytest_ddci.config import Config, resolve
from pytest_ddci.errors import ConfigError, DdciError
from pytest_ddci.inifile import IniFile, find_ini
from pytest_ddci.options import OPTIONS, argument_type
from pytest_ddci.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ddci.intake import Intake
    from pytest_ddci.options import Option

DONE, INCOMPLETE, ERROR, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: all is well; something was kept or refused; nothing could be tried; Ctrl-C."""

_FLAGS = ("site", "url", "dir", "timeout", "gzip")


class CommandLine:
    """Parsed arguments and the project's ini file as `config.resolve` wants to ask them."""

    def __init__(self, arguments: argparse.Namespace, ini: IniFile) -> None:
        self._arguments = arguments
        self._ini = ini

    def cli(self, option: Option) -> object:
        """What the command line says; None when nothing."""
        return getattr(self._arguments, option.field, None)

    def ini(self, option: Option) -> object:
        """What the ini file says; None when nothing."""
        return self._ini.settings.get(option.ini) if option.ini else None


def main(
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
    say: Callable[[str], object] = print,
) -> int:
    """Run the command.

    Args:
        argv: the arguments; those of the process when None.
        environ: the environment; that of the process when None.
        say: prints a line.

    Returns:
        0 when all is well, 1 when something was kept or refused, 2 when nothing could be tried,
        130 when interrupted.
    """
    environ = os.environ if environ is None else environ
    arguments = _parser().parse_args(argv)
    try:
        ini = find_ini(Path.cwd())
        config = resolve(CommandLine(arguments, ini), environ)
        redact = Redactor(environ, config.redact)
        command: Callable[..., int] = arguments.command
        return command(arguments, config, ini, environ, lambda line: say(redact(line)))
    except (DdciError, OSError) as error:
        print(f"ddci: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return ERROR
    except KeyboardInterrupt:
        print("ddci: interrupted", file=sys.stderr)  # noqa: T201 - a command speaks
        return INTERRUPTED


def _send(
    arguments: argparse.Namespace,
    config: Config,
    ini: IniFile,
    environ: Mapping[str, str],  # noqa: ARG001 - every command is called alike
    say: Callable[[str], object],
) -> int:
    """Deliver journals; what was delivered before is not sent again."""
    from pytest_ddci.resend import resend  # noqa: PLC0415 - `ddci --help` needs no network

    for warning in config.warnings:
        say(f"ddci: warning: {warning}")
    clock = SystemClock()
    named = [Path(path) for path in arguments.paths]
    for path in named:
        if not path.exists():
            raise ConfigError(f"no journal and no directory of journals at {path}")
    paths = named or [path for path in [ini.rootdir / config.dir] if path.is_dir()]
    deadline = Deadline.after(config.timeout, clock)
    status, count = DONE, 0
    for sent in resend(paths, lambda: _intake(config, clock), clock, deadline):
        count += 1
        say(f"ddci: {sent.words}")
        for bad in sent.bad:
            say(f"ddci: {sent.path}:{bad.number}: {bad.reason}")
        if sent.outcome in {"kept", "failed"} or not sent.accounting.complete:
            status = INCOMPLETE
    if not count:
        say("ddci: nothing to send")
    return status


def _doctor(
    arguments: argparse.Namespace,
    config: Config,
    ini: IniFile,
    environ: Mapping[str, str],
    say: Callable[[str], object],
) -> int:
    """Say what a run here would report."""
    from pytest_ddci.context import gather  # noqa: PLC0415 - `ddci --help` asks no git
    from pytest_ddci.doctor import check, diagnose  # noqa: PLC0415 - as above

    clock = SystemClock()
    context = gather(environ, str(ini.rootdir), clock=clock)
    for line in diagnose(config, ini, context):
        say(line)
    if not arguments.check:
        return DONE
    with _intake(config, clock) as intake:
        accepted, lines = check(intake, clock, config.timeout)
    for line in lines:
        say(line)
    return DONE if accepted else INCOMPLETE


def _intake(config: Config, clock: SystemClock) -> Intake:
    from pytest_ddci.intake import Intake  # noqa: PLC0415 - only where something is sent

    if config.api_key is None:
        raise ConfigError("DD_API_KEY is not set: nothing can be sent")
    return Intake(config.url, config.api_key.reveal(), clock=clock, gzip=config.gzip)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ddci", description="pytest sessions in Datadog CI Visibility."
    )
    parser.add_argument("--version", action="version", version=f"pytest-ddci {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    send = commands.add_parser("send", help="deliver the journals that are kept")
    send.add_argument(
        "paths",
        nargs="*",
        metavar="FILE|DIR",
        help="journals, or directories of them (default: the project's own)",
    )
    send.set_defaults(command=_send)
    doctor = commands.add_parser("doctor", help="say what a run here would report")
    doctor.add_argument("--check", action="store_true", help="ask the API whether it answers")
    doctor.set_defaults(command=_doctor)
    for command in (send, doctor):
        _add_settings(command)
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """The flags that the command shares with `pytest`, without their `ddci-`."""
    for option in OPTIONS:
        if option.field not in _FLAGS or option.flag is None:
            continue
        flag = option.flag.replace("--ddci-", "--")
        if option.shape == "switch":
            parser.add_argument(flag, dest=option.field, action="store_true", default=None)
        else:
            parser.add_argument(
                flag, dest=option.field, type=argument_type(option), help=option.help
            )


if __name__ == "__main__":
    sys.exit(main())
