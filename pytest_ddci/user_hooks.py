"""Calls of the users' own hooks: what they raise is remembered and told, never passed on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_ddci.errors import InvalidEventError, RedactionError
from pytest_ddci.limits import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_ddci.accounting import Accounting
    from pytest_ddci.events import Model
    from pytest_ddci.head import PipelineDraft

_MOST_PROBLEMS = 20
_LONGEST = 200
_SHOWN = 80
_REDACT = "pytest_ddci_redact"
_FAILED = object()


class UserHooks:
    """The `pytest_ddci_*` hooks of conftests and plugins.

    Args:
        config: has the hooks.
        redact: takes secrets out of what is told of hooks, and out of what they are given.

    Attributes:
        problems: one line for each hook and error, with how often it happened.
    """

    def __init__(self, config: pytest.Config, redact: Callable[[str], str] = str) -> None:
        self._config = config
        self._redact = redact
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
        # pytest's own `--debug` writes down what hooks are given.
        draft.redact(self._redact)
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
        self.complain("pytest_ddci_stage_name", f"returned {self._shown(name)} instead of a name")
        return default

    def redacts(self) -> bool:
        """Whether anybody knows secrets that we do not."""
        return bool(self._config.hook.pytest_ddci_redact.get_hookimpls())

    def redacted(self, text: str) -> str:
        """What all hooks together leave of a text.

        Raises:
            RedactionError: one of them fails.
        """
        given: dict[str, Any] = {"text": text, "config": self._config}
        # One after the other, each on what the one before has left: pluggy would give all the same.
        for hook in reversed(self._config.hook.pytest_ddci_redact.get_hookimpls()):
            answer = self._guarded(
                _REDACT, partial(hook.function, *(given[name] for name in hook.argnames)), _FAILED
            )
            if not isinstance(answer, str):
                if answer is not _FAILED:
                    self.complain(_REDACT, f"returned {type(answer).__name__} instead of a text")
                raise RedactionError(_REDACT)
            given["text"] = text_of(answer)
        return str(given["text"])

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

    def _guarded(self, name: str, call: Callable[[], object], failed: object = None) -> object:
        try:
            return call()
        except InvalidEventError as error:
            self.complain(name, f"asked for what the API cannot take: {self._line(error)}")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - pytest's outcomes are no Exceptions
            self.complain(name, f"raised {type(error).__name__}: {self._line(error)}")
        return failed

    def _line(self, error: BaseException) -> str:
        """The error's words in one line, and the place in the user's file that raised it."""
        # Redacted before it is cut.
        words = " ".join(self._redact(text_of(error)).split())[:_LONGEST]
        return words if isinstance(error, InvalidEventError) else words + _place(error)

    def _shown(self, value: object) -> str:
        if not isinstance(value, (int, float, list)):
            return type(value).__name__
        return self._redact(text_of(repr(value)))[:_SHOWN]


def _place(error: BaseException) -> str:
    tb = error.__traceback__
    while tb is not None and tb.tb_next is not None:
        tb = tb.tb_next
    return f" ({tb.tb_frame.f_code.co_filename}:{tb.tb_lineno})" if tb else ""
