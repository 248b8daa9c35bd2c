"""The entry point: options, markers, hooks and the fixture. Imports nothing heavy.

Without `--ddci` nothing else of the package is imported and no object of it is registered.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci import hookspecs
from pytest_ddci.config import is_enabled
from pytest_ddci.errors import ConfigError
from pytest_ddci.guard import described
from pytest_ddci.handle import Handle
from pytest_ddci.options import OPTIONS, argument_type
from pytest_ddci.values import without_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.notebook import Notebook
    from pytest_ddci.options import Option

NOTEBOOK: pytest.StashKey[Notebook] = pytest.StashKey()
"""Where the `ddci` fixture finds what to write to; absent when the session is not reported."""

_WARNINGS = pytest.StashKey[list[str]]()
_BROKEN = "ddci-broken"
_SILENT = -2

# Sessions that run no test: the names are those of pytest's own options.
_WITHOUT_TESTS = (
    "collectonly",
    "setuponly",
    "setupplan",
    "showfixtures",
    "show_fixtures_per_test",
    "cacheshow",
    "markers",
    "version",
    "help",
)
_FLOAT_INI_SINCE = (8, 4)
# The entry point in the package metadata, and what `-p` calls this module.
_NAMES = frozenset({"ddci", __name__})


class PytestSource:
    """Command line and ini file as `config.resolve` wants to ask them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def cli(self, option: Option) -> object:
        """What the command line says; None when nothing."""
        return self._config.getoption(option.dest, None) if option.flag else None

    def ini(self, option: Option) -> object:
        """What the ini file says; None when nothing."""
        if option.ini is None:
            return None
        try:
            return self._config.getini(option.ini)
        except (ValueError, TypeError, pytest.UsageError) as error:
            said = without_keys(str(error))
            words = f"ini option {option.ini}: {said}: expected {option.allowed}"
            raise ConfigError(words) from error


class _Broken:
    """Registered once a hook of this module has failed: from then on nothing of ours takes part.

    Args:
        words: the error in one line.
    """

    def __init__(self, words: str) -> None:
        self.words = words


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register every row of the option table."""
    with _contained(pluginmanager):
        _add_options(parser)


def _add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("ddci", "Datadog CI Visibility pipelines")
    for option in OPTIONS:
        if option.flag:
            group.addoption(option.flag, dest=option.dest, **_argument(option))
        if option.off_flag:
            group.addoption(
                option.off_flag,
                dest=option.dest,
                action="store_const",
                const=False,
                help=f"do not: see {option.flag}",
            )
        if option.ini:
            parser.addini(option.ini, option.help, type=_ini_type(option), default=None)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hooks known, so that a conftest may implement them with or without `--ddci`."""
    with _contained(pluginmanager):
        pluginmanager.add_hookspecs(hookspecs)


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    """Allow `-p pytest_ddci.plugin` beside the entry point: whichever comes first is enough.

    pluggy refuses to register one module under two names.
    """
    with _contained(manager):
        if plugin is sys.modules[__name__]:
            for name in _NAMES - {manager.get_name(plugin)}:
                manager.set_blocked(name)


def pytest_configure(config: pytest.Config) -> None:
    """Decide once whether and as what this process takes part."""
    with _contained(config.pluginmanager):
        config.addinivalue_line(
            "markers",
            "ddci(tags={...}, metrics={...}): tags and metrics of the test's job in Datadog",
        )
        if not config.pluginmanager.has_plugin(_BROKEN):
            _take_part(config)
    broken = config.pluginmanager.get_plugin(_BROKEN)
    if broken and hasattr(config, "workeroutput"):
        config.workeroutput["ddci"] = {"problem": f"stamping stopped: {broken.words}"}


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:  # noqa: ANN401 - the class is private to pytest
    """Say why a session that was meant to be reported, or perhaps was, is not."""
    with _contained(config.pluginmanager):
        if config.getoption("verbose", 0) > _SILENT:
            for line in _words(config):
                terminalreporter.write_line(f"ddci: {line}")


@pytest.fixture(scope="session")
def ddci(pytestconfig: pytest.Config) -> Handle:
    """Tags, metrics and steps of the running test; without `--ddci` it does nothing."""
    return Handle(pytestconfig.stash.get(NOTEBOOK, None))


@contextlib.contextmanager
def _contained(manager: pytest.PytestPluginManager) -> Iterator[None]:
    """An error of ours costs the report, not the run; what the user has done wrong passes."""
    try:
        yield
    except pytest.UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - the user's run is sacred
        if not manager.has_plugin(_BROKEN):
            manager.register(_Broken(_told(error)), _BROKEN)


def _told(error: Exception) -> str:
    try:
        return _redacted(described(error, _redacted))
    except Exception:  # noqa: BLE001 - what cannot be redacted is not shown
        return type(error).__name__


def _words(config: pytest.Config) -> list[str]:
    broken = config.pluginmanager.get_plugin(_BROKEN)
    stopped = [f"reporting stopped: {broken.words}"] if broken else []
    return [*config.stash.get(_WARNINGS, []), *stopped]


def _take_part(config: pytest.Config) -> None:
    """Register what reports the session, or an xdist worker's part of it."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is None:
        if _is_reported(config):
            from pytest_ddci.composition import register_controller  # noqa: PLC0415 - only when on

            register_controller(config, PytestSource(config), os.environ, NOTEBOOK)
    # The controller's word counts: a worker resolves no options of its own.
    elif "ddci" in workerinput:
        from pytest_ddci.worker_composition import register_worker  # noqa: PLC0415 - as above

        register_worker(config, workerinput["ddci"], NOTEBOOK)


def _is_reported(config: pytest.Config) -> bool:
    """Whether this session is to be reported: asked for, and neither test-less nor nested."""
    warnings: list[str] = []
    try:
        enabled = is_enabled(PytestSource(config), os.environ, warnings)
    except ConfigError as error:
        raise pytest.UsageError(_redacted(str(error))) from None
    if not enabled and warnings:
        config.stash[_WARNINGS] = [f"warning: {_redacted(line)}" for line in warnings]
    if not enabled or any(config.getoption(name, False) for name in _WITHOUT_TESTS):  # noqa: FBT003
        return False
    from pytest_ddci.nesting import is_silent  # noqa: PLC0415 - only when on

    return not is_silent(os.environ, config.invocation_params.args)


def _redacted(text: str) -> str:
    """What is said before anything else of ours is there."""
    from pytest_ddci.redact import Redactor  # noqa: PLC0415 - only where something is said

    return Redactor(os.environ)(text)


def _argument(option: Option) -> dict[str, Any]:
    """The keyword arguments of `addoption` for one row."""
    if option.shape == "switch":
        return {"action": "store_const", "const": True, "default": None, "help": option.help}
    return {
        "action": "append" if option.shape == "many" else "store",
        "type": argument_type(option, _redacted),
        "default": None,
        "metavar": option.metavar,
        "help": option.help,
    }


def _ini_type(option: Option) -> Any:  # noqa: ANN401 - a literal in old versions of pytest
    """The type under which pytest hands over both typed TOML and text."""
    if option.shape == "switch":
        return "bool"
    if option.shape == "many":
        return "linelist"
    typed = option.numeric and pytest.version_tuple[:2] >= _FLOAT_INI_SINCE
    return "float" if typed else "string"
