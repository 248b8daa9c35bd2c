"""A case: all that a diagnosis is made of, and where each part of it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.config import Config, Origin, Setting
    from pytest_ddci.context import RunContext
    from pytest_ddci.inifile import IniFile
    from pytest_ddci.options import Option

DEFAULT = "default"
"""The source of what nobody says."""

PLATFORM = "platform"
"""The source of what the operating system and the interpreter say."""

BY_FIELD = {option.field: option for option in OPTIONS}
"""The options by the fields of `Config`."""


@frozen(kw_only=True)
class Case:
    """What a run would know before its first test.

    Attributes:
        config: the settings.
        said: what each option was set to, and by whom (`config.settings`).
        ini: the project's configuration file.
        context: where the run is.
        origins: which variables everything about the place comes from (`find_origins`).
        environ: the environment.
    """

    config: Config
    said: Mapping[str, tuple[Setting, ...]]
    ini: IniFile
    context: RunContext
    origins: Mapping[str, str]
    environ: Mapping[str, str]

    def source(self, field: str) -> str:
        """The very flag, variable or key that an option comes from."""
        return self.place(BY_FIELD[field], self.said[field][0].origin)

    def place(self, option: Option, origin: Origin) -> str:
        """What that origin calls the option."""
        if origin == "command line":
            return str(option.flag).replace("--ddci-", "--")
        if origin == "environment":
            return str(option.environ)
        if origin == "ini file":
            path = self.ini.path
            return f"{option.ini} in {path.name}" if path else str(option.ini)
        return DEFAULT

    def origin(self, name: str) -> str:
        """The variables that something about the place comes from."""
        return self.origins.get(name, DEFAULT)


def shown(value: object) -> str:
    """A setting as a user would write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ":".join(shown(part) for part in value)
    return str(value)
