"""The CODEOWNERS file of a checkout: which one is read, and that nothing of it can hurt."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest
from codeowners import CodeOwners

from pytest_ddci.owners_file import LARGEST, PLACES, OwnersFile, installed_reader, open_owners_file

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ddci.owners_file import Reader


def write(path: Path, content: str | bytes = "* @somebody") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def opened(directory: Path) -> OwnersFile:
    return open_owners_file(str(directory), lambda: CodeOwners)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    return tmp_path / "checkout"


@pytest.mark.parametrize("first", range(len(PLACES)), ids=PLACES)
def test_the_first_place_is_used(first: int, checkout: Path) -> None:
    for place in PLACES[first:]:
        write(checkout / place, f"* @{place}")
    assert opened(checkout).of("test_a.py") == (f"@{PLACES[first]}",)


def test_a_file_in_the_place_of_gitlab_is_in_its_dialect(checkout: Path) -> None:
    write(checkout / ".gitlab" / "CODEOWNERS", "unit/tests/ @a")
    assert opened(checkout).of("x/unit/tests/test_a.py") == ("@a",)


def test_paths_start_from_the_root_of_the_checkout_wherever_the_run_does(checkout: Path) -> None:
    write(checkout / "CODEOWNERS", "/python/ @python\n/shared/ @shared")
    root = checkout / "python" / "pkg"
    write(root / "CODEOWNERS", "* @wrong")
    found = opened(root)
    assert found.of("test_a.py") == ("@python",)
    assert found.of(str(root / "test_a.py")) == ("@python",)
    assert found.of("../../shared/test_a.py") == ("@shared",)
    assert found.of("../../../test_a.py") == ()
    assert found.of(sys.executable) == ()


def test_a_worktree_has_a_file_where_a_clone_has_a_directory(checkout: Path) -> None:
    inner = checkout / "inner"
    write(inner / ".git", "gitdir: ../.git/modules/inner")
    write(checkout / "CODEOWNERS", "* @outer")
    write(inner / "CODEOWNERS", "* @inner")
    assert opened(inner).of("test_a.py") == ("@inner",)


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges there")
def test_a_run_through_a_symbolic_link(checkout: Path, tmp_path: Path) -> None:
    write(checkout / "CODEOWNERS", "/python/ @python")
    (checkout / "python").mkdir()
    link = tmp_path / "link"
    link.symlink_to(checkout / "python", target_is_directory=True)
    assert opened(link).of("test_a.py") == ("@python",)
    assert opened(link).of(str(link / "test_a.py")) == ("@python",)


def test_without_git_it_is_looked_for_where_the_run_is(tmp_path: Path) -> None:
    write(tmp_path / "docs" / "CODEOWNERS", "/test_a.py @a")
    assert opened(tmp_path).of("test_a.py") == ("@a",)


def test_a_byte_order_mark_belongs_to_no_pattern(checkout: Path) -> None:
    write(checkout / "CODEOWNERS", b"\xef\xbb\xbf/test_a.py @a")
    assert opened(checkout).of("test_a.py") == ("@a",)


@pytest.mark.parametrize("name", ["CODEOWNERS", "docs"])
def test_a_directory_or_a_file_in_the_way_is_none(name: str, checkout: Path) -> None:
    if name == "docs":
        write(checkout / name)
    else:
        (checkout / name).mkdir()
    found = opened(checkout)
    assert (found.of("test_a.py"), found.problem) == ((), None)


def denied(content: str) -> Reader:
    raise PermissionError(13, f"no {content[:1]}")


def broken(_content: str) -> Reader:
    raise RuntimeError("the library\nis broken")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"* @caf\xe9", "docs/CODEOWNERS is not used: it is not UTF-8"),
        ("* @a".encode("utf-16"), "docs/CODEOWNERS is not used: it is not UTF-8"),
        (
            b"* @a\n" + LARGEST * b"#",
            "docs/CODEOWNERS is not used: it is larger than 3000000 bytes",
        ),
    ],
    ids=["Latin-1", "UTF-16", "huge"],
)
def test_what_cannot_be_read_is_told_in_one_line(
    content: bytes, problem: str, checkout: Path
) -> None:
    write(checkout / "docs" / "CODEOWNERS", content)
    found = opened(checkout)
    assert (found.of("test_a.py"), found.problem) == ((), problem)


@pytest.mark.parametrize(
    ("reader", "problem"),
    [
        (denied, "CODEOWNERS is not used: PermissionError: [Errno 13] no *"),
        (broken, "CODEOWNERS is not used: RuntimeError: the library is broken"),
    ],
)
def test_any_other_error_is_told_in_one_line(reader: Reader, problem: str, checkout: Path) -> None:
    write(checkout / "CODEOWNERS")
    found = open_owners_file(str(checkout), lambda: reader)
    assert (found.of("test_a.py"), found.problem) == ((), problem)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_without_permission_is_told(checkout: Path) -> None:
    write(checkout / "CODEOWNERS").chmod(0)
    assert "PermissionError" in (opened(checkout).problem or "")


def test_lines_that_make_no_sense_are_told_and_the_others_count(checkout: Path) -> None:
    write(checkout / "CODEOWNERS", "* @a\n" + "x[ @b\n" * 7)
    found = opened(checkout)
    assert found.of("test_a.py") == ("@a",)
    assert found.problem == "CODEOWNERS has lines that make no sense: 2, 3, 4, 5, 6 and 2 more"


def test_an_odd_pattern_warns_nobody(checkout: Path) -> None:
    write(checkout / "CODEOWNERS", "test_[[a].py @a")
    with pytest.warns(FutureWarning, match="nested set"):
        re.compile("[[a]")
    found = opened(checkout)
    assert (found.of("test_a.py"), found.problem) == (("@a",), None)


def test_the_library_is_only_asked_for_where_there_is_a_file(checkout: Path) -> None:
    asked = []

    def find_reader() -> None:
        asked.append(1)

    open_owners_file(str(checkout), find_reader)
    assert not asked
    write(checkout / "CODEOWNERS")
    found = open_owners_file(str(checkout), find_reader)
    assert asked == [1]
    assert (found.of("test_a.py"), found.problem) == ((), None)


def test_the_installed_library_is_found_and_takes_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "codeowners")
    reader = installed_reader()
    assert reader is not None
    assert reader("* @a").matching_line("x")[0] == [("USERNAME", "@a")]
    assert "codeowners" not in sys.modules


def test_a_library_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert installed_reader() is None


def test_what_is_left_of_an_uninstalled_library_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path / "codeowners-0.9.0.dist-info" / "METADATA", "Name: codeowners\nVersion: 0.9.0")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert installed_reader() is None
