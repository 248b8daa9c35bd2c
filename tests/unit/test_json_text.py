"""JSON that does not depend on the functions of the `json` module."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.json_text import from_json, to_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_is_encoded_comes_back(value: object) -> None:
    text = to_json(value)
    assert text.isascii()
    assert from_json(text) == from_json(text.encode()) == value


def test_it_is_compact() -> None:
    assert to_json({"a": [1, 2]}) == '{"a":[1,2]}'


@pytest.mark.parametrize("text", ["", "{", b"\xff", "nonsense", '{"a":1} '[:-2]])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


def test_mocks_of_the_json_module_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "dumps", None)
    monkeypatch.setattr(json, "loads", None)
    assert from_json(to_json([1])) == [1]
