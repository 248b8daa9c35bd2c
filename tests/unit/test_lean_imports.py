"""Modules that are not there for a while."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from pytest_ddci.lean_imports import deferred, without


@pytest.fixture(autouse=True)
def _not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)


def test_what_is_left_out_cannot_be_imported_until_it_is_over() -> None:
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


def test_what_is_deferred_is_loaded_when_something_of_it_is_used() -> None:
    with deferred("colorsys"):
        early = import_module("colorsys")
    assert "colorsys" not in sys.modules
    assert early.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert sys.modules["colorsys"].rgb_to_hsv is early.rgb_to_hsv


def test_what_is_deferred_can_be_used_within() -> None:
    with deferred("colorsys"):
        from colorsys import rgb_to_hsv  # noqa: PLC0415 - the point
    assert sys.modules["colorsys"].rgb_to_hsv is rgb_to_hsv


def test_others_get_the_real_one_whether_it_was_used_or_not() -> None:
    with deferred("colorsys"):
        early = import_module("colorsys")
    late = import_module("colorsys")
    assert late is not early
    assert late.__spec__ is not None
    assert early.hls_to_rgb is late.hls_to_rgb


def test_what_is_deferred_has_no_other_attributes_than_the_real_one() -> None:
    with deferred("colorsys"):
        early = import_module("colorsys")
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = early.no_such_thing


@pytest.mark.parametrize("name", ["json", "no_such_module"])
def test_nothing_is_deferred_that_is_there_or_not_to_be_had(name: str) -> None:
    before = sys.modules.get(name)
    with deferred(name):
        assert sys.modules.get(name) is before
    assert sys.modules.get(name) is before
