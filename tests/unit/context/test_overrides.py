"""What the user says wins; what cannot be right is ignored with one line."""

from __future__ import annotations

import pytest

from pytest_ddci.context import gather
from pytest_ddci.context.git import GitAnswer
from pytest_ddci.context.overrides import VARIABLES, read_overrides
from pytest_ddci.context.variables import Variables
from tests.fakes import FakeClock

SHA = "0123456789abcdef0123456789abcdef01234567"
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_ID": "9001",
    "CI_COMMIT_SHA": "f" * 40,
    "CI_COMMIT_REF_NAME": "main",
    "CI_JOB_URL": "https://gitlab.com/jobs/1",
}


def tags_of(environ: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    context = gather(
        environ, "/somewhere", run_git=lambda *_: GitAnswer(code=128), clock=FakeClock()
    )
    return dict(context.tags), context.warnings


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_each_variable_wins_over_the_provider(name: str) -> None:
    right = {
        "DD_GIT_COMMIT_SHA": SHA,
        "DD_GIT_COMMIT_HEAD_SHA": SHA,
        "DD_GIT_PULL_REQUEST_BASE_BRANCH_SHA": SHA,
        "DD_GIT_PULL_REQUEST_BASE_BRANCH_HEAD_SHA": "a" * 64,
        "DD_GIT_REPOSITORY_URL": "https://github.com/acme/rocket",
        "DD_CI_PIPELINE_URL": "https://ci.example/7",
        "DD_CI_JOB_URL": "https://ci.example/7/1",
    }
    value = right.get(name, "mine")
    tags, _ = tags_of({**GITLAB, name: value})

    assert tags[VARIABLES[name]] == value


def test_the_source_of_an_override_is_its_variable() -> None:
    context = gather({**GITLAB, "DD_GIT_BRANCH": "refs/heads/mine"}, "/somewhere")

    assert context.tags["git.branch"] == "mine"
    assert context.sources["git.branch"] == "DD_GIT_BRANCH"
    assert context.sources["ci.pipeline.id"] == "gitlab"


def test_a_tag_given_as_branch_is_a_tag() -> None:
    overrides = read_overrides(Variables({"DD_GIT_BRANCH": "origin/tags/v1"}))

    assert overrides.tags == {"git.tag": "origin/tags/v1"}
    assert tags_of({"DD_GIT_BRANCH": "origin/tags/v1"})[0] == {"git.tag": "v1"}


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("DD_GIT_COMMIT_SHA", "0123abc", "'0123abc'"),
        ("DD_GIT_COMMIT_SHA", "z" * 40, "zzz"),
        ("DD_GIT_COMMIT_HEAD_SHA", "HEAD", "'HEAD'"),
        ("DD_GIT_PULL_REQUEST_BASE_BRANCH_SHA", "main", "'main'"),
        ("DD_GIT_PULL_REQUEST_BASE_BRANCH_HEAD_SHA", "a" * 39, "'aaa"),
        ("DD_GIT_BRANCH", "refs/heads/", "'refs/heads/' names no branch"),
        ("DD_GIT_TAG", "refs/tags/", "'refs/tags/' names no branch or tag"),
        ("DD_GIT_DEFAULT_BRANCH", "origin/", "'origin/'"),
        ("DD_GIT_PULL_REQUEST_BASE_BRANCH", "heads/", "'heads/'"),
        ("DD_GIT_REPOSITORY_URL", "acme/rocket", "'acme/rocket'"),
        ("DD_GIT_REPOSITORY_URL", "https:///acme/rocket", "'https:///acme/rocket'"),
    ],
)
def test_a_wrong_value_is_one_warning_and_the_provider_stays(
    name: str, value: str, named: str
) -> None:
    plain, _ = tags_of(GITLAB)
    tags, warnings = tags_of({**GITLAB, name: value})

    assert tags == plain
    (line,) = [line for line in warnings if line.startswith(f"{name} is ignored")]
    assert named in line
    assert "\n" not in line


@pytest.mark.parametrize("name", ["DD_GIT_COMMIT_AUTHOR_DATE", "DD_GIT_COMMIT_COMMITTER_DATE"])
def test_a_date_that_is_no_time_is_a_tag_and_one_warning(name: str) -> None:
    tags, warnings = tags_of({**GITLAB, name: "yesterday"})

    assert tags[VARIABLES[name]] == "yesterday"
    (line,) = [line for line in warnings if line.startswith(name)]
    assert line.startswith(f"{name} is ignored in the events: 'yesterday' is no time")


def test_a_date_that_is_a_time_is_no_warning() -> None:
    given = {"DD_GIT_COMMIT_AUTHOR_DATE": "2026-01-31T16:47:55+01:00"}

    assert read_overrides(Variables(given)).warnings == ()


def test_the_warning_about_an_address_does_not_show_its_password() -> None:
    url = "https://ann:s3cret@/acme"

    warnings = read_overrides(Variables({"DD_GIT_REPOSITORY_URL": url})).warnings

    assert len(warnings) == 1
    assert "s3cret" not in warnings[0]


def test_an_empty_override_says_nothing() -> None:
    assert read_overrides(Variables(dict.fromkeys(VARIABLES, " "))) == ({}, {}, ())
