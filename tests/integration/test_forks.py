"""Processes that tests fork: only the one that reports writes and sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

# A worker's child would talk to the controller through the worker's own pipe: nothing for xdist.
LONELY = {
    "child that goes on as pytest": """
        import os
        def test_fork():
            if os.fork():
                os.wait()
        def test_after(): pass
    """,
    "child that calls sys.exit": """
        import os, sys
        def test_fork():
            if os.fork() == 0:
                sys.exit(0)
            os.wait()
        def test_after(): pass
    """,
    "child that raises": """
        import os
        def test_fork():
            if os.fork() == 0:
                raise RuntimeError
            os.wait()
        def test_after(): pass
    """,
}
FORKS = {
    "child that ends at once": """
        import os
        def test_fork():
            if os.fork() == 0:
                os._exit(0)
            os.wait()
        def test_after(): pass
    """,
    "multiprocessing": """
        import multiprocessing
        def test_fork():
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert pool.map(abs, [-1, -2]) == [1, 2]
        def test_after(): pass
    """,
}


@pytest.mark.parametrize("suite", FORKS.values(), ids=FORKS)
def test_a_fork_changes_nothing_of_the_report(
    project: Project, server: IntakeServer, suite: str
) -> None:
    check(project, server, suite)


@pytest.mark.parametrize("suite", LONELY.values(), ids=LONELY)
def test_a_child_that_lives_on_as_a_second_pytest_reports_nothing(
    plain: Project, server: IntakeServer, suite: str
) -> None:
    check(plain, server, suite)


def check(project: Project, server: IntakeServer, suite: str) -> None:
    project.write(test_a=suite)
    # The child's own words on the terminal are pytest's business; ours come once.
    outcome = project.run("-W", "ignore", "--ddci-steps=none", server=server)
    assert outcome.exit_status == 0
    assert len(outcome.journals) == 1
    assert outcome.statuses() == {
        ("test_a.py::test_fork", "success"): 1,
        ("test_a.py::test_after", "success"): 1,
    }
    assert len(server.of_level("pipeline")) == 1
    assert len(server.of_level("job")) == 2
    assert [line for line in outcome.summary if line.startswith("delivered")] == [
        outcome.said("delivered: 4 of 4 ")
    ]
