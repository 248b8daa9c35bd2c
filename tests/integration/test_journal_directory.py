"""The directory of journals: nobody else reads it, and no link in it leads anywhere."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.shelf import error_name, new_name
from tests.intake_server import Fault, IntakeServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.project import Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")

SUITE = "def test_a(): pass"
REJECTED = Fault(status=400, body=b'{"errors":["no"]}')
BROKEN = """
from pytest_ddci.session import ReportedSession
def broken(*_): raise RuntimeError("broken")
ReportedSession.finish = broken
"""
# So old that retention would remove whatever is named so.
LONG_AGO = 1_000_000_000 * 10**9


@pytest.fixture(params=[0o000, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_files_and_directory_are_the_users_own_whatever_the_umask(project: Project) -> None:
    with IntakeServer([None, *[REJECTED] * 20]) as server:
        project.write(test_a=SUITE)
        project.run(server=server)
    project.write(conftest=BROKEN)
    project.run()
    directory = project.directory / ".ddci"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert set(modes.values()) == {0o600}
    kinds = {name.partition("-")[0].partition(".rej")[0] for name in modes}
    assert {".gitignore", "run", "error", "last.json"} <= kinds


def planted(directory: Path) -> tuple[Path, dict[Path, Path]]:
    """Links of every name that we write or remove, and what they lead to."""
    directory.mkdir(mode=0o700)
    precious = directory.parent / "precious"
    precious.write_text("precious\n")
    elsewhere = directory.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept\n")
    old = new_name(LONG_AGO)
    links = {
        **{directory / name: precious for name in (".gitignore", "last.json", old)},
        directory / old.replace(".jsonl", ".delivered.jsonl"): precious,
        directory / old.replace(".jsonl", ".rejected.jsonl"): elsewhere,
        directory / error_name(LONG_AGO): precious,
        directory / error_name(LONG_AGO + 1): elsewhere,
        directory / new_name(LONG_AGO + 1): directory.parent / "nowhere",
        directory / error_name(LONG_AGO + 2): directory.parent / "nowhere",
    }
    for link, target in links.items():
        link.symlink_to(target)
    return precious, links


@pytest.mark.parametrize("dangling", [False, True], ids=["to a file", "to nothing"])
def test_no_link_is_followed_when_writing_or_removing(*, dangling: bool, plain: Project) -> None:
    precious, links = planted(plain.directory / ".ddci")
    if dangling:
        precious.unlink()
    plain.write(test_a=SUITE)
    with IntakeServer([None, *[REJECTED] * 20]) as server:
        outcome = plain.run(server=server)
        plain.run(env={"DDCI_KEEP_DAYS": "0"}, server=server)
        plain.write(conftest=BROKEN)
        plain.run(server=server)
        plain.ddci("send", server=server)
    assert outcome.exit_status == 0
    assert precious.exists() is not dangling
    assert dangling or precious.read_text() == "precious\n"
    assert not (plain.directory / "nowhere").exists()
    assert (plain.directory / "elsewhere" / "kept").read_text() == "kept\n"
    # What is ours alone replaces the link; everything else is left as it was.
    gone = {link.name for link in links if not link.is_symlink()}
    assert gone <= {"last.json"}
    last = plain.directory / ".ddci" / "last.json"
    assert stat.S_IMODE(last.stat().st_mode) == 0o600


def test_a_link_with_the_name_of_rejected_events_is_not_written_through(plain: Project) -> None:
    precious = plain.file("precious", "precious\n")
    plain.write(test_a=SUITE)
    [journal] = plain.run().journals
    aside = journal.with_name(journal.name.replace(".jsonl", ".rejected.jsonl"))
    aside.symlink_to(precious)
    with IntakeServer([REJECTED] * 20) as server:
        done = plain.ddci("send", server=server)
    assert precious.read_text() == "precious\n"
    assert aside.is_symlink()
    assert done.returncode == 1
    assert journal.exists()


def test_a_link_with_the_name_of_history_is_replaced_not_followed(plain: Project) -> None:
    precious = plain.file("precious", "precious\n")
    plain.write(test_a=SUITE)
    [journal] = plain.run().journals
    history = journal.with_name(journal.name.replace(".jsonl", ".delivered.jsonl"))
    history.symlink_to(precious)
    with IntakeServer() as server:
        done = plain.ddci("send", server=server)
    assert done.returncode == 0
    assert precious.read_text() == "precious\n"
    assert not history.is_symlink()
    assert history.read_bytes().startswith(b'{"ddci":"header"')


def test_a_named_link_is_no_journal(plain: Project) -> None:
    plain.write(test_a=SUITE)
    [journal] = plain.run().journals
    link = plain.directory / ".ddci" / new_name(LONG_AGO)
    link.symlink_to(journal)
    before = journal.read_bytes()
    with IntakeServer() as server:
        done = plain.ddci("send", str(link), server=server)
        assert server.seen == []
    assert done.returncode == 1
    assert journal.read_bytes() == before


@pytest.mark.parametrize("what", ["a file", "a link to nothing", "a link to a file"])
def test_something_else_in_the_place_of_the_directory_costs_no_test(
    what: str, plain: Project
) -> None:
    precious = plain.file("precious", "precious\n")
    place = plain.directory / ".ddci"
    if what == "a file":
        place.write_text("mine\n")
    else:
        place.symlink_to(precious if what.endswith("file") else plain.directory / "nowhere" / "x")
    plain.write(test_a=SUITE)
    outcome = plain.run()
    assert outcome.exit_status == 0
    assert precious.read_text() == "precious\n"
    assert not (plain.directory / "nowhere").exists()
    assert outcome.summary
