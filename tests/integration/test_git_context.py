"""The real git, in repositories of every odd kind."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.clock import SystemClock
from pytest_ddci.context import RunContext, SubprocessGit, ci_tags, gather
from pytest_ddci.context.git import Checkout, read_git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

URL = "https://github.com/acme/rocket.git"
ENVIRON = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ann Lee",
    "GIT_AUTHOR_EMAIL": "ann@acme.example",
    "GIT_AUTHOR_DATE": "2026-01-31T16:47:55+01:00",
    "GIT_COMMITTER_NAME": "Bob",
    "GIT_COMMITTER_EMAIL": "bob@acme.example",
    "GIT_COMMITTER_DATE": "2026-02-01T10:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository to be looked at, and the means to make it odd."""

    path: Path

    @classmethod
    def new(cls, path: Path, *options: str) -> Repository:
        path.mkdir(parents=True)
        repository = cls(path)
        repository.git("init", "-q", "-b", "main", *options)
        return repository

    def git(self, *args: str) -> str:
        command = ["git", "-c", "protocol.file.allow=always", *args]
        done = subprocess.run(  # noqa: S603 - constant commands of these tests
            command, cwd=self.path, env=ENVIRON, check=True, capture_output=True
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(self, message: str = "Add a nozzle") -> str:
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def read(self, environ: Mapping[str, str] = ENVIRON) -> Checkout:
        return read_git(str(self.path), SubprocessGit(environ), SystemClock(), seconds=30)

    def context(self, **environ: str) -> RunContext:
        return gather({**ENVIRON, **environ}, str(self.path))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.new(tmp_path / "rocket")
    made.git("remote", "add", "origin", URL)
    return made


def test_a_plain_checkout(repository: Repository) -> None:
    sha = repository.commit("Add a nozzle\n\nWith care.")
    (repository.path / "tests").mkdir()
    inside = Repository(repository.path / "tests").read()

    assert inside.toplevel == os.path.realpath(repository.path)
    assert inside.branch == "main"
    assert inside.remote_url == URL
    assert inside.merged is None
    assert inside.head is not None
    assert inside.head.sha == sha
    assert inside.head.author_name == "Ann Lee"
    assert inside.head.author_time == "2026-01-31T16:47:55+01:00"
    assert inside.head.committer_email == "bob@acme.example"
    assert inside.head.commit_time in {"2026-02-01T10:00:00+00:00", "2026-02-01T10:00:00Z"}
    assert inside.head.message == "Add a nozzle\n\nWith care."
    assert inside.problem is None


def test_its_block_is_whole(repository: Repository) -> None:
    sha = repository.commit()
    context = repository.context()

    assert context.git is not None
    assert (context.git.sha, context.git.branch) == (sha, "main")
    assert context.warnings == ()
    expected = f"https://github.com/acme/rocket/blob/{sha}/tests/test_x.py#L4"
    assert context.source_url("tests/test_x.py", 4) == expected
    assert context.source_url(str(repository.path / "tests" / "test_x.py"), 4) == expected


def test_the_tags_of_a_checkout(repository: Repository) -> None:
    sha = repository.commit()
    tags = ci_tags(ENVIRON, str(repository.path))

    assert tags["git.commit.sha"] == sha
    assert tags["git.branch"] == "main"
    assert tags["git.repository_url"] == URL
    assert tags["git.commit.author.email"] == "ann@acme.example"
    assert tags["ci.workspace_path"] == os.path.realpath(repository.path)
    assert "ci.provider.name" not in tags


def test_a_detached_head(repository: Repository) -> None:
    repository.commit()
    repository.git("checkout", "-q", "--detach")
    context = repository.context()

    assert context.git is not None
    assert (context.git.branch, context.git.tag) == (None, None)


def test_a_detached_head_on_a_tag(repository: Repository) -> None:
    repository.commit()
    repository.git("tag", "-a", "v1,2", "-m", "one comma two")
    repository.git("checkout", "-q", "v1,2")

    assert repository.read().tag == "v1,2"


def test_a_worktree(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit()
    repository.git("worktree", "add", "-q", "-b", "feature/one", str(tmp_path / "second"))
    read = Repository(tmp_path / "second").read()

    assert read.toplevel == os.path.realpath(tmp_path / "second")
    assert (read.branch, read.remote_url) == ("feature/one", URL)
    assert read.head is not None
    assert read.head.sha == sha


def test_a_submodule(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    outer = Repository.new(tmp_path / "outer")
    outer.git("submodule", "--quiet", "add", str(repository.path), "libs/rocket")
    outer.commit("Use it")
    inner = Repository(outer.path / "libs" / "rocket").read()

    assert inner.toplevel == os.path.realpath(outer.path / "libs" / "rocket")
    assert inner.head is not None
    assert inner.head.message == "Add a nozzle"


def merge_of_a_request(repository: Repository) -> tuple[str, str]:
    """What CI makes of a pull request; the ids of the merge and of the head."""
    repository.commit("Base")
    repository.git("checkout", "-q", "-b", "feature/one")
    head = repository.commit("Mine")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "feature/one")
    return repository.git("rev-parse", "HEAD"), head


def github(sha: str, head: str, tmp_path: Path) -> dict[str, str]:
    event = tmp_path / "event.json"
    event.write_text(f'{{"pull_request": {{"number": 42, "head": {{"sha": "{head}"}}}}}}')
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/rocket",
        "GITHUB_SHA": sha,
        "GITHUB_HEAD_REF": "feature/one",
        "GITHUB_EVENT_PATH": str(event),
    }


def test_the_head_of_a_merged_request_is_found(repository: Repository, tmp_path: Path) -> None:
    sha, head = merge_of_a_request(repository)
    context = repository.context(**github(sha, head, tmp_path))

    assert context.git is not None
    assert (context.git.sha, context.git.message) == (head, "Mine")
    assert context.tags["git.commit.sha"] == sha
    assert context.tags["git.commit.message"] == "Merge"
    assert context.tags["git.commit.head.message"] == "Mine"


def test_in_a_shallow_clone_the_head_of_a_request_is_known_by_id(
    repository: Repository, tmp_path: Path
) -> None:
    sha, head = merge_of_a_request(repository)
    source = repository.path.as_uri()
    repository.git("clone", "-q", "--depth=1", source, str(tmp_path / "shallow"))
    shallow = Repository(tmp_path / "shallow")
    read = shallow.read()
    context = shallow.context(**github(sha, head, tmp_path))

    assert read.head is not None
    assert (read.head.sha, read.merged) == (sha, None)
    assert read.default_branch == "main"
    assert context.git is not None
    assert (context.git.sha, context.git.author_email) == (head, "ann@acme.example")
    assert context.git.message is None


def test_a_repository_without_commits(repository: Repository) -> None:
    read = repository.read()
    context = repository.context()

    assert (read.head, read.remote_url, read.problem) == (None, URL, None)
    assert context.git is None
    assert context.git_missing == "commit id unknown"
    assert context.warnings == ()


def test_a_repository_without_a_remote(tmp_path: Path) -> None:
    lonely = Repository.new(tmp_path / "lonely")
    lonely.commit()
    context = lonely.context()

    assert context.git is None
    assert context.git_missing == "repository url unknown"
    assert context.warnings == ()


def test_no_repository_at_all(tmp_path: Path) -> None:
    environ = {**ENVIRON, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}

    assert Repository(tmp_path).read(environ) == Checkout()
    assert gather(environ, str(tmp_path)).warnings == ()


def test_a_bare_repository_is_no_checkout(tmp_path: Path) -> None:
    assert Repository.new(tmp_path / "bare.git", "--bare").read() == Checkout()


def test_a_directory_that_is_gone(tmp_path: Path) -> None:
    assert Repository(tmp_path / "gone").read().toplevel is None


def test_a_repository_of_somebody_else(repository: Repository) -> None:
    repository.commit()
    context = repository.context(GIT_TEST_ASSUME_DIFFERENT_OWNER="1")

    assert context.git is None
    (line,) = context.warnings
    assert "safe.directory" in line


def test_a_repository_with_sha_256_has_no_block(tmp_path: Path) -> None:
    modern = Repository.new(tmp_path / "modern", "--object-format=sha256")
    modern.git("remote", "add", "origin", URL)
    sha = modern.commit()
    context = modern.context()

    assert len(sha) == 64
    assert context.tags["git.commit.sha"] == sha
    assert context.git is None
    assert "40 hexadecimal digits" in (context.git_missing or "")


def test_a_message_that_is_no_text(repository: Repository) -> None:
    repository.git("config", "i18n.commitEncoding", "utf-8")
    message = repository.path / "message"
    message.write_bytes(b"caf\xe9 \xff")
    repository.git("commit", "-q", "--allow-empty", "-F", str(message))
    read = repository.read()

    assert read.head is not None
    assert read.head.message.startswith("caf")
    assert read.head.message.encode()


def test_settings_of_the_user_do_not_change_the_reading(repository: Repository) -> None:
    repository.commit()
    plain = repository.read()
    for name, value in {
        "log.showSignature": "true",
        "color.ui": "always",
        "log.decorate": "short",
        "log.follow": "true",
        "log.date": "relative",
        "core.pager": "false",
        "i18n.logOutputEncoding": "latin1",
        "log.diffMerges": "on",
    }.items():
        repository.git("config", name, value)

    assert repository.read() == plain


def test_an_abbreviated_address_is_written_out_without_its_token(repository: Repository) -> None:
    repository.commit()
    repository.git("remote", "set-url", "origin", "gh:acme/rocket")
    repository.git("config", "url.https://s3cret@github.com/.insteadOf", "gh:")
    context = repository.context()

    assert context.tags["git.repository_url"] == "https://github.com/acme/rocket"


def test_the_repository_of_a_hook_is_not_mistaken_for_ours(
    repository: Repository, tmp_path: Path
) -> None:
    sha = repository.commit()
    other = Repository.new(tmp_path / "other")
    other.commit("Something else")
    environ = {**ENVIRON, "GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path)}
    read = repository.read(environ)

    assert read.head is not None
    assert read.head.sha == sha


def test_a_missing_git(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    environ = {**ENVIRON, "PATH": str(tmp_path)}

    problem = "git could not be run: is it installed, and on PATH?"
    assert repository.read(environ) == Checkout(problem=problem)


def script(directory: Path, body: str) -> dict[str, str]:
    """An environment whose git is a script."""
    directory.mkdir()
    program = directory / "git"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {**ENVIRON, "PATH": f"{directory}{os.pathsep}{ENVIRON['PATH']}"}


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for git")
def test_a_git_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    environ = script(tmp_path / "bin", f"(sleep 0.6; touch '{alive}') & sleep 60")
    started = time.monotonic()
    read = read_git(str(tmp_path), SubprocessGit(environ), SystemClock(), seconds=0.2)
    took = time.monotonic() - started

    assert read == Checkout(problem="git did not answer within 0.2 s")
    assert took < 10
    time.sleep(0.9)
    assert not alive.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for git")
def test_git_is_neither_asked_for_input_nor_given_locks(tmp_path: Path) -> None:
    wanted = ("GIT_TERMINAL_PROMPT", "GIT_OPTIONAL_LOCKS", "GIT_DIR")
    names = " ".join(f"{name}=${name}" for name in wanted)
    environ = script(tmp_path / "bin", f'cat; printf "%s\\n" "{names} $*"')
    answer = SubprocessGit({**environ, "GIT_DIR": "/x"})(["log", "a b;c"], str(tmp_path), 30)

    assert answer is not None
    assert (
        answer.out == b"GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 GIT_DIR= --no-pager log a b;c\n"
    )
