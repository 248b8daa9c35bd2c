"""Modules that are not there for a while."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from pytest_ddci.lean_imports import without


def test_what_is_left_out_cannot_be_imported_until_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with without("colorsys"), pytest.raises(ModuleNotFoundError):
        import_module("colorsys")
    assert import_module("colorsys").__name__ == "colorsys"


def test_what_is_there_already_stays() -> None:
    with without("json"):
        assert import_module("json") is sys.modules["json"]


def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(KeyError), without("no_such_module"):
        raise KeyError
    assert "no_such_module" not in sys.modules
