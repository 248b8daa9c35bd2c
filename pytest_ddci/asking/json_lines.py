"""Answers for machines: one JSON object a line, as the API shows it, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci.json_text import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ddci.answers import ReadAnswer


def json_line(answer: ReadAnswer, redact: Callable[[str], str]) -> str:
    """An event or a bucket as one line of ASCII JSON."""
    text = to_json(answer.model_dump(mode="json", exclude_unset=True))
    if redact(text) == text:
        return text
    # Redacted as a whole it would be no JSON any more.
    return to_json(_without_secrets(from_json(text), redact))


def _without_secrets(value: Any, redact: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_without_secrets(each, redact) for each in value]
    if isinstance(value, dict):
        return {redact(key): _without_secrets(each, redact) for key, each in value.items()}
    return value
