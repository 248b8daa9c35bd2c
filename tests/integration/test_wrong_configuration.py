"""Wrong values: a usage error where somebody typed them here, a warning in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.options import OPTIONS
from tests.option_cases import BY_FIELD, CASES
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

ON_COMMAND_LINE = [option.field for option in OPTIONS if option.flag and option.shape != "switch"]
SWITCHES = [option.field for option in OPTIONS if option.flag and option.shape == "switch"]
IN_INI = [option.field for option in OPTIONS if option.ini]
TYPED = pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="typed TOML came with pytest 9.0")


def assert_usage_error(outcome: Outcome, name: str, allowed: str) -> None:
    """Exit 4, one message that names the option and what is allowed, no test run."""
    assert outcome.exit_status == 4
    words = " ".join(outcome.stderr.split())
    assert name in words
    assert allowed in words
    assert "INTERNALERROR" not in outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stdout + outcome.stderr
    assert "passed" not in outcome.stdout
    assert outcome.journals == []


@pytest.mark.parametrize("field", ON_COMMAND_LINE)
def test_a_wrong_value_on_the_command_line_is_a_usage_error(field: str, plain: Project) -> None:
    flag = BY_FIELD[field].flag or ""
    outcome = plain.run(f"{flag}={CASES[field].wrong}")
    assert_usage_error(outcome, flag, CASES[field].allowed)


@pytest.mark.parametrize("field", SWITCHES)
def test_a_switch_takes_no_value(field: str, plain: Project) -> None:
    flag = BY_FIELD[field].flag or ""
    assert_usage_error(plain.run(f"{flag}=maybe"), flag, "ignored explicit argument")


@pytest.mark.parametrize("field", IN_INI)
def test_a_wrong_value_in_the_ini_file_is_a_usage_error(field: str, plain: Project) -> None:
    key = BY_FIELD[field].ini or ""
    plain.file("pytest.ini", f"[pytest]\n{key} = {CASES[field].wrong}\n")
    outcome = plain.run(flag="" if key == "ddci" else "--ddci")
    assert_usage_error(outcome, f"ini option {key}", CASES[field].allowed)


@TYPED
@pytest.mark.parametrize(
    ("line", "key", "allowed"),
    [
        pytest.param('ddci_timeout = "soon"', "ddci_timeout", "expects a", id="number"),
        pytest.param("ddci_timeout = -1.0", "ddci_timeout", "seconds > 0", id="range"),
        pytest.param('ddci_gzip = "yes"', "ddci_gzip", "expects a bool", id="switch"),
        pytest.param("ddci_service = 5", "ddci_service", "expects a string", id="text"),
        pytest.param('ddci_tags = "a:b"', "ddci_tags", "expects a list", id="list"),
        pytest.param("ddci_tags = [5]", "ddci_tags", "", id="item"),
    ],
)
def test_a_wrong_type_in_toml_is_a_usage_error(
    line: str, key: str, allowed: str, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    (tmp_path / "pytest.ini").unlink()
    project.file("pyproject.toml", f"[tool.pytest]\n{line}\n")
    assert_usage_error(project.run(), f"ini option {key}", allowed)


def test_a_wrong_ini_value_costs_nothing_while_the_plugin_is_off(plain: Project) -> None:
    plain.file("pytest.ini", "[pytest]\nddci_timeout = soon\n")
    plain.write(test_a="def test_a(): pass")
    assert plain.run(flag="").exit_status == 0


@pytest.fixture(scope="module")
def warned(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run in an environment where every variable of ours is wrong."""
    project = Project(tmp_path_factory.mktemp("warned"))
    project.write(test_a="def test_a(): pass")
    env = {BY_FIELD[field].environ or "": case.wrong for field, case in CASES.items()}
    return project.run(env=env)


@pytest.mark.parametrize("field", [field for field in CASES if field != "enabled"])
def test_a_wrong_variable_is_one_warning_line(field: str, warned: Outcome) -> None:
    name = BY_FIELD[field].environ or ""
    ours = (f"warning: {name}=", f"warning: {name}:")
    [line] = [line for line in warned.summary if line.startswith(ours)]
    assert CASES[field].allowed in line


def test_wrong_variables_leave_the_run_with_the_defaults(warned: Outcome) -> None:
    warned.check()
    assert warned.exit_status == 0
    assert warned.stderr == ""
    assert warned.pipeline["name"] == warned.directory.name
    assert len(warned.steps_of(warned.job("test_a"))) == 3


def test_the_environment_switches_it_on_and_off(plain: Project) -> None:
    plain.file("pytest.ini", "[pytest]\nddci = true\n")
    plain.write(test_a="def test_a(): pass")
    assert plain.run(flag="", env={"DDCI_ENABLED": "false"}).journals == []
    assert len(plain.run(flag="", env={"DDCI_ENABLED": ""}).journals) == 1
    assert len(plain.run(flag="", env={"DDCI_ENABLED": "maybe"}).journals) == 2
    assert len(plain.run(flag="--no-ddci", env={"DDCI_ENABLED": "1"}).journals) == 2


def test_a_wrong_switch_in_the_environment_is_told_although_nothing_is_reported(
    plain: Project,
) -> None:
    plain.write(test_a="def test_a(): pass")
    outcome = plain.run(flag="", env={"DDCI_ENABLED": "ture"})
    assert outcome.summary == ["warning: DDCI_ENABLED='ture' ignored: expected true or false"]
    assert outcome.exit_status == 0
    assert outcome.journals == []


def test_an_unknown_ci_is_none(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    outcome = plain.run(env={"CI": "somebody's own", "BUILD_ID": "12"})
    outcome.check()
    assert outcome.exit_status == 0
