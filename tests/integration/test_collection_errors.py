"""Modules that cannot be collected: one error each on its stage, whoever reports it how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

BROKEN = {
    "test_import.py": ("import no_such_module_anywhere\n", "ModuleNotFoundError"),
    "test_syntax.py": ("def test_x(:\n    pass\n", "SyntaxError"),
    "test_zero.py": ("value = 1 / 0\ndef test_x(): pass\n", "ZeroDivisionError"),
}
# Plain, and so many workers that each error is reported three times.
DISTRIBUTIONS = [(), ("-n3",)]
NAMES = ["plain", "xdist"]


def run(directory: Path, distribution: tuple[str, ...], *args: str, **files: str) -> Outcome:
    """Run; the exit status must be that of the same run without us."""
    project = Project(directory, distribution)
    project.write(**files)
    bare = project.run(*args, flag="")
    outcome = project.run(*args)
    assert outcome.exit_status == bare.exit_status
    return outcome


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
@pytest.mark.parametrize("tb", ["auto", "no", "native"])
def test_each_broken_module_is_one_stage_with_its_error(
    tmp_path: Path, distribution: tuple[str, ...], tb: str
) -> None:
    files = {name.removesuffix(".py"): text for name, (text, _) in BROKEN.items()}
    outcome = run(tmp_path, distribution, f"--tb={tb}", **files)
    outcome.check()
    assert outcome.jobs == []
    stages = outcome.stages
    assert set(stages) == set(BROKEN)
    for name, (_, kind) in BROKEN.items():
        assert stages[name]["status"] == "error"
        assert metrics(stages[name])["tests.errors"] == 1
        assert metrics(stages[name])["tests.collected"] == 0
        if tb != "no":
            error = stages[name]["error"]
            assert error["type"] == kind
            assert error["domain"] == "user"
    assert outcome.pipeline["status"] == "error"
    assert metrics(outcome.pipeline)["tests.errors"] == len(BROKEN)


@pytest.mark.parametrize("tb", ["auto", "no"])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_the_error_says_what_and_where_whatever_pytest_shows(
    tmp_path: Path, distribution: tuple[str, ...], tb: str
) -> None:
    outcome = run(
        tmp_path,
        distribution,
        f"--tb={tb}",
        helper="def half(): return 1 / 0",
        test_zero="import helper\nhelper.half()",
    )
    outcome.check()
    error = outcome.stages["test_zero.py"]["error"]
    assert error["message"] == "division by zero"
    assert "helper.half()" in error["stack"]
    assert "return 1 / 0" in error["stack"]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_with_a_broken_module_the_pipeline_is_an_error_whatever_passed(
    tmp_path: Path, distribution: tuple[str, ...]
) -> None:
    outcome = run(
        tmp_path,
        distribution,
        test_good="def test_one(): pass\ndef test_two(): pass",
        test_zero="1 / 0",
    )
    # Plain pytest runs no test then: junitxml has none.
    outcome.check()
    assert outcome.pipeline["status"] == "error"
    assert outcome.pipeline["error"]["type"] == "TestsFailed"
    assert "test_zero.py" in outcome.pipeline["error"]["message"]
    counts = metrics(outcome.pipeline)
    assert counts["tests.collected"] == 2
    if distribution:
        assert outcome.exit_status == 1
        assert outcome.statuses() == {
            ("test_good.py::test_one", "success"): 1,
            ("test_good.py::test_two", "success"): 1,
        }
        assert outcome.stages["test_good.py"]["status"] == "success"
    else:
        assert outcome.exit_status == 2
        assert counts["tests.not_run"] == 2


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_told_to_go_on_the_rest_runs(tmp_path: Path, distribution: tuple[str, ...]) -> None:
    outcome = run(
        tmp_path,
        distribution,
        "--continue-on-collection-errors",
        test_good="def test_one(): pass",
        test_zero="1 / 0",
    )
    outcome.check()
    assert outcome.statuses() == {("test_good.py::test_one", "success"): 1}
    assert outcome.pipeline["status"] == "error"
    assert outcome.stages["test_zero.py"]["status"] == "error"


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_a_broken_conftest_in_a_subdirectory_is_an_error(
    tmp_path: Path, distribution: tuple[str, ...]
) -> None:
    project = Project(tmp_path, distribution)
    project.file("sub/conftest.py", "1 / 0")
    project.file("sub/test_sub.py", "def test_sub(): pass")
    project.file("test_top.py", "def test_top(): pass")
    bare = project.run(flag="")
    outcome = project.run()
    outcome.check()
    assert outcome.exit_status == bare.exit_status
    assert outcome.pipeline["status"] == "error"
    (broken,) = [stage for stage in outcome.of("stage") if stage["status"] == "error"]
    assert broken["name"].startswith("sub")
    assert "ZeroDivisionError" in broken["error"]["stack"]
    assert metrics(outcome.pipeline)["tests.errors"] == 1


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_a_class_that_cannot_be_collected_is_an_error_of_its_module(
    tmp_path: Path, distribution: tuple[str, ...]
) -> None:
    outcome = run(
        tmp_path,
        distribution,
        "--continue-on-collection-errors",
        test_mixed="""
        import pytest
        def test_good(): pass
        @pytest.mark.parametrize("no_such_argument", [1])
        def test_bad(): pass
        """,
    )
    outcome.check()
    (stage,) = outcome.of("stage")
    assert stage["name"] == "test_mixed.py"
    assert stage["status"] == "error"
    assert "no_such_argument" in stage["error"]["message"]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_a_module_that_skips_itself_is_a_skipped_stage(
    tmp_path: Path, distribution: tuple[str, ...]
) -> None:
    outcome = run(
        tmp_path,
        distribution,
        test_skipped="import pytest\npytest.skip('not here', allow_module_level=True)",
        test_good="def test_one(): pass",
    )
    outcome.check()
    assert outcome.stages["test_skipped.py"]["status"] == "skipped"
    assert "test.skip_reason:not here" in outcome.stages["test_skipped.py"]["tags"]
    assert outcome.pipeline["status"] == "success"
