"""`--lf` and `--ff` take up the last run of the project, which pytest's cache remembers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

FAILING = """
    def test_bad(): assert 0
    def test_good(): pass
"""


def names(outcome: Outcome) -> set[str]:
    return {job["name"].partition("::")[2] for job in outcome.jobs}


def run_before(project: Project, *args: str) -> str:
    """Run once and forget its journal; the pipeline's id."""
    outcome = project.run(*args)
    outcome.check()
    unique_id = str(outcome.pipeline["unique_id"])
    for journal in outcome.journals:
        journal.unlink()
    return unique_id


def test_a_run_of_the_failed_tests_is_a_partial_retry_of_the_last_run(project: Project) -> None:
    project.write(test_it=FAILING)
    last = run_before(project)
    outcome = project.run("--lf")
    outcome.check()

    assert names(outcome) == {"test_bad"}
    assert outcome.pipeline["previous_attempt"]["id"] == last
    assert last in outcome.pipeline["previous_attempt"]["url"]
    assert outcome.pipeline["partial_retry"] is True
    assert outcome.pipeline["unique_id"] != last


def test_the_last_run_is_the_latest_one(plain: Project) -> None:
    plain.write(test_it=FAILING)
    run_before(plain)
    last = run_before(plain, "--lf")
    outcome = plain.run("--lf")
    outcome.check()

    assert outcome.pipeline["previous_attempt"]["id"] == last


@pytest.mark.parametrize("flag", ["--ff", "--failed-first"])
def test_a_run_of_the_failed_first_is_a_partial_retry_too(project: Project, flag: str) -> None:
    project.write(test_it=FAILING)
    last = run_before(project)
    outcome = project.run(flag)
    outcome.check()

    assert names(outcome) == {"test_bad", "test_good"}
    assert outcome.pipeline["previous_attempt"]["id"] == last
    assert outcome.pipeline["partial_retry"] is True


@pytest.mark.parametrize("flag", ["--lf", "--ff"])
def test_the_first_run_has_nothing_before_it(project: Project, flag: str) -> None:
    project.write(test_it=FAILING)
    outcome = project.run(flag)
    outcome.check()

    assert "previous_attempt" not in outcome.pipeline
    assert outcome.pipeline["partial_retry"] is False


def test_a_run_that_does_not_ask_for_it_takes_up_nothing(project: Project) -> None:
    project.write(test_it=FAILING)
    run_before(project)
    outcome = project.run()
    outcome.check()

    assert "previous_attempt" not in outcome.pipeline
    assert outcome.pipeline["partial_retry"] is False


def test_a_given_previous_attempt_wins(plain: Project) -> None:
    plain.write(test_it=FAILING)
    run_before(plain)
    outcome = plain.run("--lf", "--ddci-previous-attempt=build-6")
    outcome.check()

    assert outcome.pipeline["previous_attempt"] == {"id": "build-6"}
    assert outcome.pipeline["partial_retry"] is True


def test_without_a_cache_nothing_is_remembered(project: Project) -> None:
    project.write(test_it=FAILING)
    run_before(project, "-p", "no:cacheprovider")
    assert not (project.directory / ".pytest_cache").exists()
    outcome = project.run("--lf")
    outcome.check()

    assert "previous_attempt" not in outcome.pipeline


@pytest.mark.parametrize(
    ("kept", "previous"),
    [
        pytest.param("nonsense", None, id="no JSON"),
        pytest.param("[]", None, id="no mapping"),
        pytest.param('{"id": 3}', None, id="no text"),
        pytest.param('{"id": "x", "url": 3}', {"id": "x"}, id="no url"),
    ],
)
def test_a_cache_that_was_tampered_with_breaks_nothing(
    plain: Project, kept: str, previous: dict[str, str] | None
) -> None:
    plain.write(test_it=FAILING)
    run_before(plain)
    (cached,) = plain.directory.glob(".pytest_cache/v/ddci/last_run")
    cached.write_text(kept)
    outcome = plain.run("--lf")
    outcome.check()

    assert outcome.pipeline.get("previous_attempt") == previous
    assert outcome.exit_status == 1


def test_the_announcement_says_the_same_as_the_final_event(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_it=FAILING)
    last = run_before(plain)
    plain.run("--lf", server=server).check()
    pipelines = [each for each in server.resources if each["level"] == "pipeline"]

    assert [each["status"] for each in pipelines] == ["running", "error"]
    told = [json.dumps([each["partial_retry"], each["previous_attempt"]]) for each in pipelines]
    assert told[0] == told[1]
    assert last in told[0]
