"""What git's answers mean, without git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.context.git import Checkout, GitAnswer, read_git
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = "a" * 40
SECOND = "b" * 40


def record(sha: str, refs: str = "", message: bytes = b"Add a nozzle\n") -> bytes:
    author = (sha, "Ann", "ann@x.org", "2026-01-31T16:47:55+01:00")
    fields = (*author, "Bob", "bob@x.org", "2026-02-01T10:00:00Z", refs)
    return "\0".join(fields).encode() + b"\0" + message + b"\0"


WHERE = b"/work/rocket\nrefs/heads/main\nrefs/remotes/origin/trunk\n"
CONFIG = b"remote.origin.url\nhttps://github.com/acme/rocket.git\0"


class FakeGit:
    """Answers by subcommand; remembers what it was asked and how long it was given."""

    def __init__(
        self, clock: FakeClock, seconds: float = 0.0, **answers: bytes | GitAnswer | None
    ) -> None:
        self.clock = clock
        self.seconds = seconds
        self.answers = {"rev_parse": WHERE, "log": record(HEAD), "config": CONFIG, **answers}
        self.asked: list[tuple[str, ...]] = []
        self.limits: list[float] = []

    def __call__(self, args: Sequence[str], cwd: str, timeout: float) -> GitAnswer | None:
        assert cwd == "/work/rocket/tests"
        self.asked.append(tuple(args))
        self.limits.append(timeout)
        self.clock.advance(min(self.seconds, timeout))
        answer = self.answers[args[0].replace("-", "_")]
        if self.seconds > timeout:
            return None
        return GitAnswer(0, answer) if isinstance(answer, bytes) else answer


def read(seconds: float = 0.0, **answers: bytes | GitAnswer | None) -> tuple[Checkout, FakeGit]:
    clock = FakeClock()
    git = FakeGit(clock, seconds, **answers)
    return read_git("/work/rocket/tests", git, clock), git


def test_a_checkout_is_read_in_three_calls() -> None:
    checkout, git = read()

    assert [args[0] for args in git.asked] == ["rev-parse", "log", "config"]
    assert checkout.toplevel == "/work/rocket"
    assert checkout.branch == "main"
    assert checkout.default_branch == "trunk"
    assert checkout.remote_url == "https://github.com/acme/rocket.git"
    assert checkout.head is not None
    assert checkout.head.sha == HEAD
    assert checkout.head.author_email == "ann@x.org"
    assert checkout.head.commit_time == "2026-02-01T10:00:00Z"
    assert checkout.head.message == "Add a nozzle"
    assert checkout.problem is None


def test_no_argument_is_made_from_data() -> None:
    _, one = read()
    _, other = read(rev_parse=b"/else\nrefs/heads/-x\n", log=record(SECOND), config=b"")

    assert one.asked == other.asked


def test_all_calls_share_one_limit() -> None:
    checkout, git = read(seconds=0.75)

    assert git.limits == [pytest.approx(2.0), pytest.approx(1.25), pytest.approx(0.5)]
    assert checkout.head is not None
    assert checkout.remote_url is None
    assert checkout.problem == "git did not answer within 2 s"


def test_git_that_hangs_is_asked_once() -> None:
    checkout, git = read(seconds=60)

    assert len(git.asked) == 1
    assert checkout == Checkout(problem="git did not answer within 2 s")


def test_a_missing_git_is_asked_once() -> None:
    checkout, git = read(rev_parse=None)

    assert len(git.asked) == 1
    assert checkout == Checkout(problem="git could not be run: is it installed, and on PATH?")


def test_a_directory_without_git_is_no_problem() -> None:
    outside = GitAnswer(128, b"", b"fatal: not a git repository\n")

    assert read(rev_parse=outside)[0] == Checkout()


@pytest.mark.parametrize("words", [b"detected dubious ownership", b"unsafe repository"])
def test_a_repository_of_another_user_is_a_problem(words: bytes) -> None:
    checkout, _ = read(rev_parse=GitAnswer(128, b"", b"fatal: " + words + b" in repository"))

    assert checkout.toplevel is None
    assert checkout.problem is not None
    assert "safe.directory" in checkout.problem


def test_a_detached_head_has_no_branch_but_may_have_a_tag() -> None:
    refs = "HEAD, tag: refs/tags/v1.2, refs/remotes/origin/main"
    checkout, _ = read(rev_parse=b"/work/rocket\nHEAD\n", log=record(HEAD, refs))

    assert (checkout.branch, checkout.tag) == (None, "v1.2")


def test_of_two_tags_none_is_the_tag() -> None:
    checkout, _ = read(log=record(HEAD, "HEAD, tag: refs/tags/v1, tag: refs/tags/latest"))

    assert checkout.tag is None


@pytest.mark.parametrize(
    "names", [b"HEAD\n", b"", b"refs/heads/main\nrefs/remotes/origin/HEAD\n", b"HEAD\nHEAD\n"]
)
def test_a_name_that_leads_nowhere_is_no_default_branch(names: bytes) -> None:
    assert read(rev_parse=GitAnswer(128, b"/work/rocket\n" + names))[0].default_branch is None


def test_a_repository_without_commits_has_no_head() -> None:
    checkout, _ = read(rev_parse=GitAnswer(128, b"/work/rocket\nHEAD\n"), log=b"")

    assert checkout.head is None
    assert checkout.remote_url == "https://github.com/acme/rocket.git"


def test_the_second_parent_is_known_by_its_id() -> None:
    checkout, _ = read(log=record(HEAD) + record(SECOND, message=b"Mine"))
    found = checkout.commit(SECOND.upper())

    assert found is not None
    assert found.message == "Mine"
    assert checkout.commit("c" * 40) is None
    assert checkout.commit(None) is None


def test_bytes_that_are_no_text_are_replaced() -> None:
    checkout, _ = read(log=record(HEAD, message=b"caf\xe9"))

    assert checkout.head is not None
    assert checkout.head.message == "caf\ufffd"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (b"remote.fork.url\nU1\0remote.origin.url\nU2\0", "U2"),
        (b"remote.fork.url\nU1\0remote.origin.url\nU2\0branch.main.remote\nfork\0", "U1"),
        (b"remote.fork.url\nU1\0remote.other.url\nU2\0", "U1"),
        (b"remote.a.b.url\nU1\0branch.main.remote\na.b\0", "U1"),
        (b"remote.origin.url\nU1\0remote.origin.url\nU2\0", "U1"),
        (b"remote.origin.url\nU1\0branch.main.remote\n.\0", "U1"),
        (
            b"remote.origin.url\ngh:a/b\0url.https://github.com/.insteadof\ngh:\0",
            "https://github.com/a/b",
        ),
        (b"remote.origin.url\0", None),
        (b"", None),
    ],
)
def test_the_remote_is_the_one_a_person_would_mean(config: bytes, expected: str | None) -> None:
    assert read(config=config)[0].remote_url == expected
