"""Values are what frozen dataclasses are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: list[Any] = [frozen, dataclass(frozen=True, slots=True)]


def made(kind: Callable[[type[Any]], Any]) -> Any:  # noqa: ANN401 - a class
    class Value:
        """Something."""

        name: str
        size: int = 3
        hidden: str = field(default="x", repr=False)
        origin: str = field(default="", compare=False)

        def doubled(self) -> int:
            return 2 * self.size

    return kind(Value)


@pytest.fixture(params=KINDS, ids=["ours", "theirs"])
def value(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - a class
    return made(request.param)


def test_equal_fields_are_equal_values(value: Any) -> None:  # noqa: ANN401
    assert value("a", 1) == value("a", size=1, origin="elsewhere")
    assert value("a") != value("a", 4)
    assert value("a") != made(frozen)("a"), "another class"
    assert {value("a"), value("a", 3, origin="elsewhere")} == {value("a")}


def test_a_value_shows_its_fields_but_not_hidden_ones(value: Any) -> None:  # noqa: ANN401
    assert repr(value("a")).endswith("Value(name='a', size=3, origin='')")


def test_a_value_has_slots_and_methods_and_can_be_replaced(value: Any) -> None:  # noqa: ANN401
    assert replace(value("a"), size=4).doubled() == 8
    assert [each.name for each in fields(value)] == ["name", "size", "hidden", "origin"]
    assert not hasattr(value("a"), "__dict__")
    with pytest.raises(TypeError, match="hidde"):
        value("a", hidde="")


def test_what_a_class_says_itself_stays() -> None:
    @frozen
    class Secret:
        word: str

        def __repr__(self) -> str:
            return "Secret"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert repr(Secret("x")) == "Secret"
    assert Secret("x") == Secret("y")
    assert hash(Secret("x")) == 7


def test_fields_by_name_only_and_objects_in_order() -> None:
    @frozen(kw_only=True, order=True)
    class Version:
        major: int
        minor: int = 0

    assert sorted([Version(major=2), Version(major=1, minor=2), Version(major=1)]) == [
        Version(major=1),
        Version(major=1, minor=2),
        Version(major=2),
    ]
    with pytest.raises(TypeError):
        Version(1)  # type: ignore[call-arg]


def test_a_value_without_fields_is_equal_to_another() -> None:
    @frozen
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
