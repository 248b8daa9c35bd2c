"""One call of `ddci`, as its commands see it."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.errors import ConfigError
from pytest_ddci.frozen import frozen
from pytest_ddci.lean_imports import without
from pytest_ddci.options import OPTIONS, argument_type

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config
    from pytest_ddci.inifile import IniFile
    from pytest_ddci.intake import Intake
    from pytest_ddci.options import Option
    from pytest_ddci.redact import Redactor
    from pytest_ddci.screen.surface import Surface

DONE, INCOMPLETE, ERROR, INTERRUPTED, UNREAD = 0, 1, 2, 130, 141
"""Exit statuses: all is well; something was kept or refused, or nothing found; nothing could be
tried; Ctrl-C; nobody reads the output any more (what a shell says of a process that SIGPIPE ended).
"""


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


class Voice:
    """Says lines without secrets.

    Args:
        say: prints a line.
        redact: takes secrets out of a text.
    """

    def __init__(self, say: Callable[[str], object], redact: Redactor) -> None:
        self._say = say
        self.redact = redact

    def __call__(self, line: str) -> None:
        """Say a line, redacted."""
        self._say(self.redact(line))

    def verbatim(self, text: str) -> None:
        """Say a text whose parts were redacted: as a whole it would be no JSON any more."""
        self._say(text)


@frozen
class Call:
    """What a command is given.

    Attributes:
        arguments: the parsed command line.
        config: the settings.
        ini: the project's ini file.
        environ: the environment.
        say: says a line.
        hint: says a line that is no part of what was asked for, where it does not disturb that.
        surface: what lines are said on.
        clock: the time.
    """

    arguments: argparse.Namespace
    config: Config
    ini: IniFile
    environ: Mapping[str, str]
    say: Voice
    hint: Voice
    surface: Surface
    clock: Clock

    @property
    def command_line(self) -> CommandLine:
        """Arguments and ini file, for settings."""
        return CommandLine(self.arguments, self.ini)

    @property
    def directory(self) -> Path:
        """The project's directory of journals, which may not exist."""
        return self.ini.rootdir / self.config.dir

    @property
    def paths(self) -> list[Path]:
        """The journals and directories that were named, else the project's own, if there is one.

        Raises:
            ConfigError: one that was named does not exist.
        """
        named = [Path(path) for path in self.arguments.paths]
        for path in named:
            if not path.exists():
                raise ConfigError(f"no journal and no directory of journals at {path}")
        return named or [path for path in [self.directory] if path.is_dir()]

    @property
    def open_intake(self) -> Callable[[], Intake]:
        """Opens the way to the API; raises ConfigError without a key."""
        return partial(_intake, self.config, self.clock, self.say.redact)


def add_settings(parser: argparse.ArgumentParser, *fields: str, **words: str) -> None:
    """Add the flags that a command shares with `pytest`, without their `ddci-`.

    Args:
        parser: of the command.
        fields: which of them, as `Option.field`.
        words: by their fields, what they do where it is not what they do to `pytest`.
    """
    for option in OPTIONS:
        if option.field not in fields or option.flag is None:
            continue
        flag = option.flag.replace("--ddci-", "--")
        told = words.get(option.field, option.help)
        if option.shape == "switch":
            parser.add_argument(
                flag, dest=option.field, action="store_true", default=None, help=told
            )
        else:
            parser.add_argument(
                flag,
                dest=option.field,
                type=argument_type(option),
                metavar=option.metavar,
                help=told,
            )


SENDING: Sequence[str] = ("site", "url", "dir", "timeout", "gzip")
"""The settings of everything that may send."""


def _intake(config: Config, clock: Clock, redact: Callable[[str], str]) -> Intake:
    # httpx brings a command line and its transport another kind of coroutines, where they find
    # what those need: a tenth of a second and ten megabytes.
    with without("click", "rich", "trio"):
        from pytest_ddci.intake import Intake  # noqa: PLC0415 - only where something is sent

        # httpx would load it with its first client.
        import_module("httpcore")

    if config.api_key is None:
        raise ConfigError(f"{config.no_key}: nothing can be sent")
    key = config.api_key.reveal()
    return Intake(config.url, key, clock=clock, gzip=config.gzip, redact=redact)
