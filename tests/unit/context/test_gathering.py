"""Environment and git put together."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.context import Machine, Relation, RunContext, ci_tags, gather
from pytest_ddci.context.environment import read_text_file
from pytest_ddci.context.git import GitAnswer
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HEAD = "a" * 40
MACHINE = Machine("box", "Linux", "6.1", "x86_64", "CPython", "3.12.1")
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/rocket",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "7",
    "GITHUB_SHA": HEAD,
    "GITHUB_REF": "refs/heads/main",
}
AUTHOR = (b"Ann", b"ann@x.org", b"2026-01-31T16:47:55Z")
COMMITTER = (b"Bob", b"bob@x.org", b"2026-02-01T10:00:00Z")
RECORD = b"\0".join([HEAD.encode(), *AUTHOR, *COMMITTER, b"", b"Add a nozzle", b""])


def git(
    where: bytes = b"/home/ann/rocket\nrefs/heads/feature\nrefs/remotes/origin/main\n",
) -> dict[str, bytes]:
    remote = b"remote.origin.url\nhttps://ann:s3cret@github.com/acme/rocket.git\0"
    return {"rev-parse": where, "log": RECORD, "config": remote}


def run(
    environ: Mapping[str, str],
    answers: Mapping[str, bytes] | None = None,
    cwd: str = "/home/ann/rocket",
) -> RunContext:
    def runner(args: Sequence[str], _cwd: str, _timeout: float) -> GitAnswer:
        return GitAnswer(0, answers[args[0]]) if answers else GitAnswer(128)

    return gather(environ, cwd, run_git=runner, clock=FakeClock(), machine=MACHINE)


def test_outside_ci_git_says_everything() -> None:
    context = run({"HOME": "/home/ann"}, git())

    assert context.provider is None
    assert context.git is not None
    assert context.git.repository_url == "https://github.com/acme/rocket.git"
    assert context.git.branch == "feature"
    assert context.git.default_branch == "main"
    assert context.git.author_email == "ann@x.org"
    assert set(context.sources.values()) == {"git"}
    assert context.warnings == ()
    assert context.relations.parent is None


def test_outside_ci_no_home_is_named() -> None:
    context = run({"HOME": "/home/ann"}, git())
    said = [*context.tags.values(), *context.node.labels, str(context.node.workspace)]

    assert context.node.workspace == "~/rocket"
    assert not [text for text in said if "/home/ann" in text]


def test_the_provider_is_believed_before_git() -> None:
    context = run(GITHUB, git())

    assert context.tags["git.branch"] == "main"
    assert context.sources["git.branch"] == "github"
    assert context.tags["git.commit.author.name"] == "Ann"
    assert context.sources["git.commit.author.name"] == "git"


def test_git_says_nothing_about_another_commit_than_the_providers() -> None:
    environ = {**GITHUB, "GITHUB_SHA": "c" * 40}
    del environ["GITHUB_REF"]
    context = run(environ, git())

    assert "git.commit.author.name" not in context.tags
    assert "git.branch" not in context.tags
    assert context.git is None
    assert context.git_missing == "email of the commit's author unknown"
    assert context.warnings == (
        "the events say nothing about git: email of the commit's author unknown",
    )


def test_a_detached_head_leaves_the_branch_unknown() -> None:
    context = run({}, git(b"/home/ann/rocket\nHEAD\n"))

    assert context.git is not None
    assert context.git.branch is None
    assert "git.branch" not in context.tags


def test_a_directory_without_git_is_silent() -> None:
    context = run({}, cwd="/work/rocket")

    assert (dict(context.tags), context.git, context.warnings) == ({}, None, ())
    assert context.node.workspace == "/work/rocket"


def test_a_git_that_hangs_is_one_warning() -> None:
    def hanging(_args: Sequence[str], _cwd: str, timeout: float) -> None:
        clock.advance(timeout)

    clock = FakeClock()
    context = gather({}, "/work", run_git=hanging, clock=clock, machine=MACHINE)

    assert context.warnings == ("git did not answer within 2 s",)


def test_the_node_is_the_machine_in_the_providers_words() -> None:
    environ = {
        "GITLAB_CI": "true",
        "CI_RUNNER_ID": "12",
        "CI_RUNNER_TAGS": '["linux", "arch:x86_64"]',
        "CI_PROJECT_DIR": "/builds/x",
    }
    node = run(environ).node

    assert (node.hostname, node.name, node.workspace) == ("box", "12", "/builds/x")
    assert node.labels == ("linux", "arch:x86_64", "os:linux", "python:cpython-3.12.1")


def test_numbers_in_a_table_of_environments_are_read_as_text(tmp_path: Path) -> None:
    environ: dict[str, Any] = {"DRONE": True, "DRONE_BUILD_NUMBER": 7, "DRONE_PULL_REQUEST": 42}

    tags = ci_tags(environ, str(tmp_path))

    assert tags["ci.pipeline.number"] == "7"
    assert tags["pr.number"] == "42"


def test_labels_given_as_a_plain_word_are_one_label() -> None:
    node = run({"DD_CI_NODE_LABELS": "big"}).node

    assert node.labels[0] == "big"


def test_the_machine_as_tags_has_the_tracers_names() -> None:
    assert MACHINE.tags() == {
        "os.platform": "Linux",
        "os.version": "6.1",
        "os.architecture": "x86_64",
        "runtime.name": "CPython",
        "runtime.version": "3.12.1",
    }


def test_a_source_line_has_its_page() -> None:
    context = run({"HOME": "/x"}, git(), cwd="/home/ann/rocket/python")

    expected = f"https://github.com/acme/rocket/blob/{HEAD}/python/tests/test_x.py#L3"
    assert context.source_url("tests/test_x.py", 3) == expected
    assert run({}).source_url("tests/test_x.py", 3) is None


def test_the_provider_vouches_for_the_forge_of_its_own_repository_only() -> None:
    environ = {**GITHUB, "GITHUB_SERVER_URL": "https://code.acme.example"}
    mine = {**environ, "DD_GIT_REPOSITORY_URL": "https://other.example/a/b"}

    assert run(environ, git()).source_url("t.py", 1) is not None
    assert run(mine, git()).source_url("t.py", 1) is None


def test_the_jobs_pages_are_at_hand() -> None:
    context = run({**GITHUB, "GITHUB_JOB": "unit"})

    assert context.job_name == "unit"
    assert context.job_url == f"https://github.com/acme/rocket/commit/{HEAD}/checks"
    assert context.pipeline_url == "https://github.com/acme/rocket/actions/runs/7"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Relation("7-1", "https://github.com/acme/rocket/actions/runs/7")),
        ({"DDCI_PARENT_PIPELINE_ID": "p"}, Relation("p")),
        ({"DDCI_PARENT_PIPELINE_URL": "https://u:p@x/1"}, Relation("7-1", "https://x/1")),
        (
            {"DDCI_PARENT_PIPELINE_ID": "p", "DDCI_PARENT_PIPELINE_URL": "https://x/1"},
            Relation("p", "https://x/1"),
        ),
    ],
)
def test_the_parent_is_the_providers_pipeline_or_the_one_given(
    given: dict[str, str], expected: Relation
) -> None:
    assert run({**GITHUB, **given}).parent == expected


def test_a_parent_may_be_given_outside_ci() -> None:
    context = run({"DDCI_PARENT_PIPELINE_ID": "p", "DDCI_PARENT_PIPELINE_URL": "https://x/1"})

    assert context.parent == Relation("p", "https://x/1")
    assert run({"DDCI_PARENT_PIPELINE_URL": "https://x/1"}).parent is None


def test_the_tags_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        run({}).tags["x"] = "y"  # type: ignore[index]


def test_a_providers_file_is_read_if_it_is_a_small_file(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(b"caf\xe9")
    large = tmp_path / "large.json"
    with large.open("wb") as out:
        out.truncate(8 * 1024 * 1024 + 1)

    assert read_text_file(str(file)) == "caf\ufffd"
    assert read_text_file(str(large)) is None
    assert read_text_file(str(tmp_path)) is None
    assert read_text_file(str(tmp_path / "missing")) is None
    assert read_text_file("\0") is None


def test_importing_the_context_imports_nothing_heavy() -> None:
    heavy = "{'httpx', 'pydantic', 'pytest', '_pytest', 'asyncio', 'socket'}"
    code = f"import sys, pytest_ddci.context; print(sorted({heavy} & set(sys.modules)))"

    # Without what a measurement of coverage would import there.
    environ = {name: text for name, text in os.environ.items() if "COV" not in name}
    done = subprocess.run(  # noqa: S603 - this interpreter, constant code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )

    assert done.stdout.strip() == "[]"
