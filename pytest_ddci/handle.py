"""What the `ddci` fixture gives a test: tags, metrics and steps of its own.

Without `--ddci` everything here does nothing, so that tests need not ask.
"""

from __future__ import annotations

import functools
import inspect
import math
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar, cast

from pytest_ddci.limits import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from pytest_ddci.notebook import Notebook

Function = TypeVar("Function", bound="Callable[..., object]")


def numeric(value: object) -> float:
    """A metric's value; not-a-number, which is later left out and counted, for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return math.nan


class Handle:
    """The `ddci` fixture: it speaks of the test that is running.

    The fixture has session scope, so that fixtures of any scope may use it.
    """

    def __init__(self, notebook: Notebook | None = None) -> None:
        self._notebook = notebook

    def tag(self, key: str, value: object) -> None:
        """Add the tag `key:value` to the job of the running test.

        A key or value that the API cannot take is left out and counted in the summary: a reporter
        must not fail a test.
        """
        if self._notebook:
            self._notebook.tag(text_of(key), text_of(value))

    def metric(self, key: str, value: float) -> None:
        """Add the metric `key:value` to the job of the running test.

        Anything but a finite number is left out and counted in the summary.
        """
        if self._notebook:
            self._notebook.metric(text_of(key), numeric(value))

    def step(self, name: str) -> Step:
        """Time a step of the running test: `with ddci.step("login"): ...`, or as a decorator."""
        return Step(text_of(name), self._notebook)


class Step(AbstractContextManager["Step"]):
    """One named step; as a decorator it times every call, also of coroutine functions."""

    def __init__(self, name: str, notebook: Notebook | None) -> None:
        self._name = name
        self._notebook = notebook
        self._starts: list[int] = []

    def __enter__(self) -> Self:
        if self._notebook:
            self._starts.append(self._notebook.clock.now_ns())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._notebook:
            failed = None if error is None or _is_skip(error) else error
            self._notebook.step(self._name, self._starts.pop(), failed)

    def __call__(self, function: Function) -> Function:
        """The function with every call timed as a step of its own."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_coroutine(*args: object, **kwargs: object) -> object:
                with Step(self._name, self._notebook):
                    return await function(*args, **kwargs)

            return cast("Function", timed_coroutine)

        @functools.wraps(function)
        def timed(*args: object, **kwargs: object) -> object:
            with Step(self._name, self._notebook):
                return function(*args, **kwargs)

        return cast("Function", timed)


def _is_skip(error: BaseException) -> bool:
    """Whether the exception only skips the test: pytest's and unittest's are both named so."""
    return type(error).__name__ in ("Skipped", "SkipTest")
