"""What a full git block lacks, why, and what would supply it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.context import Machine, gather
from pytest_ddci.context.gaps import Gap, gaps
from pytest_ddci.context.git import GitAnswer
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEAD = "a" * 40
MACHINE = Machine("box", "Linux", "6.1", "x86_64", "CPython", "3.12.1")
WHO = (b"Ann", b"ann@x.org", b"2026-01-31T16:47:55Z")


def record(sha: str = HEAD, *, who: tuple[bytes, ...] = WHO, message: bytes = b"Add") -> bytes:
    return b"\0".join([sha.encode(), *who, *who, b"", message, b""])


FULL = {
    "rev-parse": b"/w\nrefs/heads/main\nrefs/remotes/origin/main\n",
    "log": record(),
    "config": b"remote.origin.url\nhttps://github.com/acme/shop.git\0",
}
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SHA": "c" * 40,
    "GITHUB_REF": "refs/heads/main",
}


def missing(
    answers: Mapping[str, bytes | None], environ: Mapping[str, str] | None = None
) -> dict[str, Gap]:
    """The gaps by their fields; a call without an answer is one that git does not answer."""

    def runner(args: Sequence[str], _cwd: str, timeout: float) -> GitAnswer | None:
        out = answers[args[0]]
        if out is None:
            clock.advance(timeout)
            return None
        return GitAnswer(0 if out else 128, out)

    clock = FakeClock()
    context = gather(environ or {}, "/w", run_git=runner, clock=clock, machine=MACHINE)
    return {gap.field: gap for gap in gaps(context)}


REQUIRED = ("repository_url", "sha", "author_email")
NO_REPOSITORY = dict.fromkeys(FULL, b"")


def test_a_full_block_lacks_nothing() -> None:
    assert missing(FULL) == {}


def test_what_the_api_requires_comes_first_with_its_variable() -> None:
    found = missing(NO_REPOSITORY)

    assert tuple(found)[:3] == REQUIRED
    assert [gap.required for gap in found.values()] == [True] * 3 + [False] * (len(found) - 3)
    assert {gap.why for gap in found.values()} == {"git finds no working tree here"}
    assert {name: found[name].supply for name in REQUIRED} == {
        "repository_url": "DD_GIT_REPOSITORY_URL",
        "sha": "DD_GIT_COMMIT_SHA",
        "author_email": "DD_GIT_COMMIT_AUTHOR_EMAIL",
    }


def test_a_git_that_does_not_answer_is_why() -> None:
    found = missing(dict.fromkeys(FULL, None))

    assert {gap.why for gap in found.values()} == {"git did not answer within 2 s"}


def test_a_git_that_cannot_be_run_is_why() -> None:
    context = gather({}, "/w", run_git=lambda *_: None, clock=FakeClock(), machine=MACHINE)

    assert {gap.why for gap in gaps(context)} == {
        "git could not be run: is it installed, and on PATH?"
    }


def test_a_git_that_refuses_is_why() -> None:
    refusal = GitAnswer(128, b"", b"fatal: detected dubious ownership in repository at '/w'")
    context = gather({}, "/w", run_git=lambda *_: refusal, clock=FakeClock(), machine=MACHINE)

    assert all("safe.directory" in gap.why for gap in gaps(context))


def test_a_repository_without_a_remote() -> None:
    found = missing({**FULL, "config": b""})

    assert list(found) == ["repository_url"]
    assert found["repository_url"].why == "the repository has no remote"


def test_a_repository_without_a_commit() -> None:
    found = missing({**FULL, "log": b""})

    assert found["sha"].why == "the repository has no commit yet"
    assert found["author_email"].why == "the repository has no commit yet"


def test_a_repository_with_sha_256_has_no_remedy() -> None:
    found = missing({**FULL, "log": record("b" * 64)})

    assert found["sha"].why.startswith("the repository uses SHA-256")
    assert found["sha"].supply is None


def test_an_id_that_is_none_can_be_supplied() -> None:
    found = missing(NO_REPOSITORY, {**GITHUB, "GITHUB_SHA": "HEAD"})

    assert "'HEAD' does not have the 40 hexadecimal digits" in found["sha"].why
    assert found["sha"].supply == "DD_GIT_COMMIT_SHA"


def test_a_checkout_of_another_commit_says_nothing_about_ours() -> None:
    found = missing(FULL, GITHUB)

    assert found["author_email"].why == f"the checkout here is at another commit ({HEAD[:12]})"


def test_a_commit_may_say_nothing_of_its_author() -> None:
    found = missing({**FULL, "log": record(who=(b"Ann", b"", b"2026-01-31T16:47:55Z"))})

    assert found["author_email"].why == "the commit itself does not say"


def test_a_clone_may_not_know_its_default_branch() -> None:
    found = missing({**FULL, "rev-parse": b"/w\nrefs/heads/main\n"})

    assert list(found) == ["default_branch"]
    assert "git remote set-head origin --auto" in found["default_branch"].why
    assert not found["default_branch"].required


def test_a_time_that_is_none_is_shown() -> None:
    mine = {"DD_GIT_COMMIT_SHA": "b" * 40, "DD_GIT_COMMIT_AUTHOR_DATE": "yesterday"}
    found = missing(FULL, mine)

    assert found["author_time"].why.startswith("'yesterday' is no time such as")
    assert found["author_time"].supply == "DD_GIT_COMMIT_AUTHOR_DATE"


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "HEAD is detached, and not at exactly one tag"),
        ({"DD_GIT_COMMIT_SHA": "b" * 40}, f"the checkout here is at another commit ({HEAD[:12]})"),
    ],
    ids=["detached", "elsewhere"],
)
def test_branch_and_tag_are_one_gap(environ: dict[str, str], why: str) -> None:
    found = missing({**FULL, "rev-parse": b"/w\nHEAD\nrefs/remotes/origin/main\n"}, environ)

    assert found["branch or tag"].why == why
    assert found["branch or tag"].supply == "DD_GIT_BRANCH or DD_GIT_TAG"
    assert not {"branch", "tag"} & found.keys()
