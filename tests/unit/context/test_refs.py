"""Names of branches and tags, and the tilde in paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_ddci.context.refs import branch_and_tag, contract_home, expand_home, short_ref


@pytest.mark.parametrize(
    ("branch", "tag", "expected"),
    [
        ("main", None, ("main", None)),
        ("refs/heads/main", None, ("main", None)),
        ("refs/heads/feature/one", None, ("feature/one", None)),
        ("refs/remotes/origin/main", None, ("main", None)),
        ("origin/main", None, ("main", None)),
        ("heads/main", None, ("main", None)),
        ("refs/tags/v1", None, (None, "v1")),
        ("tags/v1", None, (None, "v1")),
        ("origin/tags/v1", None, (None, "v1")),
        ("refs/heads/tags/v1", None, (None, "v1")),
        ("feature/tags/x", None, ("feature/tags/x", None)),
        ("refs/heads/feature/tags/x", None, ("feature/tags/x", None)),
        ("refs/tags/v1", "v2", (None, "v2")),
        ("v1", "refs/tags/v1", (None, "v1")),
        ("main", "v1", ("main", "v1")),
        (None, "refs/tags/v1", (None, "v1")),
        ("", "", (None, None)),
        ("refs/heads/", None, (None, None)),
    ],
)
def test_a_tag_is_never_among_the_branches(
    branch: str | None, tag: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert branch_and_tag(branch, tag) == expected


def test_each_prefix_goes_once() -> None:
    assert short_ref("refs/heads/heads/main") == "heads/main"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("~", "/home/ann"),
        ("~/work", "/home/ann/work"),
        ("~ann/work", "~ann/work"),
        ("/x/~/work", "/x/~/work"),
        ("/work~", "/work~"),
        ("work", "work"),
    ],
)
def test_only_a_leading_tilde_is_the_home(path: str, expected: str) -> None:
    assert expand_home(path, {"HOME": "/home/ann"}) == expected


def test_without_a_home_in_the_environment_it_is_the_accounts() -> None:
    assert expand_home("~/work", {}) == str(Path.home() / "work")


@pytest.mark.parametrize(
    ("path", "environ", "expected"),
    [
        ("/home/ann", {"HOME": "/home/ann"}, "~"),
        ("/home/ann/work", {"HOME": "/home/ann/"}, "~/work"),
        ("/home/anna/work", {"HOME": "/home/ann"}, "/home/anna/work"),
        ("/work", {"HOME": "/home/ann"}, "/work"),
        ("/work", {"HOME": "/"}, "/work"),
        ("/work", {}, "/work"),
        (r"C:\Users\ann\work", {"USERPROFILE": r"C:\Users\ann"}, "~/work"),
        ("C:/Users/ann/work", {"USERPROFILE": r"C:\Users\ann"}, "~/work"),
    ],
)
def test_the_home_becomes_a_tilde(path: str, environ: dict[str, str], expected: str) -> None:
    assert contract_home(path, environ) == expected
