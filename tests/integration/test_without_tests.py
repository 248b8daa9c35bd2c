"""Sessions that run no test tell nobody anything; one that found none says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

SUITE = """
    import pytest

    @pytest.fixture
    def resource(): "A thing to use."

    def test_it(resource): pass
"""

ANSWERS = {
    "--collect-only": "test_it",
    "--setup-plan": "SETUP    F resource",
    "--setup-only": "SETUP    F resource",
    "--fixtures": "A thing to use.",
    "--fixtures-per-test": "A thing to use.",
    "--cache-show": "cachedir",
    "--help": "--ddci-pipeline-id",
    "--version": "pytest",
    "--markers": "@pytest.mark.ddci(tags={...}, metrics={...})",
}


@pytest.mark.parametrize(("flag", "answer"), ANSWERS.items(), ids=list(ANSWERS))
def test_a_session_without_tests_leaves_no_trace(
    plain: Project, server: IntakeServer, flag: str, answer: str
) -> None:
    plain.write(test_it=SUITE)
    outcome = plain.run(flag, server=server)

    assert outcome.exit_status == 0
    assert answer in outcome.stdout
    assert outcome.summary == []
    assert server.seen == []
    assert not (plain.directory / ".ddci").exists()


def test_workers_that_only_collect_leave_no_trace(plain: Project, server: IntakeServer) -> None:
    plain.write(test_it=SUITE)
    outcome = plain.run("-n2", "--collect-only", server=server)

    assert outcome.exit_status == 0
    assert server.seen == []
    assert not (plain.directory / ".ddci").exists()


@pytest.mark.parametrize(
    "flag",
    [
        "--ddci-pipeline-id",
        "--no-ddci",
        "--ddci-tag",
        "--ddci-dry-run",
        "--ddci-on-failure",
        "ddci_keep_days",
    ],
)
def test_help_explains_the_options_also_without_the_flag(plain: Project, flag: str) -> None:
    outcome = plain.run("--help", flag="")

    assert outcome.exit_status == 0
    assert flag in outcome.stdout


def test_the_marker_is_known_also_without_the_flag(plain: Project) -> None:
    plain.write(test_it='import pytest\n@pytest.mark.ddci(tags={"a": "b"})\ndef test_it(): pass')
    outcome = plain.run("--strict-markers", flag="")

    assert outcome.exit_status == 0
    assert outcome.journals == []


def test_a_session_that_finds_no_test_is_a_skipped_pipeline(
    project: Project, server: IntakeServer
) -> None:
    outcome = project.run(server=server)
    outcome.check()

    assert outcome.exit_status == 5
    assert outcome.pipeline["status"] == "skipped"
    assert [each["level"] for each in outcome.resources] == ["pipeline"]
    counts = metrics(outcome.pipeline)
    assert (counts["tests.collected"], counts["tests.deselected"]) == (0, 0)
    assert tuple(len(server.of_level(level)) for level in ("pipeline", "stage", "job")) == (1, 0, 0)


def test_a_path_that_does_not_exist_is_an_error_without_tests(plain: Project) -> None:
    outcome = plain.run("nowhere.py")
    outcome.check()

    assert outcome.exit_status == 4
    assert outcome.pipeline["status"] == "error"
    assert "usage error" in outcome.pipeline["error"]["message"]
    assert outcome.jobs == []
