"""An exception as a `Failure`: captured where it was raised, independent of `--tb`."""

from __future__ import annotations

import traceback
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pytest_ddci.bounded import LONGEST_STACK, bounded
from pytest_ddci.facts import Failure
from pytest_ddci.frames import Frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pytest_ddci.facts import Domain

_WRAPPERS = ("CollectError", "ConftestImportFailure")
_MACHINERY = ("_pytest", "pluggy", "pytest_ddci", "xdist")
# Where exceptions come from whose own text and frames tell nothing.
_EXPLAINED = ("_pytest", "doctest")
_INSTALLED = ("site-packages", "dist-packages", str(Path(traceback.__file__).parent), "<frozen")


def capture(error: BaseException, explain: Callable[[], str] = str) -> Failure:
    """Type, message and full stack of an exception, whatever its own methods do.

    The stack has causes, contexts, notes and the members of groups. It starts where pytest calls
    the user's code; frames marked with `__tracebackhide__` are kept.

    Args:
        error: the exception.
        explain: says how pytest itself shows it; preferred for the exceptions of pytest (an
            unknown fixture) and doctest, whose text and frames tell nothing.
    """
    kind = type(error)
    if _package(kind) in _EXPLAINED and (explained := explain()):
        return Failure(_name(kind), bounded(_marked(explained)), bounded(explained, LONGEST_STACK))
    return Failure(
        type=_name(kind),
        message=bounded(_message(error)),
        stack=bounded(_stack(error), LONGEST_STACK),
        domain=_domain(error),
    )


def _name(kind: type[BaseException]) -> str:
    """The name by which Python prints it: bare for builtins, else with its module."""
    module = getattr(kind, "__module__", "")
    if not isinstance(module, str) or module in ("builtins", "__main__") or _is_pytests_own(kind):
        return kind.__qualname__
    return f"{module}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"<str() of this {_name(type(error))} raised {_name(type(broken))}>"
    notes = getattr(error, "__notes__", None)
    if not isinstance(notes, (list, tuple)):
        return text
    return "\n".join([text, *(note for note in notes if isinstance(note, str))])


def _stack(error: BaseException) -> str:
    try:
        shown = traceback.TracebackException(type(error), error, None, compact=True)
        _set_stacks(shown, error, _from_user_code(error.__traceback__))
        return "".join(shown.format())
    except Exception as broken:  # noqa: BLE001 - formatting runs users' __str__, __repr__, notes
        frames = "".join(traceback.format_tb(error.__traceback__))
        return f"{frames}<formatting this {_name(type(error))} raised {_name(type(broken))}>\n"


def _set_stacks(
    shown: traceback.TracebackException, error: BaseException, tb: TracebackType | None
) -> None:
    """Give each exception that is shown the frames of its own traceback."""
    todo = [(shown, error, tb)]
    while todo:
        shown, error, tb = todo.pop()
        shown.stack = Frames(tb)
        related = [(shown.__cause__, error.__cause__), (shown.__context__, error.__context__)]
        if members := getattr(shown, "exceptions", None):
            related += zip(members, cast("Any", error).exceptions, strict=True)
        todo += [
            (show, one, one.__traceback__)
            for show, one in related
            if show is not None and one is not None
        ]


def _from_user_code(tb: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame of the user's code on.

    Without any, from the first that is not pytest's own machinery; else all of it.
    """
    return _first(tb, _is_user_code) or _first(tb, lambda frame: not _is_machinery(frame)) or tb


def _first(
    tb: TracebackType | None, wanted: Callable[[TracebackType], bool]
) -> TracebackType | None:
    while tb is not None and not wanted(tb):
        tb = tb.tb_next
    return tb


def _is_user_code(tb: TracebackType) -> bool:
    return not _is_installed(tb.tb_frame.f_code.co_filename) and not _is_machinery(tb)


@lru_cache
def _is_installed(filename: str) -> bool:
    return any(place in filename for place in _INSTALLED)


def _is_machinery(tb: TracebackType) -> bool:
    name = tb.tb_frame.f_globals.get("__name__", "")
    return isinstance(name, str) and name.partition(".")[0] in _MACHINERY


def capture_collection(error: BaseException) -> Failure:
    """The failure of a collector: what its module raised, not how pytest wraps that.

    A module that cannot be collected is the project's, even if only a parser is on the stack.
    """
    wrapped = error.__cause__ if type(error).__name__ in _WRAPPERS else None
    return replace(capture(wrapped or error), domain="user")


def _is_pytests_own(kind: type[BaseException]) -> bool:
    return _package(kind) == "_pytest"


def _package(kind: type[BaseException]) -> str:
    return str(getattr(kind, "__module__", "")).partition(".")[0]


def _marked(explained: str) -> str:
    """The lines that pytest marks as the error itself, or all of them."""
    marked = [line[1:].strip() for line in explained.splitlines() if line.startswith("E ")]
    return "\n".join(marked) or explained


def _domain(error: BaseException) -> Domain:
    """`user` for what a test asserts or the project's code raises, `provider` for the rest.

    `pytest.fail` and pytest's own exceptions speak of the user's tests. Otherwise the project's
    code must be on the stack: an exception of which only installed packages know is a plugin's.
    """
    if isinstance(error, AssertionError) or _name(type(error)) == "Failed":
        return "user"
    return "user" if _first(error.__traceback__, _is_user_code) else "provider"
