"""The announcement of a pipeline before its first test, whose failure harms nobody."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.intake_server import Fault, IntakeServer

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

PASSING = "def test_pass(): pass"
CI = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_RUN_NUMBER": "7",
    "GITHUB_SHA": "0" * 40,
    "GITHUB_JOB": "tests",
    "GITHUB_WORKFLOW": "ci",
}


@pytest.mark.parametrize("env", [{}, CI], ids=["local", "ci"])
def test_the_announcement_and_the_final_event_are_of_one_pipeline(
    env: dict[str, str], project: Project
) -> None:
    project.write(test_a=PASSING)
    with IntakeServer() as server:
        outcome = project.run(server=server, env=env)
        running, final = (each for each in server.resources if each["level"] == "pipeline")
        assert server.contract_errors == []
    outcome.check()
    assert (running["status"], final["status"]) == ("running", "success")
    for same in ("unique_id", "name", "url", "start", "partial_retry"):
        assert running[same] == final[same]
    assert "end" not in running


def test_it_is_sent_before_the_first_test_begins(project: Project) -> None:
    project.write(
        test_a="""
            import os, time
            def test_first():
                with open("first-test", "w") as file:
                    file.write(str(time.time()))
        """
    )
    arrivals: list[float] = []
    with IntakeServer() as server:
        keep = server.keep

        def kept(seen: object) -> None:
            arrivals.append(time.time())
            keep(seen)  # type: ignore[arg-type] # passed on

        server.keep = kept  # type: ignore[method-assign] # a spy
        project.run(server=server).check()
    assert arrivals[0] < float((project.directory / "first-test").read_text()) < arrivals[-1]
    assert len(arrivals) == 2


@pytest.mark.parametrize(
    "fault",
    [Fault(status=500), Fault(status=403), Fault("drop"), Fault(status=400, body=b"not json")],
    ids=["500", "403", "drop", "400"],
)
def test_its_failure_is_one_line_and_the_run_is_delivered(fault: Fault, plain: Project) -> None:
    plain.write(test_a=PASSING)
    with IntakeServer([fault]) as server:
        outcome = plain.run(server=server)
        assert len(server.seen) == 2
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("the running pipeline was not announced: ")
    assert "6 of 6" in outcome.said("delivered")


@pytest.mark.parametrize("action", ["hang", "drip"])
def test_it_takes_two_seconds_at_most(action: str, plain: Project) -> None:
    plain.write(
        test_a="""
            import pathlib, time
            def test_a(): pathlib.Path("begun").write_text(str(time.time()))
        """,
        conftest="""
            import pathlib, time
            def pytest_sessionstart(): pathlib.Path("go").write_text(str(time.time()))
            def pytest_configure(): pathlib.Path("configured").write_text(str(time.time()))
        """,
    )
    with IntakeServer([Fault(action)]) as server:  # type: ignore[arg-type] # one of its words
        outcome = plain.run(server=server)
    outcome.check()

    def at(name: str) -> float:
        return float((plain.directory / name).read_text())

    # Git is asked, the announcement tried, and a test collected in between.
    assert 1.9 < at("go") - at("configured") < 4
    assert outcome.said("the running pipeline was not announced: ")


@pytest.mark.parametrize("args", [("--no-ddci-running",), ("--ddci-dry-run",)])
def test_it_is_not_sent_where_it_is_not_wanted(args: tuple[str, ...], plain: Project) -> None:
    plain.write(test_a=PASSING)
    with IntakeServer() as server:
        plain.run(*args, server=server).check()
        assert not [each for each in server.resources if each["status"] == "running"]


def test_without_a_key_asking_for_it_sends_nothing(plain: Project) -> None:
    plain.write(test_a=PASSING)
    outcome = plain.run("--ddci-running")
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("kept: 6")


def test_workers_announce_nothing(plain: Project) -> None:
    plain.write(test_a=PASSING, test_b=PASSING)
    with IntakeServer() as server:
        plain.run("-n2", server=server).check()
        assert [each["status"] for each in server.resources if each["level"] == "pipeline"] == [
            "running",
            "success",
        ]
