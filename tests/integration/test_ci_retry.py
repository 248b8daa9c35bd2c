"""A CI job that was started again: its pipeline names what it retries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.project import Project

GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "123",
    "GITHUB_RUN_NUMBER": "7",
    "GITHUB_WORKFLOW": "tests",
    "GITHUB_JOB": "unit",
    "GITHUB_SHA": "a" * 40,
}


def test_a_second_attempt_is_linked_to_the_first(plain: Project) -> None:
    plain.write(test_a="def test(): pass")
    outcome = plain.run(env={**GITHUB, "GITHUB_RUN_ATTEMPT": "2"})
    outcome.check()
    assert outcome.pipeline["parent_pipeline"]["id"] == "123-2"
    assert outcome.pipeline["previous_attempt"] == {
        "id": "123-1",
        "url": "https://github.com/acme/shop/actions/runs/123/attempts/1",
    }


def test_a_first_attempt_retries_nothing(plain: Project) -> None:
    plain.write(test_a="def test(): pass")
    outcome = plain.run(env={**GITHUB, "GITHUB_RUN_ATTEMPT": "1"})
    outcome.check()
    assert "previous_attempt" not in outcome.pipeline


def test_a_partial_retry_says_so(plain: Project) -> None:
    plain.write(test_a="def test(): pass")
    retried = {"BUILDKITE": "true", "BUILDKITE_BUILD_ID": "b-1", "BUILDKITE_RETRY_COUNT": "1"}
    outcome = plain.run(env={**retried, "CI": "true"})
    outcome.check()
    assert outcome.pipeline["partial_retry"] is True
