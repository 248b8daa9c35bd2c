"""The git block says only what belongs to its commit, and is whole or absent."""

from __future__ import annotations

import dataclasses

import pytest

from pytest_ddci.context.commits import GitInfo, git_info
from pytest_ddci.context.git import Checkout, Commit

HERE = "a" * 40
HEAD = "b" * 40
URL = "https://github.com/acme/rocket.git"
MERGE = Commit(HERE, "GitHub", "noreply@x.org", "2026-01-01T00:00:00Z", message="Merge")
MINE = Commit(HEAD, "Ann", "ann@x.org", "2026-01-31T16:47:55+01:00", message="Add a nozzle")
NEEDED = {"git.repository_url": URL, "git.commit.sha": HERE}


def block(
    tags: dict[str, str], checkout: Checkout | None = None, *mine: str
) -> tuple[GitInfo | None, str | None]:
    sources = {name: "DD_X" if name in mine else "github" for name in tags}
    info, missing, _ = git_info(tags, sources, checkout or Checkout())
    return info, missing


def known(tags: dict[str, str], checkout: Checkout | None = None, *mine: str) -> GitInfo:
    info, missing = block(tags, checkout, *mine)
    assert info is not None
    assert missing is None
    return info


def test_the_minimum_is_address_commit_and_authors_mail() -> None:
    tags = {**NEEDED, "git.commit.author.email": "ann@x.org"}

    assert known(tags) == GitInfo(URL, HERE, "ann@x.org")


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("git.repository_url", "repository url"),
        ("git.commit.sha", "commit id"),
        ("git.commit.author.email", "email"),
    ],
)
def test_without_one_of_them_there_is_no_block(without: str, named: str) -> None:
    tags = {**NEEDED, "git.commit.author.email": "ann@x.org"}
    del tags[without]
    info, missing = block(tags)

    assert info is None
    assert named in (missing or "")


@pytest.mark.parametrize("sha", ["a" * 64, "a" * 39, "g" * 40, "HEAD"])
def test_an_id_that_the_api_refuses_leaves_the_block_out(sha: str) -> None:
    info, missing = block({**NEEDED, "git.commit.sha": sha, "git.commit.author.email": "a@x"})

    assert info is None
    assert sha in (missing or "")


def test_gits_own_record_of_the_commit_is_truer_than_the_providers() -> None:
    tags = {**NEEDED, "git.commit.author.email": "requester@x.org"}
    info = known(tags, Checkout(head=MERGE))

    assert (info.author_email, info.author_name) == ("noreply@x.org", "GitHub")


def test_another_commits_record_says_nothing() -> None:
    info, missing = block(NEEDED, Checkout(head=MINE))

    assert info is None
    assert missing == "email of the commit's author unknown"


def test_the_head_of_a_request_is_preferred_to_the_merge_commit() -> None:
    tags = {**NEEDED, "git.commit.head.sha": HEAD}
    info = known(tags, Checkout(head=MERGE, merged=MINE))

    assert (info.sha, info.author_name, info.message) == (HEAD, "Ann", "Add a nozzle")


def test_a_head_that_is_not_there_borrows_the_author_of_its_merge_commit_only() -> None:
    tags = {
        **NEEDED,
        "git.commit.head.sha": HEAD,
        "git.commit.author.email": "ann@x.org",
        "git.commit.author.date": "2026-01-01T00:00:00Z",
        "git.commit.message": "Merge",
    }

    assert known(tags, Checkout(head=MERGE)) == GitInfo(URL, HEAD, "ann@x.org")


def test_a_commit_named_by_the_user_is_preferred_to_the_head() -> None:
    tags = {**NEEDED, "git.commit.head.sha": HEAD, "git.commit.author.email": "ann@x.org"}

    assert known(tags, None, "git.commit.sha").sha == HERE


def test_what_the_user_says_about_the_commit_wins() -> None:
    tags = {**NEEDED, "git.commit.author.email": "me@x.org"}
    info = known(tags, Checkout(head=MERGE), "git.commit.author.email")

    assert (info.author_email, info.author_name) == ("me@x.org", "GitHub")


def test_a_time_of_the_users_that_is_none_leaves_gits() -> None:
    tags = {**NEEDED, "git.commit.author.date": "yesterday"}
    info = known(tags, Checkout(head=MERGE), "git.commit.author.date")

    assert info.author_time == MERGE.author_time


@pytest.mark.parametrize(
    "time", ["2026-01-31T16:47:55Z", "2026-01-31T16:47:55.123+01:00", "2026-01-31t16:47:55z"]
)
def test_a_time_with_offset_is_kept(time: str) -> None:
    tags = {**NEEDED, "git.commit.author.email": "a@x", "git.commit.author.date": time}

    assert known(tags).author_time == time


@pytest.mark.parametrize(
    "time", ["yesterday", "2026-01-31", "2026-01-31T16:47:55", "2026-02-31T16:47:55Z", "1769874475"]
)
def test_a_time_that_the_api_refuses_is_left_out(time: str) -> None:
    tags = {**NEEDED, "git.commit.author.email": "a@x", "git.commit.committer.date": time}

    assert known(tags).commit_time is None


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        ((), (None, "v1")),
        (("git.branch",), ("main", None)),
        (("git.tag",), (None, "v1")),
        (("git.branch", "git.tag"), (None, "v1")),
    ],
)
def test_branch_or_tag_but_not_both(
    mine: tuple[str, ...], expected: tuple[str | None, str | None]
) -> None:
    tags = {**NEEDED, "git.commit.author.email": "a@x", "git.branch": "main", "git.tag": "v1"}
    info = known(tags, None, *mine)

    assert (info.branch, info.tag) == expected


def test_the_block_is_frozen() -> None:
    info = GitInfo(URL, HERE, "a@x")

    with pytest.raises(dataclasses.FrozenInstanceError):
        info.sha = HEAD  # type: ignore[misc]
