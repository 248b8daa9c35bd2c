"""A pytest that a test starts is not reported unless asked for, and disturbs nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

pytestmark = [pytest.mark.autoload, pytest.mark.not_about_xdist]

CONFTEST = "pytest_plugins = ['pytester']"
INNER = """
    def test_outer_first(): pass

    def test_inner(pytester):
        pytester.makepyfile("def test_inside(): pass\\ndef test_failing(): assert 0")
        result = pytester.{how}()
        result.assert_outcomes(passed=1, failed=1)
        assert "ddci:" not in result.stdout.str()
        assert not pytester.path.joinpath(".ddci").exists()

    def test_outer_last(): pass
"""


@pytest.mark.parametrize("how", ["runpytest_inprocess", "runpytest_subprocess"])
@pytest.mark.parametrize(
    "env",
    [{"PYTEST_ADDOPTS": "--ddci"}, {"DDCI_ENABLED": "1"}],
    ids=["addopts", "enabled"],
)
def test_a_nested_session_is_not_reported_and_the_outer_one_is_whole(
    env: dict[str, str], how: str, project: Project, server: IntakeServer
) -> None:
    project.write(conftest=CONFTEST, test_a=INNER.format(how=how))
    outcome = project.run(env=env, flag="", server=server)
    outcome.check()
    assert outcome.exit_status == 0, outcome.stdout
    assert sorted(job["name"].partition("::")[2] for job in server.of_level("job")) == [
        "test_inner",
        "test_outer_first",
        "test_outer_last",
    ]
    assert len(server.of_level("pipeline")) == 1


@pytest.mark.parametrize("how", ["runpytest_inprocess", "runpytest_subprocess"])
def test_a_nested_session_that_asks_for_it_is_a_report_of_its_own(
    how: str, plain: Project, server: IntakeServer
) -> None:
    plain.write(
        conftest=CONFTEST,
        test_a=f"""
            def test_inner(pytester):
                pytester.makepyfile("def test_inside(ddci): ddci.tag('where', 'inside')")
                result = pytester.{how}("--ddci", "--ddci-pipeline-name=inner")
                result.assert_outcomes(passed=1)
                result.stdout.fnmatch_lines("ddci: pipeline inner: success")
            def test_after(ddci): ddci.tag("where", "outside")
        """,
    )
    outcome = plain.run("--ddci-pipeline-name=outer", server=server)
    outcome.check()
    assert outcome.exit_status == 0, outcome.stdout
    said = {
        (job["pipeline_name"], job["name"].partition("::")[2], tags(job).get("where"))
        for job in server.of_level("job")
    }
    assert said == {
        ("inner", "test_inside", "inside"),
        ("outer", "test_inner", None),
        ("outer", "test_after", "outside"),
    }


def test_the_mark_that_keeps_them_silent_is_gone_afterwards(plain: Project) -> None:
    plain.write(
        test_a="""
            import os
            def test_a(): assert os.environ["DDCI_OUTER_SESSION"]
        """,
        conftest="""
            import atexit, os
            from pathlib import Path
            before, after = set(os.environ), Path("after").absolute()
            atexit.register(lambda: after.write_text(" ".join(set(os.environ) - before)))
        """,
    )
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == 0
    assert "DDCI" not in (plain.directory / "after").read_text()


def test_a_forked_child_that_ends_like_a_process_reports_nothing(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a="""
            import multiprocessing, os, sys
            def work(): sys.exit(0)
            def test_fork():
                context = multiprocessing.get_context("fork")
                process = context.Process(target=work)
                process.start()
                process.join()
                assert process.exitcode == 0
            def test_after(): pass
        """
    )
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert len(server.of_level("pipeline")) == 1
    assert len(server.of_level("job")) == 2
