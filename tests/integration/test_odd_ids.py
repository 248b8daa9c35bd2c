"""Ids that hold what ids are made of, or what nobody expects, stay what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

pytestmark = pytest.mark.not_about_xdist

RAW_IDS = "[pytest]\ndisable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n"
ODD = ["a@b", "x]", "[y", "m::n", "p/q", "two words", "Grüße 中文", "x]@y", "::", "@", "-1"]
SUITE = f"""
    import pytest

    @pytest.mark.parametrize("value", range({len(ODD)}), ids={ODD!r})
    def test_odd(value): assert value != 3

    @pytest.mark.xdist_group("some@group")
    @pytest.mark.parametrize("value", range({len(ODD)}), ids={ODD!r})
    def test_grouped(value): assert value != 3
"""
DISTRIBUTIONS = [(), ("-n2",), ("-n2", "--dist", "loadgroup")]
NAMES = ["plain", "load", "loadgroup"]


def run(directory: Path, distribution: tuple[str, ...], text: str) -> Outcome:
    project = Project(directory, distribution)
    project.file("pytest.ini", RAW_IDS)
    project.write(test_ids=text)
    return project.run()


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_an_odd_id_is_the_jobs_name_as_it_is(tmp_path: Path, distribution: tuple[str, ...]) -> None:
    outcome = run(tmp_path, distribution, SUITE)
    # Where loadgroup adds a suffix to ids, junitxml shows it.
    outcome.check(junit="loadgroup" not in distribution)
    assert {(job["name"], job["status"]) for job in outcome.jobs} == {
        (f"test_ids.py::{test}[{each}]", "error" if index == 3 else "success")
        for test in ("test_odd", "test_grouped")
        for index, each in enumerate(ODD)
    }
    assert set(outcome.stages) == {"test_ids.py"}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_a_nul_in_an_id_is_replaced_and_nothing_else(
    tmp_path: Path, distribution: tuple[str, ...]
) -> None:
    outcome = run(
        tmp_path,
        distribution,
        """
        import pytest
        @pytest.mark.parametrize("value", [1], ids=["🎉a\\x00b"])
        def test_nul(value): pass
        """,
    )
    # junitxml spells NUL out, and in older versions everything beyond the basic plane.
    outcome.check(junit=False)
    assert outcome.exit_status == 0
    assert [job["name"] for job in outcome.jobs] == ["test_ids.py::test_nul[🎉a\ufffdb]"]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=NAMES)
def test_very_long_ids_are_cut_and_stay_distinct(
    tmp_path: Path, distribution: tuple[str, ...]
) -> None:
    outcome = run(
        tmp_path,
        distribution,
        """
        import pytest
        @pytest.mark.parametrize("value", [1, 2], ids=["x" * 1_000_000 + end for end in "ab"])
        def test_long(value): assert value == 1
        """,
    )
    # junitxml does not cut.
    outcome.check(junit=False)
    names = {job["name"] for job in outcome.jobs}
    assert len(names) == 2
    assert all(
        len(name) == 5_000 and name.startswith("test_ids.py::test_long[xx") for name in names
    )
    assert sorted(job["status"] for job in outcome.jobs) == ["error", "success"]


def test_a_cut_name_is_the_same_in_every_run(tmp_path: Path) -> None:
    text = """
        import pytest
        @pytest.mark.parametrize("value", [1], ids=["x" * 10_000])
        def test_long(value): pass
    """
    names = set()
    for number, distribution in enumerate(DISTRIBUTIONS):
        directory = tmp_path / str(number)
        directory.mkdir()
        (job,) = run(directory, distribution, text).jobs
        names.add(job["name"])
    assert len(names) == 1


def test_the_parameters_of_an_odd_id_are_the_values(project: Project) -> None:
    project.write(
        test_ids="""
        import pytest
        @pytest.mark.parametrize("text", ["a@b::c[d]", "\\ud800", "\\x00"], ids="abc")
        def test_text(text): pass
        """
    )
    outcome = project.run()
    outcome.check()
    shown = {job["name"].partition("[")[2]: job["parameters"] for job in outcome.jobs}
    assert shown["a]"] == {"text": "a@b::c[d]"}
    assert all(tags(job)["test.result"] == "pass" for job in outcome.jobs)
