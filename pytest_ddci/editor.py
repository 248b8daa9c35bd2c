"""What the hook `pytest_ddci_event` makes of an event before it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pytest_ddci.errors import InvalidEventError, RedactionError
from pytest_ddci.redact import MARK
from pytest_ddci.torn_words import without_torn_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.events import Event
    from pytest_ddci.user_hooks import UserHooks

_HOOK = "pytest_ddci_event"
# What may be missing without tearing the tree.
_DROPPED = frozenset({"job", "step"})
# What ties events to each other; changing one would tear the tree.
_TIES = (
    "level",
    "id",
    "unique_id",
    "name",
    "pipeline_unique_id",
    "pipeline_name",
    "stage_id",
    "stage_name",
    "job_id",
    "job_name",
    "start",
)
_COLON = re.compile(r"_(?=\W)|(?<=\W)_")
# What holds no words of the user's and must stay what it is.
_FIXED = frozenset({*_TIES, "end", "status"})


class Editor:
    """Passes events through the users' hooks.

    Args:
        hooks: the hooks.
        redact: takes secrets out of what a hook adds; may raise RedactionError.
    """

    def __init__(self, hooks: UserHooks, redact: Callable[[str], str]) -> None:
        self._hooks = hooks
        self._redact = redact

    def edits(self) -> bool:
        """Whether there is a hook now; a conftest may come later than others."""
        return self._hooks.edits_events()

    def edit(self, line: bytes) -> bytes | None:
        """The line to write instead, or None when the hook drops the event."""
        if not self.edits():
            return line
        # Only hooks see models: without one, the weight of pydantic stays out of the test run.
        from pytest_ddci.events import Event  # noqa: PLC0415

        event = Event.from_wire(line)
        resource = event.attributes.resource
        answer = self._hooks.event(resource)
        if answer is None or answer is resource:
            return line
        if answer is False:
            return self._dropped(event, line)
        try:
            return self._changed(event, answer)
        except InvalidEventError as error:
            self._hooks.complain(_HOOK, str(error))
            return line
        except RedactionError:
            # What was there before is redacted; what the hook wants to say is not.
            return None if resource.level in _DROPPED else line

    def _dropped(self, event: Event, line: bytes) -> bytes | None:
        level = event.attributes.resource.level
        if level in _DROPPED or event.attributes.resource.status == "running":
            return None
        self._hooks.complain(_HOOK, f"dropped a {level}, which holds the others together: kept")
        return line

    def _changed(self, event: Event, answer: object) -> bytes:
        resource = event.attributes.resource
        if type(answer) is not type(resource):
            raise InvalidEventError(
                f"returned {type(answer).__name__} for a {type(resource).__name__}: ignored"
            )
        try:
            made = cast("Any", answer).checked()
        except InvalidEventError as error:
            raise InvalidEventError(f"returned what the API cannot take: {error}") from None
        for tie in _TIES:
            if getattr(made, tie, None) != getattr(resource, tie, None):
                raise InvalidEventError(f"changed the {tie} of a {resource.level}: ignored")
        clean = made.replace(**self._redacted_changes(resource, made))
        attributes = event.attributes.replace(resource=clean)
        return event.replace(attributes=attributes).wire()

    def _redacted_changes(self, before: Any, made: Any) -> dict[str, object]:  # noqa: ANN401 - one of five models
        """The fields that a hook changed, redacted; the others were when they were encoded."""
        old = before.model_dump(mode="json", exclude_none=True)
        new = made.model_dump(mode="json", exclude_none=True)
        return {
            field: self._redacted(value, old.get(field), names=field == "parameters")
            for field, value in new.items()
            if field not in _FIXED and value != old.get(field)
        }

    def _redacted(self, value: object, before: object, *, names: bool = False) -> object:
        """What is new in a value, redacted; `names`: so are the keys."""
        if value == before:
            return value
        if isinstance(value, str):
            # It was cut when the hook put it there: half a secret may be left at its end.
            return self._redact(without_torn_words(value, MARK))
        if isinstance(value, dict):
            fields = before if isinstance(before, dict) else {}
            return {
                self._redact(key) if names else key: self._redacted(item, fields.get(key))
                for key, item in value.items()
            }
        if isinstance(value, list):
            items = before if isinstance(before, list) else []
            return [item if item in items else self._redacted_item(item) for item in value]
        return value

    def _redacted_item(self, item: object) -> object:
        """A tag or metric that is new, or another item of a list.

        In the key of one, colons have become `_` before we could see it.
        """
        clean = self._redacted(item, None)
        if not isinstance(clean, str):
            return clean
        key, colon, value = clean.partition(":")
        meant = _COLON.sub(":", key)
        if meant == key or self._redact(meant) == meant:
            return clean
        return f"{MARK}{colon}{value}"
