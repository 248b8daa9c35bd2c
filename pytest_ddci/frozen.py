"""Values: dataclasses that nobody changes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[T], T]:
        """Of no use to a running program, and not in Python 3.10."""
        return lambda decorator: decorator


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T] | None = None, /, *, kw_only: bool = False, order: bool = False) -> Any:  # noqa: ANN401 - the class, or what makes it: type checkers know by the line above
    """A dataclass with slots, equal by value, that type checkers let nobody change.

    As `dataclass(frozen=True, slots=True)`, but for two things. Only a type checker forbids
    changes. And of its methods only `__init__` is source that is compiled when the class is made,
    which is what a dataclass costs: half a millisecond each, for a hundred of them a third of
    what a session takes longer to start.

    Args:
        cls: the class.
        kw_only: fields are given by name only.
        order: its objects can be sorted.
    """

    def make(plain: type[T]) -> type[T]:
        made = dataclass(slots=True, eq=order, order=order, repr=False, kw_only=kw_only)(plain)
        _complete(made)
        return made

    return make if cls is None else make(cls)


def _complete(cls: Any) -> None:  # noqa: ANN401 - any class
    """The methods of a frozen dataclass."""
    compared = [each.name for each in fields(cls) if each.compare]
    shown = [each.name for each in fields(cls) if each.repr]
    values: Callable[[object], object] = attrgetter(*compared) if compared else lambda _: ()

    def __eq__(self: object, other: object) -> bool:  # noqa: N807 - becomes the method
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(values(self))

    def __repr__(self: object) -> str:  # noqa: N807
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__qualname__}({said})"

    for method in (__eq__, __hash__, __repr__):
        # What the class says itself stays; that it has no hash is what `__eq__` alone says.
        if cls.__dict__.get(method.__name__) is None:
            setattr(cls, method.__name__, method)
