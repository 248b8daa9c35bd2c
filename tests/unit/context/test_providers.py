"""Every provider against recorded environments, value by value (the files in `cases/`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_ddci.context import Machine, RunContext, gather
from pytest_ddci.context.git import GitAnswer
from pytest_ddci.context.providers import PROVIDERS
from tests.fakes import FakeClock

CASES = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parent / "cases").glob("*.json"))
}
MOST_USED = ("azure", "bitbucket", "buildkite", "circleci", "github", "gitlab", "jenkins")
TABLE = [
    pytest.param(case, id=f"{provider}: {case['name']}")
    for provider, cases in CASES.items()
    for case in cases
]


def context_of(case: dict[str, Any]) -> RunContext:
    files = case.get("files", {})
    return gather(
        case["environ"],
        "/somewhere",
        run_git=lambda *_: GitAnswer(code=128),
        clock=FakeClock(),
        read_text=files.get,
        machine=Machine("box", "Linux", "6.1", "x86_64", "CPython", "3.12.1"),
    )


@pytest.mark.parametrize("case", TABLE)
def test_a_recorded_environment_gives_exactly_these_tags(case: dict[str, Any]) -> None:
    assert dict(context_of(case).tags) == case["tags"]


@pytest.mark.parametrize("case", [p for p in TABLE if "run" in p.values[0]])  # type: ignore[operator]
def test_a_recorded_environment_tells_its_relations(case: dict[str, Any]) -> None:
    context = context_of(case)
    relations = context.relations
    related = {"parent": context.parent, "previous": context.previous_attempt}
    found: dict[str, Any] = {
        "trigger": relations.trigger,
        "is_manual": context.is_manual,
        "attempt": relations.attempt,
        "partial_retry": relations.partial_retry,
    }
    for name, relation in related.items():
        found[name] = [relation.id, relation.url] if relation else None

    assert {name: found[name] for name in case["run"]} == case["run"]


def test_every_provider_has_its_cases() -> None:
    named = {case["tags"].get("ci.provider.name") for cases in CASES.values() for case in cases}

    assert {provider.name for provider in PROVIDERS} <= named
    assert {name: len(CASES[name]) for name in MOST_USED if len(CASES[name]) < 5} == {}
    assert {name: len(cases) for name, cases in CASES.items() if len(cases) < 2} == {}


MARKS = {
    "gitlab": ("GITLAB_CI", "true"),
    "github": ("GITHUB_SHA", "a" * 40),
    "circleci": ("CIRCLECI", "true"),
    "jenkins": ("JENKINS_URL", "https://ci.acme.example/"),
    "azurepipelines": ("TF_BUILD", "True"),
    "bitbucket": ("BITBUCKET_COMMIT", "a" * 40),
    "buildkite": ("BUILDKITE", "true"),
    "appveyor": ("APPVEYOR", "True"),
    "awscodepipeline": ("CODEBUILD_INITIATOR", "codepipeline/x"),
    "awscodebuild": ("CODEBUILD_BUILD_ID", "x:1"),
    "bitrise": ("BITRISE_BUILD_SLUG", "x"),
    "buddy": ("BUDDY", "true"),
    "codefresh": ("CF_BUILD_ID", "x"),
    "woodpecker": ("CI_SYSTEM_NAME", "woodpecker"),
    "drone": ("DRONE", "true"),
    "teamcity": ("TEAMCITY_VERSION", "2024.03"),
    "travisci": ("TRAVIS", "true"),
}
"""A variable by which each provider is recognised where it is alone."""
AMAZON = frozenset({"awscodebuild", "awscodepipeline"})


@pytest.mark.parametrize("name", [provider.name for provider in PROVIDERS])
def test_a_mark_alone_names_its_provider(name: str) -> None:
    assert context_of({"environ": dict([MARKS[name]])}).provider == name


@pytest.mark.parametrize("case", [p for p in TABLE if "push" in str(p.id)])
def test_one_leaked_mark_does_not_hide_the_provider_that_runs(case: dict[str, Any]) -> None:
    name = case["tags"]["ci.provider.name"]
    # CodeBuild with the initiator of a pipeline is CodePipeline, and says nothing else.
    others = MARKS.keys() - ({name} | (AMAZON if name in AMAZON else set()))
    hidden = [
        other
        for other in sorted(others)
        if context_of({"environ": {**case["environ"], **dict([MARKS[other]])}}).provider != name
    ]

    assert hidden == []


@pytest.mark.parametrize("no", ["", " ", "0", "false", "False", "no", "off"])
def test_a_mark_that_says_no_is_none(no: str) -> None:
    assert context_of({"environ": {"TRAVIS": no, "CI": no}}).provider is None
