"""The files that a provider leaves for its jobs, in the odd forms they can have."""

from __future__ import annotations

import json

import pytest

from pytest_ddci.context.github_event import event_tags
from pytest_ddci.context.providers.teamcity import PROVIDER as TEAMCITY
from pytest_ddci.context.variables import Variables

SHA = "7d4f0d9c2a1b4e5f60718293a4b5c6d7e8f90a1b"
GITHUB = Variables({"GITHUB_EVENT_PATH": "event", "GITHUB_SHA": SHA})
COMMIT = {"id": SHA, "message": "Add a nozzle", "author": {"name": "Ann Lee"}, "committer": None}


def no_file(_: str) -> None:
    """Reads nothing."""


def event(content: object) -> dict[str, str]:
    tags = event_tags(GITHUB, {"event": json.dumps(content)}.get)
    return {name: text for name, text in tags.items() if text}


@pytest.mark.parametrize("content", [None, [], 3, "text", {}, {"pull_request": []}])
def test_an_event_of_another_make_says_nothing(content: object) -> None:
    assert event(content) == {}


@pytest.mark.parametrize("number", [True, "42", 4.2, None])
def test_a_number_of_a_request_is_a_whole_number(number: object) -> None:
    assert event({"pull_request": {"number": number}}) == {}


def test_an_event_tells_of_its_own_commit_only() -> None:
    said = {"git.commit.message": "Add a nozzle", "git.commit.author.name": "Ann Lee"}

    assert event({"head_commit": COMMIT}) == said
    assert event({"head_commit": {**COMMIT, "id": "0" * 40}}) == {}
    assert event_tags(Variables({}), no_file) == {}


def test_an_event_that_nests_too_deep_says_nothing() -> None:
    assert event_tags(GITHUB, {"event": "[" * 100_000}.get) == {}


def properties(build: str, configuration: str = "") -> dict[str, str]:
    files = {
        "build": f"teamcity.configuration.properties.file=conf\n{build}",
        "conf": configuration,
    }
    assert TEAMCITY.payload
    tags = TEAMCITY.payload(Variables({"TEAMCITY_BUILD_PROPERTIES_FILE": "build"}), files.get)
    return {name: text for name, text in tags.items() if text}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("agent-7", "agent-7"),
        (r"agent\:7\=a\ b", "agent:7=a b"),
        (r"caf\u00e9\\x", "café\\x"),
        (r" agent\t7 ", "agent\t7"),
        ("a=b=c", "a=b=c"),
    ],
)
def test_properties_are_read_as_java_writes_them(written: str, name: str) -> None:
    assert properties(f"#agent.name=no\nagent.name={written}\nodd line\n") == {"ci.node.name": name}


def test_a_build_of_no_default_branch_names_its_own() -> None:
    found = properties("", "teamcity.build.branch=feature/one\nvcsroot.branch=refs/heads/main\n")

    assert found == {"git.branch": "feature/one", "git.default_branch": "refs/heads/main"}


def test_a_build_without_its_files_says_nothing_more() -> None:
    assert TEAMCITY.payload
    assert not any(TEAMCITY.payload(Variables({}), no_file).values())
