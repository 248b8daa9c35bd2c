"""Every event of a run is found at a server that it was sent to, each field as it was sent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci import Client
from pytest_ddci.testing import fake_intake
from tests.project import Project
from tests.read_side import DERIVED, expected, key, leaves

if TYPE_CHECKING:
    from pytest_ddci.testing import FakeIntake

EXAMPLES = Path(__file__).parents[2] / "examples"
SUITE = """
    import pytest

    @pytest.mark.parametrize("fruit", ["apple", "pear", "\\u00fc\\x00\\ud800"])
    def test_fruit(fruit, ddci, record_property):
        ddci.tag("flavour", "sweet: very")
        ddci.metric("weight", 1.5)
        ddci.metric("pieces", 12345678901)
        record_property("requirement", "R-7")
        with ddci.step("peel"):
            pass

    def test_fail():
        try: {}["key"]
        except KeyError as error: raise ValueError("chained\\nlines") from error

    def test_setup_error(nobody): pass
    @pytest.mark.skip(reason="not today")
    def test_skip(): pass
    @pytest.mark.xfail
    def test_xfail(): assert False
    class TestClass:
        def test_method(self): pass
"""
GIT = {
    "DD_GIT_REPOSITORY_URL": "https://forge.example/acme/rocket.git",
    "DD_GIT_COMMIT_SHA": "0123456789abcdef0123456789abcdef01234567",
    "DD_GIT_BRANCH": "feature/x",
    "DD_GIT_COMMIT_MESSAGE": "Add a nozzle\n\nCloses nothing",
    "DD_GIT_COMMIT_AUTHOR_NAME": "Ann Lee",
    "DD_GIT_COMMIT_AUTHOR_EMAIL": "ann@acme.example",
    "DD_GIT_COMMIT_AUTHOR_DATE": "2026-01-31T16:47:55+01:00",
    "DD_GIT_COMMIT_COMMITTER_NAME": "Bob",
    "DD_GIT_COMMIT_COMMITTER_EMAIL": "bob@acme.example",
    "DD_GIT_COMMIT_COMMITTER_DATE": "2026-02-01T10:00:00Z",
    "DDCI_PARENT_PIPELINE_ID": "parent-1",
    "DDCI_PARENT_PIPELINE_URL": "https://ci.example/parent/1",
    "DDCI_PREVIOUS_ATTEMPT": "attempt-1",
}


def read_back(intake: FakeIntake, directory: Path) -> None:
    """What was sent is what is found, event by event."""
    lines = [
        line
        for path in directory.glob("run-*.jsonl")
        for line in path.read_bytes().splitlines()
        if line.startswith(b'{"type"')
    ]
    sent = {key(each): each for each in map(json.loads, lines)}
    with Client.from_environment(intake.environ) as client:
        found = {
            (each.level, each.get(f"@ci.{each.level}.id")): each
            for each in client.iter_search("*", "now-1h", limit=100)
        }
    assert len(sent) == len(lines) > 0
    assert found.keys() == sent.keys()
    for which, event in sent.items():
        shown = leaves(found[which].attributes.attributes)
        assert {path: each for path, each in shown.items() if path not in DERIVED} == expected(
            event
        )
        assert list(found[which].tags) == event["attributes"]["resource"].get("tags", [])


def run(project: Project, intake: FakeIntake, *args: str, **env: str) -> Any:  # noqa: ANN401 - an outcome
    outcome = project.run(*args, env={**intake.environ, **env})
    assert "kept:" not in outcome.stdout
    assert "rejected:" not in outcome.stdout
    return outcome


def test_a_run_with_everything_is_read_back(project: Project) -> None:
    project.write(test_a=SUITE, pkg__test_b="def test_one(): pass")
    with fake_intake(api_key="a-key") as intake:
        args = ("--ddci-env=ci", "--ddci-service=shop", "--ddci-tag=team:core")
        run(project, intake, *args, **GIT)
        read_back(intake, project.directory / ".ddci")
        assert len(intake.running) == 1
        assert len(intake.jobs) == 9


@pytest.mark.parametrize("name", [".", "fails_on_purpose.py"], ids=["green", "failing"])
def test_the_examples_are_read_back(tmp_path: Path, name: str) -> None:
    target = tmp_path / "examples"
    shutil.copytree(EXAMPLES, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    ini = (target / "pytest.ini").read_text(encoding="utf-8")
    project = Project(target)
    (target / "pytest.ini").write_text(ini, encoding="utf-8")
    with fake_intake() as intake:
        run(project, intake, name)
        read_back(intake, target / ".ddci")
