"""The README knows every option, key, variable, hook, marker, fixture, tag and module there is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import pytest_ddci
from pytest_ddci import hookspecs
from pytest_ddci.handle import Handle
from pytest_ddci.options import API_KEY, APP_KEY, OPTIONS
from pytest_ddci.tally import Tally

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = Path(pytest_ddci.__file__).parent

NAMES = [
    name
    for option in OPTIONS
    for name in (option.flag, option.off_flag, option.ini, option.environ)
    if name
]
HOOKS = [name for name in vars(hookspecs) if name.startswith("pytest_ddci_")]
METHODS = [name for name, _ in inspect.getmembers(Handle, inspect.isfunction) if name[0] != "_"]
MODULES = sorted(
    path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" and path.stem != "__init__"
)


@pytest.mark.parametrize("name", [*NAMES, API_KEY, APP_KEY])
def test_every_option_key_and_variable_is_in_the_table(name: str) -> None:
    rows = [line for line in README.splitlines() if line.startswith("|")]
    assert any(re.search(rf"`{re.escape(name)}[` ]", row) for row in rows)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_described_with_its_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
    assert f"`{name}({arguments})`" in README


@pytest.mark.parametrize("name", METHODS)
def test_everything_that_the_fixture_can_do_is_shown(name: str) -> None:
    assert f"ddci.{name}(" in README


def test_the_marker_is_shown() -> None:
    assert "@pytest.mark.ddci(tags={" in README


@pytest.mark.parametrize("name", [*Tally().metrics(), "tests.deselected"])
def test_every_metric_is_named(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", MODULES)
def test_the_architecture_names_every_module(name: str) -> None:
    architecture = README.partition("### Architecture")[2]
    assert re.search(rf"`{name}`", architecture)


def test_the_two_commands_are_marked_for_the_machine_that_runs_them() -> None:
    for mark in ("main", "tests"):
        assert len(re.findall(rf"<!-- {mark} -->\n```bash\n.+\n```", README)) == 1
