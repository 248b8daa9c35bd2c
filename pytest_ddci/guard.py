"""What keeps our errors out of the user's run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, Protocol, cast

from pytest_ddci.limits import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")


@dataclass(slots=True)
class Guard:
    """Remembers the first error of ours; from then on nothing guarded runs any more."""

    error: Exception | None = None


class Guarded(Protocol):
    """An object whose hooks share a guard."""

    guard: Guard


def described(error: BaseException) -> str:
    """The error's type and words in one ASCII line, whatever its own `__str__` does."""
    words = " ".join(text_of(error).split()).encode("ascii", "backslashreplace").decode("ascii")
    return f"{type(error).__name__}: {words}"


def guarded(hook: Callable[Given, None]) -> Callable[Given, None]:
    """A method that never raises an `Exception`; once one was raised it does nothing.

    KeyboardInterrupt, SystemExit and pytest's own exits are no errors of ours and pass.
    """

    @wraps(hook)
    def protected(*args: Given.args, **kwargs: Given.kwargs) -> None:
        guard = cast("Guarded", args[0]).guard
        if guard.error is None:
            try:
                hook(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - the user's run is sacred
                guard.error = error

    return protected
