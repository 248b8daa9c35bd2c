"""Every option from every place: command line, environment, ini file, default, in that order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.options import OPTIONS
from tests.option_cases import BY_FIELD, CASES, arguments
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PROBE = """
    import dataclasses, json, os, sys
    from pathlib import Path

    def pytest_configure(config):
        from pytest_ddci.config import resolve
        from pytest_ddci.plugin import PytestSource
        settings = resolve(PytestSource(config), os.environ)
        said = {
            each.name: getattr(settings, each.name)
            for each in dataclasses.fields(settings)
            if not each.name.endswith("_key")
        }
        Path(config.rootpath, "settings.json").write_text(json.dumps(said, default=str))
"""
_EMPTY: dict[str, object] = {"tags": {}, "metrics": {}, "redact": [], "redact_env": []}
DEFAULTS = {option.field: _EMPTY.get(option.field, option.default) for option in OPTIONS} | {
    "url": "https://api.datadoghq.com",
    "running": False,
}
IN_INI = [option.field for option in OPTIONS if option.ini]
ON_COMMAND_LINE = [option.field for option in OPTIONS if option.flag]
INI = {BY_FIELD[field].ini or "": CASES[field].ini for field in IN_INI}
TYPED = pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="typed TOML came with pytest 9.0")


def as_text() -> str:
    return "".join(f"{key} = {said[0]}\n" for key, said in INI.items() if said)


def as_quoted() -> str:
    return "".join(f"{key} = {json.dumps(said[0])}\n" for key, said in INI.items() if said)


def as_typed() -> str:
    """Booleans, numbers and lists as TOML has them."""
    lines = []
    for key, said in INI.items():
        assert said is not None
        text, value = said
        listed = key in ("ddci_tags", "ddci_metrics", "ddci_redact", "ddci_redact_env")
        shown = [text] if listed else value
        lines.append(f"{key} = {json.dumps(shown)}\n")
    return "".join(lines)


FLAVOURS: dict[str, tuple[str, Callable[[], str]]] = {
    "pytest.ini": ("pytest.ini", lambda: "[pytest]\n" + as_text()),
    "setup.cfg": ("setup.cfg", lambda: "[tool:pytest]\n" + as_text()),
    "ini_options": ("pyproject.toml", lambda: "[tool.pytest.ini_options]\n" + as_quoted()),
    "ini_options, typed": ("pyproject.toml", lambda: "[tool.pytest.ini_options]\n" + as_typed()),
    "tool.pytest": ("pyproject.toml", lambda: "[tool.pytest]\n" + as_typed()),
    "pytest.toml": ("pytest.toml", lambda: "[pytest]\n" + as_typed()),
}
NEEDS_TYPES = {"tool.pytest", "pytest.toml"}


def settings(
    directory: Path,
    *args: str,
    flavour: str | None = None,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a session makes of an ini file with every option, a command line, an environment."""
    directory.mkdir(exist_ok=True)
    project = Project(directory)
    (directory / "pytest.ini").unlink()
    project.write(conftest=PROBE)
    if flavour:
        name, text = FLAVOURS[flavour]
        project.file(name, text())
    outcome = project.run("--collect-only", "-q", *args, env=env, flag="")
    assert outcome.exit_status == 5, outcome.stderr
    found = json.loads((directory / "settings.json").read_text())
    assert isinstance(found, dict)
    return found


ENVIRON = {BY_FIELD[field].environ or "": case.environ[0] for field, case in CASES.items()}


@pytest.fixture(scope="module")
def by_place(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The settings when nobody speaks, then one place more each time."""
    root = tmp_path_factory.mktemp("places")
    file = "pytest.ini"
    return {
        "default": settings(root / "a"),
        "ini": settings(root / "b", flavour=file),
        "environment": settings(root / "c", flavour=file, env=ENVIRON),
        "command line": settings(
            root / "d", *arguments(ON_COMMAND_LINE), flavour=file, env=ENVIRON
        ),
    }


def as_json(value: object) -> object:
    return json.loads(json.dumps(value, default=str))


@pytest.mark.parametrize("field", CASES)
def test_every_option_has_its_default(field: str, by_place: dict[str, dict[str, Any]]) -> None:
    assert by_place["default"][field] == DEFAULTS[field]


@pytest.mark.parametrize("field", IN_INI)
def test_the_ini_file_beats_the_default(field: str, by_place: dict[str, dict[str, Any]]) -> None:
    said = CASES[field].ini
    assert said is not None
    assert by_place["ini"][field] == as_json(said[1])


@pytest.mark.parametrize("field", CASES)
def test_the_environment_beats_the_ini_file(
    field: str, by_place: dict[str, dict[str, Any]]
) -> None:
    assert by_place["environment"][field] == as_json(CASES[field].environ[1])


@pytest.mark.parametrize("field", ON_COMMAND_LINE)
def test_the_command_line_beats_the_environment(
    field: str, by_place: dict[str, dict[str, Any]]
) -> None:
    said = CASES[field].cli
    assert said is not None
    assert by_place["command line"][field] == as_json(said[1])


@pytest.mark.parametrize(
    "flavour",
    [pytest.param(name, marks=TYPED if name in NEEDS_TYPES else ()) for name in FLAVOURS],
)
def test_every_flavour_of_configuration_file_says_the_same(
    flavour: str, tmp_path: Path, by_place: dict[str, dict[str, Any]]
) -> None:
    assert settings(tmp_path / "x", flavour=flavour) == by_place["ini"]


def test_the_off_flag_beats_everything_else(tmp_path: Path) -> None:
    found = settings(
        tmp_path / "x",
        "--no-ddci",
        "--no-ddci-running",
        flavour="pytest.ini",
        env={"DDCI_ENABLED": "1", "DDCI_RUNNING": "1"},
    )
    assert (found["enabled"], found["running"]) == (False, False)


def test_empty_variables_say_nothing_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    env = {option.environ or "": " " for option in OPTIONS}
    found = settings(tmp_path / "x", env={**env, "DD_SITE": "datadoghq.eu\n", "DD_ENV": "qa\r\n"})
    expected = {**DEFAULTS, "site": "datadoghq.eu", "url": "https://api.datadoghq.eu", "env": "qa"}
    assert {field: found[field] for field in expected} == expected
    assert found["warnings"] == []


def test_empty_ini_values_say_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.file("pytest.ini", "[pytest]\nddci_site =\nddci_tags =\nddci_steps =\n")
    project.write(conftest=PROBE, test_a="def test_a(): pass")
    outcome = project.run()
    outcome.check()
    found = json.loads((tmp_path / "settings.json").read_text())
    assert (found["site"], found["tags"], found["steps"]) == ("datadoghq.com", {}, "all")
