"""Tracebacks of errors of ours stay as long as journals do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.disk import Disk
from pytest_ddci.retention import apply_retention
from pytest_ddci.shelf import error_name, errors
from tests.unit.test_retention import DAY
from tests.wire import START_NS

if TYPE_CHECKING:
    from pathlib import Path


def make(directory: Path, age_days: float) -> Path:
    path = directory / error_name(START_NS - int(age_days * DAY))
    path.write_text("Traceback")
    return path


def test_a_traceback_goes_when_it_is_too_old(tmp_path: Path) -> None:
    old, young = make(tmp_path, 15), make(tmp_path, 13)
    assert apply_retention(tmp_path, START_NS, keep_days=14) == []
    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize("limits", [(0, 500), (14, 0)], ids=["no days", "no megabytes"])
def test_where_no_history_is_kept_a_traceback_is_still_there_to_be_read(
    limits: tuple[float, float], tmp_path: Path
) -> None:
    old, young = make(tmp_path, 15), make(tmp_path, 0)
    apply_retention(tmp_path, START_NS, *limits)
    assert not old.exists()
    assert young.exists()


def test_links_directories_and_other_names_are_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("x")
    (tmp_path / error_name(1)).symlink_to(target)
    (tmp_path / error_name(2)).symlink_to(tmp_path / "nowhere")
    (tmp_path / error_name(3)).mkdir()
    for name in ("error-x.txt", "error-4.txt.bak", "error-.txt", "error-\u0665.txt"):
        (tmp_path / name).touch()
    before = sorted(each.name for each in tmp_path.iterdir())
    apply_retention(tmp_path, START_NS)
    assert sorted(each.name for each in tmp_path.iterdir()) == before
    assert target.read_text() == "x"


def test_a_traceback_that_cannot_be_removed_stays_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError

    old = make(tmp_path, 20)
    monkeypatch.setattr(Disk, "unlink", staticmethod(refuse))
    assert apply_retention(tmp_path, START_NS) == []
    assert old.exists()


def test_a_missing_directory_has_no_tracebacks(tmp_path: Path) -> None:
    assert errors(tmp_path / "missing") == []
