"""The `ddci*` settings of a project's pytest configuration, for the command line tool.

pytest itself reads them for a test run. The tool runs without pytest and looks where pytest
looks: at the first file that configures pytest, in the directory or above it.
"""

from __future__ import annotations

import configparser
import sys
from dataclasses import field
from typing import TYPE_CHECKING

from pytest_ddci.errors import ConfigError
from pytest_ddci.frozen import frozen

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # what pytest itself reads TOML with on that version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# pytest's own order; the first that counts wins. A pytest.ini counts even when it is empty.
_FILES = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
_ALWAYS = frozenset(_FILES[:4])
_SECTION = {"setup.cfg": "tool:pytest"}


@frozen
class IniFile:
    """The settings found.

    Attributes:
        rootdir: pytest's own: the directory of the file; when there is none, that of the first
            `pyproject.toml`, else `setup.py`, else where the search began.
        path: the file; None when there is none.
        settings: all keys of pytest's section, texts or typed TOML.
    """

    rootdir: Path
    path: Path | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


def find_ini(directory: Path) -> IniFile:
    """The first file that configures pytest, in that directory or above it.

    Raises:
        ConfigError: that file cannot be read or parsed.
    """
    for place in (directory, *directory.parents):
        for name in _FILES:
            path = place / name
            if path.is_file():
                settings = _read(path)
                if settings is not None:
                    return IniFile(place, path, settings)
    for place in (directory, *directory.parents):
        if (place / "pyproject.toml").is_file():
            return IniFile(place)
    for place in (directory, *directory.parents):
        if (place / "setup.py").is_file():
            return IniFile(place)
    return IniFile(directory)


def _read(path: Path) -> Mapping[str, object] | None:
    """The settings in a file; None when it does not configure pytest."""
    try:
        text = path.read_text(encoding="utf-8")
        found = _toml(path.name, text) if path.suffix == ".toml" else _ini(path.name, text)
    except (OSError, ValueError, configparser.Error) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    return {} if found is None and path.name in _ALWAYS else found


def _toml(name: str, text: str) -> Mapping[str, object] | None:
    found: object = tomllib.loads(text)
    for key in ("tool", "pytest") if name == "pyproject.toml" else ("pytest",):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return None
    options = found.get("ini_options", found)
    return options if isinstance(options, dict) else None


def _ini(name: str, text: str) -> Mapping[str, object] | None:
    parsed = configparser.ConfigParser(interpolation=None, strict=False)
    parsed.read_string(text)
    section = _SECTION.get(name, "pytest")
    return dict(parsed[section]) if parsed.has_section(section) else None
