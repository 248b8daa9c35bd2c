"""Every value is told with the very variables it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.context import Machine, gather
from pytest_ddci.context.git import GitAnswer
from pytest_ddci.context.origins import find_origins, told, variables_behind
from tests.fakes import FakeClock
from tests.unit.context.test_laws import ENVIRONMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

SHA = "0123456789abcdef0123456789abcdef01234567"
MACHINE = Machine("box", "Linux", "6.1", "x86_64", "CPython", "3.12.1")
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted((Path(__file__).parent / "cases").glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_EVENT_NAME": "push",
}


def origins(
    environ: Mapping[str, str], files: Mapping[str, str] | None = None, git: str = ""
) -> dict[str, str]:
    answer = GitAnswer(0, git.encode()) if git else GitAnswer(128)
    context = gather(
        environ,
        "/work",
        run_git=lambda *_: answer,
        clock=FakeClock(),
        read_text=(files or {}).get,
        machine=MACHINE,
    )
    return find_origins(context, environ, (files or {}).get)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("git.commit.sha", "GITHUB_SHA"),
        ("git.branch", "GITHUB_REF"),
        # The value is the default too: yet another one would make another address.
        ("git.repository_url", "GITHUB_SERVER_URL + GITHUB_REPOSITORY"),
        ("ci.provider.name", "GITHUB_ACTIONS"),
        ("parent_pipeline.id", "GITHUB_RUN_ID + GITHUB_RUN_ATTEMPT"),
        ("provider.trigger", "GITHUB_EVENT_NAME"),
        ("is_manual", "GITHUB_EVENT_NAME"),
    ],
)
def test_a_value_names_all_variables_it_is_made_of(name: str, expected: str) -> None:
    assert origins(GITHUB)[name] == expected


def test_of_several_variables_the_one_that_answers_is_named() -> None:
    with_head = {**GITHUB, "GITHUB_HEAD_REF": "feature"}

    assert origins(with_head)["git.branch"] == "GITHUB_HEAD_REF"


def test_a_variable_that_is_blank_is_no_source() -> None:
    assert origins({**GITHUB, "GITHUB_HEAD_REF": " "})["git.branch"] == "GITHUB_REF"


def test_the_users_own_variable_is_named_and_what_it_overrides_is_not() -> None:
    found = origins({**GITHUB, "DD_GIT_BRANCH": "main", "DDCI_PARENT_PIPELINE_ID": "p"})

    assert found["git.branch"] == "DD_GIT_BRANCH"
    assert found["parent_pipeline.id"] == "DDCI_PARENT_PIPELINE_ID"


def test_what_a_file_says_comes_from_the_variable_that_names_it() -> None:
    environ = {**GITHUB, "GITHUB_EVENT_PATH": "/event.json"}
    event = json.dumps({"repository": {"default_branch": "trunk"}})
    found = origins(environ, {"/event.json": event})

    assert found["git.default_branch"] == "GITHUB_EVENT_PATH"


def test_no_other_file_is_read_to_find_that_out() -> None:
    environ = {**GITHUB, "GITHUB_EVENT_PATH": "/event.json"}
    read: list[str] = []
    context = gather(environ, "/", run_git=lambda *_: None, read_text=lambda _: None)
    find_origins(context, environ, read.append)

    assert read == ["/event.json"]


def test_a_workspace_below_the_home_comes_from_the_home_too_where_it_is_written_out() -> None:
    environ = {
        "CIRCLECI": "true",
        "CIRCLE_WORKING_DIRECTORY": "~/project",
        "HOME": "/home/circleci",
    }
    found = origins(environ)

    assert found["ci.workspace_path"] == "CIRCLE_WORKING_DIRECTORY + HOME"
    assert found["node.workspace"] == "CIRCLE_WORKING_DIRECTORY"


def test_variables_with_a_common_prefix_are_all_named() -> None:
    environ = {
        "BUILDKITE": "true",
        "BUILDKITE_AGENT_META_DATA_QUEUE": "big",
        "BUILDKITE_AGENT_META_DATA_OS": "linux",
    }
    named = origins(environ)["ci.node.labels"].split(" + ")

    assert set(named) == set(environ) - {"BUILDKITE"}


def test_what_git_says_comes_from_git() -> None:
    found = origins({}, git="/work\nHEAD\n")

    assert found["ci.workspace_path"] == "git"


def test_of_several_marks_as_many_are_named_as_are_needed() -> None:
    both = {"JENKINS_URL": "https://ci.example/", "BUILD_TAG": "jenkins-a-1", "BUILD_NUMBER": "1"}
    by_tag = {name: both[name] for name in ("BUILD_TAG", "BUILD_NUMBER")}

    assert origins(both)["ci.provider.name"] == "JENKINS_URL"
    assert set(origins(by_tag)["ci.provider.name"].split(" + ")) == set(by_tag)


def test_outside_ci_nothing_has_a_source() -> None:
    assert origins({"PATH": "/bin", "HOME": "/home/ann"}) == {}


@pytest.mark.parametrize("case", CASES)
def test_everything_in_a_recorded_environment_has_its_variables(case: dict[str, Any]) -> None:
    environ, files = case["environ"], case.get("files", {})
    context = gather(
        environ,
        "/work",
        run_git=lambda *_: GitAnswer(128),
        clock=FakeClock(),
        read_text=files.get,
        machine=MACHINE,
    )
    found = find_origins(context, environ, files.get)

    for name in (*context.tags, *told(context.relations)):
        assert set(found[name].split(" + ")) <= environ.keys(), name


@given(ENVIRONMENTS)
def test_no_environment_raises_and_only_variables_that_are_set_are_named(
    environ: dict[str, str],
) -> None:
    for named in origins(environ).values():
        assert set(named.split(" + ")) <= environ.keys()


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.text(min_size=1).filter(str.strip), min_size=1),
    st.sets(st.sampled_from("ABCDEF")),
)
def test_a_variable_that_is_not_named_may_go(environ: dict[str, str], used: set[str]) -> None:
    def read(env: Mapping[str, str]) -> dict[str, str]:
        return {"all": "|".join(env.get(name, "") for name in sorted(used))}

    named = set(variables_behind(read, environ).get("all", "").split(" + ")) - {""}

    assert named == used & environ.keys()
    assert read({name: environ[name] for name in named}) == read(environ)
