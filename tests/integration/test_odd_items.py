"""Tests that are no plain functions of a plain module are reported like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

# An item of somebody's own: no `obj`, no class, no line.
YAML_PLUGIN = """
    import pytest

    class Spec(pytest.File):
        def collect(self):
            for line in self.path.read_text().splitlines():
                name, _, wanted = line.partition(": ")
                yield Check.from_parent(self, name=name, wanted=wanted)

    class Check(pytest.Item):
        def __init__(self, *, wanted, **kwargs):
            super().__init__(**kwargs)
            self.wanted = wanted

        def runtest(self):
            if self.wanted == "skip":
                pytest.skip("as written")
            if self.wanted == "crash":
                raise LookupError(self.name)
            assert self.wanted == "ok", self.name

        def repr_failure(self, excinfo):
            return f"{self.name} is not ok"

        def reportinfo(self):
            return self.path, None, f"spec: {self.name}"

    def pytest_collect_file(parent, file_path):
        if file_path.suffix == ".yaml":
            return Spec.from_parent(parent, path=file_path)
"""
SPEC = "user@host: ok\ntwo words: bad\nmissing: crash\nlater: skip\n"
SAME = """
    class TestSame:
        def test_one(self): pass

    def test_two(): assert __file__.count("{failing}") == 0
"""


@pytest.mark.parametrize(
    "distribution",
    [(), ("-n2",), ("-n2", "--dist", "loadgroup")],
    ids=["plain", "load", "loadgroup"],
)
def test_items_of_a_custom_collector_are_jobs(
    tmp_path: Path, distribution: tuple[str, ...]
) -> None:
    project = Project(tmp_path, distribution)
    project.write(conftest=YAML_PLUGIN)
    project.file("sub/spec.yaml", SPEC)
    bare = project.run(flag="")
    outcome = project.run()
    outcome.check()
    assert outcome.exit_status == bare.exit_status == 1
    assert outcome.statuses() == {
        ("sub/spec.yaml::user@host", "success"): 1,
        ("sub/spec.yaml::two words", "error"): 1,
        ("sub/spec.yaml::missing", "error"): 1,
        ("sub/spec.yaml::later", "skipped"): 1,
    }
    assert set(outcome.stages) == {"sub/spec.yaml"}
    assert outcome.job("missing")["error"]["type"] == "LookupError"


def test_an_item_without_a_line_has_a_file_only(project: Project) -> None:
    project.write(conftest=YAML_PLUGIN)
    project.file("spec.yaml", "one: ok\n")
    outcome = project.run()
    outcome.check()
    said = tags(outcome.job("one"))
    assert said["test.source.file"] == "spec.yaml"
    assert "test.source.start" not in said
    assert "test.class" not in said


def test_equal_names_in_two_directories_are_two_stages(project: Project) -> None:
    for directory in ("a", "b"):
        project.file(f"{directory}/__init__.py", "")
        project.file(f"{directory}/test_same.py", SAME.replace("{failing}", "/b/test_same"))
    outcome = project.run()
    outcome.check()
    assert outcome.statuses() == {
        ("a/test_same.py::TestSame::test_one", "success"): 1,
        ("a/test_same.py::test_two", "success"): 1,
        ("b/test_same.py::TestSame::test_one", "success"): 1,
        ("b/test_same.py::test_two", "error"): 1,
    }
    stages = outcome.stages
    assert {name: stage["status"] for name, stage in stages.items()} == {
        "a/test_same.py": "success",
        "b/test_same.py": "error",
    }


def test_equal_class_names_by_class_are_two_stages(project: Project) -> None:
    for directory in ("a", "b"):
        project.file(f"{directory}/__init__.py", "")
        project.file(f"{directory}/test_same.py", SAME.replace("{failing}", "/b/test_same"))
    outcome = project.run("--ddci-stage=class")
    outcome.check()
    assert set(outcome.stages) == {
        "a/test_same.py",
        "a/test_same.py::TestSame",
        "b/test_same.py",
        "b/test_same.py::TestSame",
    }


def test_doctests_are_jobs(project: Project) -> None:
    project.file(
        "shop.py",
        '''
        """A shop.

        >>> 1 + 1
        2
        """

        def price():
            """Its price.

            >>> 2 * 3
            7
            """
        ''',
    )
    project.file("guide.txt", ">>> 40 + 2\n42\n")
    outcome = project.run("--doctest-modules", "--doctest-glob=*.txt")
    outcome.check()
    assert outcome.statuses() == {
        ("shop.py::shop", "success"): 1,
        ("shop.py::shop.price", "error"): 1,
        ("guide.txt::guide.txt", "success"): 1,
    }
    error = outcome.job("shop.price")["error"]
    assert error["type"] == "doctest.DocTestFailure"
    assert error["domain"] == "user"
    assert "Expected:\n    7\nGot:\n    6\n" in error["message"]


def test_an_exception_in_a_doctest_is_told_with_its_line(project: Project) -> None:
    project.file("guide.txt", ">>> 40 / 0\n42\n")
    outcome = project.run("--doctest-glob=*.txt")
    outcome.check()
    error = outcome.job("guide.txt")["error"]
    assert error["type"] == "doctest.UnexpectedException"
    assert error["domain"] == "user"
    assert ">>> 40 / 0" in error["message"]
    assert "ZeroDivisionError: division by zero" in error["message"]
