"""Calls of the users' own hooks: what they raise is remembered and told, never passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.errors import InvalidEventError
from pytest_ddci.limits import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_ddci.accounting import Accounting
    from pytest_ddci.events import Model
    from pytest_ddci.head import PipelineDraft

_MOST_PROBLEMS = 20


class UserHooks:
    """The four `pytest_ddci_*` hooks of conftests and plugins.

    Attributes:
        problems: one line for each hook and error, with how often it happened.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._counts: dict[str, int] = {}

    @property
    def problems(self) -> list[str]:
        """What went wrong in hooks, one line each."""
        return [
            problem if count == 1 else f"{problem} ({count} times)"
            for problem, count in list(self._counts.items())[:_MOST_PROBLEMS]
        ]

    def pipeline(self, draft: PipelineDraft) -> None:
        """Let hooks change the pipeline before it starts."""
        hook = self._config.hook.pytest_ddci_pipeline
        before = draft.copy()
        self._guarded("pytest_ddci_pipeline", lambda: hook(pipeline=draft, config=self._config))
        for problem in draft.mend(before):
            self.complain("pytest_ddci_pipeline", problem)

    def edits_events(self) -> bool:
        """Whether anybody wants to see events."""
        return bool(self._config.hook.pytest_ddci_event.get_hookimpls())

    def event(self, event: Model) -> object:
        """What a hook makes of an event: None, False or something to be checked."""
        hook = self._config.hook.pytest_ddci_event
        return self._guarded("pytest_ddci_event", lambda: hook(event=event, config=self._config))

    def stage_name(self, nodeid: str, default: str) -> str:
        """The stage's name after hooks had their say."""
        hook = self._config.hook.pytest_ddci_stage_name
        if not hook.get_hookimpls():
            return default
        name = self._guarded(
            "pytest_ddci_stage_name",
            lambda: hook(nodeid=nodeid, default=default, config=self._config),
        )
        if name is None:
            return default
        if isinstance(name, str) and name.strip():
            return name.strip()
        self.complain("pytest_ddci_stage_name", f"returned {_shown(name)} instead of a name")
        return default

    def delivered(self, accounting: Accounting) -> None:
        """Tell hooks what became of the events."""
        hook = self._config.hook.pytest_ddci_delivered
        self._guarded(
            "pytest_ddci_delivered", lambda: hook(accounting=accounting, config=self._config)
        )

    def complain(self, hook: str, problem: str) -> None:
        """Remember a problem with a hook for the summary."""
        line = f"hook {hook} {problem}"
        self._counts[line] = self._counts.get(line, 0) + 1

    def _guarded(self, name: str, call: Callable[[], object]) -> object:
        try:
            return call()
        except InvalidEventError as error:
            self.complain(name, f"asked for what the API cannot take: {error}")
        except Exception as error:  # noqa: BLE001 - a user's hook may raise anything
            self.complain(name, f"raised {type(error).__name__}: {_line(error)}")
        return None


def _line(error: Exception) -> str:
    """The error's words in one line, with the place in the user's file that raised it."""
    tb = error.__traceback__
    while tb is not None and tb.tb_next is not None:
        tb = tb.tb_next
    where = f" ({tb.tb_frame.f_code.co_filename}:{tb.tb_lineno})" if tb else ""
    return " ".join(text_of(error).split())[:200] + where


def _shown(value: object) -> str:
    return (
        text_of(repr(value))[:80] if isinstance(value, (int, float, list)) else type(value).__name__
    )
