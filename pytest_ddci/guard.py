"""What keeps our errors out of the user's run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Protocol

from pytest_ddci.limits import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from typing_extensions import TypeVarTuple, Unpack

    Given = TypeVarTuple("Given")
    Owner = TypeVar("Owner", bound="Guarded")


@dataclass(slots=True)
class Guard:
    """Remembers the first error of ours; from then on nothing guarded runs any more.

    Attributes:
        error: that error.
        depth: how many guarded methods are under way, one within another.
        waiting: what is to be done when none is.
    """

    error: Exception | None = None
    depth: int = 0
    waiting: Callable[[], None] | None = None

    def when_idle(self, action: Callable[[], None]) -> None:
        """Do that now, or as soon as nothing guarded is under way; for signal handlers."""
        if self.depth == 0:
            action()
        else:
            self.waiting = action

    def leave(self) -> None:
        """A guarded method is over: do what waited for the last one."""
        if self.waiting is not None and self.depth == 0:
            action, self.waiting = self.waiting, None
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


def guarded(
    hook: Callable[[Owner, Unpack[Given]], None],
) -> Callable[[Owner, Unpack[Given]], None]:
    """A method that never raises an `Exception`; once one was raised it does nothing.

    KeyboardInterrupt, SystemExit and pytest's own exits are no errors of ours and pass.
    """
    return _protected(hook, always=False)


def guarded_always(
    hook: Callable[[Owner, Unpack[Given]], None],
) -> Callable[[Owner, Unpack[Given]], None]:
    """A guarded method that runs after an error, too: it leaves things as they were found."""
    return _protected(hook, always=True)


def guarded_briefly(
    hook: Callable[[Owner, Unpack[Given]], None],
) -> Callable[[Owner, Unpack[Given]], None]:
    """A guarded method that nobody need wait for: a signal handler may cut it short anywhere.

    For what runs several times in each test and writes nothing: it costs half of `guarded`.
    """

    @wraps(hook)
    def protected(self: Owner, *args: Unpack[Given]) -> None:
        if self.guard.error is None:
            try:
                hook(self, *args)
            except Exception as error:  # noqa: BLE001 - the user's run is sacred
                self.guard.error = error

    return protected


def _protected(
    hook: Callable[[Owner, Unpack[Given]], None], *, always: bool
) -> Callable[[Owner, Unpack[Given]], None]:
    # A dozen times for each test: without names of arguments and further calls.
    @wraps(hook)
    def protected(self: Owner, *args: Unpack[Given]) -> None:
        guard = self.guard
        if always or guard.error is None:
            guard.depth += 1
            try:
                hook(self, *args)
            except Exception as error:  # noqa: BLE001 - the user's run is sacred
                guard.error = guard.error or error
            finally:
                guard.depth -= 1
                if guard.waiting is not None:
                    guard.leave()

    return protected
