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
    """Remembers the first error of ours; from then on nothing guarded runs any more.

    Attributes:
        error: that error.
        depth: how many guarded methods are under way, one within another.
    """

    error: Exception | None = None
    depth: int = 0
    _waiting: Callable[[], None] | None = None

    def when_idle(self, action: Callable[[], None]) -> None:
        """Do that now, or as soon as nothing guarded is under way; for signal handlers."""
        if self.depth == 0:
            action()
        else:
            self._waiting = action

    def leave(self) -> None:
        """A guarded method is over."""
        self.depth -= 1
        if self._waiting is not None and self.depth == 0:
            action, self._waiting = self._waiting, None
            action()


class Guarded(Protocol):
    """An object whose hooks share a guard."""

    guard: Guard


def described(error: BaseException, redact: Callable[[str], str] = str) -> str:
    """The error's type and words in one ASCII line, whatever its own `__str__` does.

    Args:
        error: the error.
        redact: takes secrets out of its words, as long as those are what they were.
    """
    text = " ".join(redact(text_of(error)).split())
    words = text.encode("ascii", "backslashreplace").decode("ascii")
    return f"{type(error).__name__}: {words}"


def guarded(hook: Callable[Given, None]) -> Callable[Given, None]:
    """A method that never raises an `Exception`; once one was raised it does nothing.

    KeyboardInterrupt, SystemExit and pytest's own exits are no errors of ours and pass.
    """
    return _protected(hook, always=False)


def guarded_always(hook: Callable[Given, None]) -> Callable[Given, None]:
    """A guarded method that runs after an error, too: it leaves things as they were found."""
    return _protected(hook, always=True)


def _protected(hook: Callable[Given, None], *, always: bool) -> Callable[Given, None]:
    @wraps(hook)
    def protected(*args: Given.args, **kwargs: Given.kwargs) -> None:
        guard = cast("Guarded", args[0]).guard
        if always or guard.error is None:
            guard.depth += 1
            try:
                hook(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - the user's run is sacred
                guard.error = guard.error or error
            finally:
                guard.leave()

    return protected
