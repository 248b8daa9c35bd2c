"""Paths that name nobody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.context import Machine, gather
from pytest_ddci.context.anonymous import anonymous
from pytest_ddci.context.git import GitAnswer
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ddci.context import RunContext

ANN = {"HOME": "/home/ann", "USER": "ann"}
MACHINE = Machine("box", "Linux", "6.1", "x86_64", "CPython", "3.12.1")


@pytest.mark.parametrize(
    ("path", "environ", "expected"),
    [
        ("/home/ann/shop", ANN, "~/shop"),
        ("/home/ann", ANN, "~"),
        ("/srv/people/ann/shop", {"HOME": "/srv/people/ann"}, "~/shop"),
        (r"C:\Users\ann\shop", {"USERPROFILE": r"C:\Users\ann"}, "~/shop"),
    ],
)
def test_the_home_is_a_tilde(path: str, environ: dict[str, str], expected: str) -> None:
    assert anonymous(path, environ) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/home/bob/shop",
        "/Users/bob/shop",
        "/var/home/bob/shop",
        "/usr/home/bob/shop",
        "/export/home/bob/shop",
        "/mnt/c/Users/bob/shop",
        "/c/Users/bob/shop",
        r"C:\Users\bob\shop",
        "d:/users/bob/shop",
    ],
)
def test_so_is_the_home_of_anybody_else(path: str) -> None:
    assert anonymous(path, ANN) == "~/shop"


@pytest.mark.parametrize("path", ["/work/shop", "/home", "/builds/home/shop", "/homes/bob"])
def test_other_directories_stay(path: str) -> None:
    assert anonymous(path, ANN) == path


def test_the_home_is_found_behind_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)

    assert anonymous(f"{os.path.realpath(real)}/shop", {"HOME": str(link)}) == "~/shop"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/scratch/ann/shop", "/scratch/~/shop"),
        ("/tmp/pytest-of-ann/shop", "/tmp/pytest-of-~/shop"),  # noqa: S108 - a text
        ("/scratch/anna/ann2/planner", "/scratch/anna/ann2/planner"),
    ],
)
@pytest.mark.parametrize(
    "environ",
    [{"USER": "ann"}, {"LOGNAME": "ann"}, {"USERNAME": "ann"}, {"HOME": "/srv/people/ann"}],
    ids=["USER", "LOGNAME", "USERNAME", "HOME"],
)
def test_the_users_name_as_a_word_is_a_tilde(
    path: str, expected: str, environ: dict[str, str]
) -> None:
    assert anonymous(path, {"HOME": "/nowhere", **environ}) == expected


def test_a_name_that_is_nobodys_stays() -> None:
    assert anonymous("/srv/root/home", {"HOME": "/root", "USER": "root"}) == "/srv/root/home"


@pytest.mark.parametrize("environ", [{"HOME": "."}, {"HOME": "/"}, {"USER": "."}, {"USER": " "}])
def test_what_is_no_home_and_no_name_hides_nothing(environ: dict[str, str]) -> None:
    assert anonymous(f"{Path.cwd()}/.x", {"HOME": "/", **environ}).endswith("/.x")
    assert anonymous("/srv/a.b/.c", {"HOME": "/nowhere", **environ}) == "/srv/a.b/.c"


def test_a_name_is_no_pattern() -> None:
    assert anonymous("/srv/axb", {"HOME": "/nowhere", "USER": "a.b"}) == "/srv/axb"


def run(environ: Mapping[str, str], cwd: str, answers: Mapping[str, bytes]) -> RunContext:
    def runner(args: Sequence[str], _cwd: str, _timeout: float) -> GitAnswer:
        return GitAnswer(0, answers[args[0]]) if answers else GitAnswer(128)

    return gather(environ, cwd, run_git=runner, clock=FakeClock(), machine=MACHINE)


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("/home/ann/mirror/shop.git", "~/mirror/shop.git"),
        ("file:///home/ann/mirror/shop.git", "file://~/mirror/shop.git"),
        ("https://github.com/ann/shop.git", "https://github.com/ann/shop.git"),
    ],
    ids=["path", "file", "forge"],
)
def test_a_repository_on_this_machine_names_nobody(remote: str, expected: str) -> None:
    answers = {
        "rev-parse": b"/home/ann/shop\nrefs/heads/main\n",
        "log": b"",
        "config": f"remote.origin.url\n{remote}\0".encode(),
    }
    context = run(ANN, "/home/ann/shop", answers)

    assert context.tags["git.repository_url"] == expected
    assert context.node.workspace == "~/shop"


def test_a_provider_that_does_not_name_the_home_has_its_workspace_reported_as_it_is() -> None:
    environ = {**ANN, "CIRCLECI": "true", "CIRCLE_WORKING_DIRECTORY": "~/project"}

    assert run(environ, "/home/ann/project", {}).node.workspace == "~/project"


def test_a_provider_that_gives_no_workspace_leaves_it_to_us_and_it_names_nobody() -> None:
    context = run({**ANN, "TEAMCITY_VERSION": "2024"}, "/home/ann/work", {})

    assert context.node.workspace == "~/work"
    assert context.root == "~/work"
