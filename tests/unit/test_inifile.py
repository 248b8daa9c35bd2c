"""Where the command line tool finds the settings that pytest would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.errors import ConfigError
from pytest_ddci.inifile import find_ini

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = {
    "pytest.toml": "[pytest]\nddci = true\n",
    ".pytest.toml": "[pytest]\nddci = true\n",
    "pytest.ini": "[pytest]\nddci = true\n",
    ".pytest.ini": "[pytest]\nddci = true\n",
    "pyproject.toml": "[tool.pytest]\nddci = true\n",
    "tox.ini": "[pytest]\nddci = true\n",
    "setup.cfg": "[tool:pytest]\nddci = true\n",
}


@pytest.mark.parametrize("name", CONTENT)
def test_every_file_that_configures_pytest_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(CONTENT[name])
    found = find_ini(tmp_path)
    assert (found.rootdir, found.path) == (tmp_path, tmp_path / name)
    assert found.settings["ddci"] in (True, "true")


def test_the_files_are_tried_in_pytests_order(tmp_path: Path) -> None:
    names = list(CONTENT)
    for name in reversed(names):
        (tmp_path / name).write_text(CONTENT[name])
        assert find_ini(tmp_path).path == tmp_path / name


def test_ini_options_are_read_from_pyproject_too(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nddci_tags = ["a:b"]\nddci_timeout = "5"\n'
    )
    assert find_ini(tmp_path).settings == {"ddci_tags": ["a:b"], "ddci_timeout": "5"}


@pytest.mark.parametrize("name", ["pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"])
def test_a_file_of_pytests_own_counts_even_when_it_is_empty(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("")
    (tmp_path / "tox.ini").write_text(CONTENT["tox.ini"])
    assert find_ini(tmp_path).settings == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'x'\n"),
        ("pyproject.toml", "[pytest]\nddci = true\n"),
        ("pyproject.toml", "tool = 5\n"),
        ("pyproject.toml", "[tool]\npytest = 5\n"),
        ("tox.ini", "[tox]\nenvlist = py\n"),
        ("setup.cfg", "[pytest]\nddci = true\n"),
    ],
)
def test_a_file_that_does_not_configure_pytest_is_passed_over(
    name: str, text: str, tmp_path: Path
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / name).write_text(text)
    (tmp_path / "pytest.ini").write_text(CONTENT["pytest.ini"])
    assert find_ini(inner).path == tmp_path / "pytest.ini"


def test_the_search_goes_upwards(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text(CONTENT["pytest.ini"])
    assert find_ini(inner).rootdir == tmp_path


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.py"])
def test_without_configuration_the_project_still_has_its_root(name: str, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / name).write_text("")
    found = find_ini(inner)
    assert (found.rootdir, found.path, found.settings) == (tmp_path, None, {})


def test_without_anything_the_root_is_where_the_search_began(tmp_path: Path) -> None:
    found = find_ini(tmp_path)
    assert (found.rootdir, found.path, found.settings) == (tmp_path, None, {})


def test_percent_signs_and_lists_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nddci_service = 100%\nddci_tags =\n    a:one two\n    b:2\n"
    )
    settings = find_ini(tmp_path).settings
    assert settings["ddci_service"] == "100%"
    assert str(settings["ddci_tags"]).split("\n") == ["", "a:one two", "b:2"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pytest.toml", b"[pytest\n"),
        ("pyproject.toml", b"= 5"),
        ("pytest.ini", b"no section\n"),
        ("setup.cfg", b"[tool:pytest\n"),
        ("pytest.ini", b"\xff\xfe"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=f"cannot read .*{name}: "):
        find_ini(tmp_path)
