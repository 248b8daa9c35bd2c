"""The ids of collected tests, made when they are asked for: they would take megabytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import pytest


class NodeIds(Sequence[str]):
    """The ids of items, in their order.

    Args:
        items: the items; pytest holds them as long as the session lasts.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[pytest.Item]) -> None:
        self._items = tuple(items)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [item.nodeid for item in self._items[index]]
        return self._items[index].nodeid
