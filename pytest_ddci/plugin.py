"""The entry point: options, markers, hooks and the fixture. Imports nothing heavy.

Without `--ddci` nothing else of the package is imported and no object of it is registered.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci import hookspecs
from pytest_ddci.config import is_enabled
from pytest_ddci.errors import ConfigError
from pytest_ddci.guard import described
from pytest_ddci.handle import Handle, Notebook
from pytest_ddci.options import OPTIONS, argument_type

if TYPE_CHECKING:
    from pytest_ddci.options import Option

NOTEBOOK = pytest.StashKey[Notebook]()
"""Where the `ddci` fixture finds what to write to; absent when the session is not reported."""

_WORDS = pytest.StashKey[list[str]]()
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
            words = f"ini option {option.ini}: {error}: expected {option.allowed}"
            raise ConfigError(words) from error


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register every row of the option table."""
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
    pluginmanager.add_hookspecs(hookspecs)


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    """Allow `-p pytest_ddci.plugin` beside the entry point: whichever comes first is enough.

    pluggy refuses to register one module under two names.
    """
    if plugin is sys.modules[__name__]:
        for name in _NAMES - {manager.get_name(plugin)}:
            manager.set_blocked(name)


def pytest_configure(config: pytest.Config) -> None:
    """Decide once whether and as what this process takes part."""
    config.addinivalue_line(
        "markers",
        "ddci(tags={...}, metrics={...}): tags and metrics of the test's job in Datadog",
    )
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        _configure_worker(config, workerinput)
    elif _is_reported(config):
        _configure_controller(config)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:  # noqa: ANN401 - the class is private to pytest
    """Say why a session that was meant to be reported, or perhaps was, is not."""
    if config.getoption("verbose", 0) > _SILENT:
        for line in config.stash.get(_WORDS, []):
            terminalreporter.write_line(f"ddci: {line}")


@pytest.fixture(scope="session")
def ddci(pytestconfig: pytest.Config) -> Handle:
    """Tags, metrics and steps of the running test; without `--ddci` it does nothing."""
    return Handle(pytestconfig.stash.get(NOTEBOOK, None))


def _is_reported(config: pytest.Config) -> bool:
    """Whether this session is to be reported: asked for, and neither test-less nor nested."""
    warnings: list[str] = []
    try:
        enabled = is_enabled(PytestSource(config), os.environ, warnings)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    if not enabled and warnings:
        config.stash[_WORDS] = [f"warning: {line}" for line in warnings]
    if not enabled or any(config.getoption(name, False) for name in _WITHOUT_TESTS):  # noqa: FBT003
        return False
    from pytest_ddci.nesting import is_silent  # noqa: PLC0415 - only when on

    return not is_silent(os.environ, config.invocation_params.args)


def _configure_controller(config: pytest.Config) -> None:
    """Take part where the session is known; an error of ours costs the report, not the run."""
    try:
        from pytest_ddci.composition import register_controller  # noqa: PLC0415 - only when on

        register_controller(config, PytestSource(config), os.environ, NOTEBOOK)
    except pytest.UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - the user's run is sacred
        config.stash[_WORDS] = [f"reporting stopped: {described(error)}"]


def _configure_worker(config: pytest.Config, workerinput: dict[str, Any]) -> None:
    """The controller's word counts: a worker resolves no options of its own."""
    if "ddci" not in workerinput:
        return
    try:
        from pytest_ddci.composition import register_worker  # noqa: PLC0415 - only when on

        register_worker(config, workerinput["ddci"], NOTEBOOK)
    except Exception as error:  # noqa: BLE001 - the user's run is sacred
        problem = f"stamping stopped: {described(error)}"
        config.workeroutput["ddci"] = {"problem": problem}  # type: ignore[attr-defined] # xdist's


def _argument(option: Option) -> dict[str, Any]:
    """The keyword arguments of `addoption` for one row."""
    if option.shape == "switch":
        return {"action": "store_const", "const": True, "default": None, "help": option.help}
    return {
        "action": "append" if option.shape == "many" else "store",
        "type": argument_type(option),
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
