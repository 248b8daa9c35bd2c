"""No default tag, label or name says whose machine a run was on."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER = "zaphod-b42"
SUITE = """
    import pytest

    def test_passes(): pass
    def test_fails(): assert 1 == 2
    @pytest.mark.parametrize("n", [1])
    def test_skips(n): pytest.skip("not today")
    @pytest.fixture
    def broken(): raise OSError("no such thing")
    def test_errs(broken): pass
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "people" / USER
    made.mkdir(parents=True)
    return made


def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "USER": USER, "LOGNAME": USER}


def strings(value: object) -> Iterator[str]:
    """Every text in an event but those of its error block, which is the user's own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item if key != "error" else {})


def named(events: list[dict[str, Any]]) -> list[str]:
    return [text for event in events for text in strings(event) if USER in text]


@pytest.mark.parametrize("distribution", [(), ("-n2",)], ids=["plain", "xdist"])
def test_a_run_below_the_home_names_nobody(distribution: tuple[str, ...], home: Path) -> None:
    (home / "shop").mkdir()
    project = Project(home / "shop", distribution)
    project.write(test_a=SUITE, sub__test_broken="import no_such_module_anywhere")
    outcome = project.run("--continue-on-collection-errors", env=environ(home))
    outcome.check()
    assert outcome.exit_status == 1
    assert outcome.pipeline["name"] == "shop"
    assert outcome.pipeline["node"]["workspace"] == "~/shop"
    assert named(outcome.resources) == []


def test_the_home_itself_gives_no_name_to_the_pipeline(home: Path) -> None:
    project = Project(home)
    project.write(test_a="def test_a(): pass")
    outcome = project.run(env=environ(home))
    outcome.check()
    assert outcome.pipeline["name"] == "pytest"
    assert outcome.pipeline["node"]["workspace"] == "~"
    assert named(outcome.resources) == []


def test_a_clone_of_a_local_repository_names_nobody(home: Path) -> None:
    git = ("git", "-c", "user.email=dev@acme.example", "-c", "user.name=Dev")
    (home / "shop").mkdir()
    project = Project(home / "shop")
    for command in (
        (*git, "init", "-q", "-b", "trunk"),
        (*git, "remote", "add", "origin", str(home / "mirrors" / "wares.git")),
        (*git, "commit", "-q", "--allow-empty", "-m", "first"),
    ):
        subprocess.run(command, cwd=project.directory, check=True)  # noqa: S603 - our own command
    project.write(test_a="def test_a(): pass")
    outcome = project.run(env=environ(home))
    outcome.check()
    assert outcome.pipeline["git"]["repository_url"] == "~/mirrors/wares.git"
    assert outcome.pipeline["name"] == "wares"
    assert named(outcome.resources) == []


def test_a_home_that_only_the_variable_of_the_name_tells_is_hidden_too(home: Path) -> None:
    project = Project(home)
    project.write(test_a="def test_a(): pass")
    outcome = project.run(env={**environ(home), "HOME": "/nowhere"})
    outcome.check()
    assert named(outcome.resources) == []


def test_the_header_of_the_journal_names_nobody(home: Path) -> None:
    project = Project(home)
    project.write(test_a="def test_a(): pass")
    outcome = project.run(env=environ(home))
    outcome.check()
    [journal] = (home / ".ddci").glob("run-*.jsonl")
    with journal.open(encoding="ascii") as lines:
        header = json.loads(next(lines))
    assert list(filter(lambda text: USER in text, strings(header))) == []


def test_a_providers_own_workspace_is_reported_as_it_says(home: Path) -> None:
    project = Project(home)
    project.write(test_a="def test_a(): pass")
    said = {"GITLAB_CI": "true", "CI_PROJECT_DIR": f"/builds/{USER}/shop"}
    outcome = project.run(env={**environ(home), **said})
    outcome.check()
    assert outcome.pipeline["node"]["workspace"] == f"/builds/{USER}/shop"
    assert named(outcome.resources) == [f"/builds/{USER}/shop"] * len(outcome.resources)
