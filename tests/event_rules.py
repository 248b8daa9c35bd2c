"""What the API demands of an event: the part of its schema that the server enforces."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pytest_ddci.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST = timedelta(hours=18)

_OF_ALL = ("id", "name", "pipeline_unique_id", "pipeline_name", "start", "end", "status")
REQUIRED: dict[str, tuple[str, ...]] = {
    "pipeline": ("unique_id", "name", "url", "start", "end", "status", "partial_retry"),
    "stage": _OF_ALL,
    "job": (*_OF_ALL, "url"),
    "step": _OF_ALL,
}
STATUSES = {
    "pipeline": {"success", "error", "canceled", "skipped", "blocked", "running"},
    "stage": {"success", "error", "canceled", "skipped"},
    "job": {"success", "error", "canceled", "skipped", "running"},
    "step": {"success", "error"},
}


class RefusalError(Exception):
    """What the API answers to a request it does not accept."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def check_event(event: object) -> None:
    """Hold one event to the rules of the schema that the server enforces.

    Raises:
        RefusalError: it breaks one.
    """
    try:
        resource = event["attributes"]["resource"]  # type: ignore[index] # refused below
        level, status = resource["level"], resource["status"]
        names = REQUIRED[level]
    except (KeyError, TypeError) as error:
        raise RefusalError(400, f"not an event: {error}") from None
    for name in names:
        if resource.get(name) is None and not (name == "end" and status == "running"):
            raise RefusalError(400, f'field "{name}" is required on level "{level}"')
    if status not in STATUSES[level]:
        raise RefusalError(400, f'status "{status}" is not allowed on level "{level}"')
    for name in ("start", "end"):
        _check_time(resource, name)


def _check_time(resource: Mapping[str, Any], name: str) -> None:
    if name not in resource:
        return
    if not isinstance(resource[name], str):
        raise RefusalError(400, "Time.UnmarshalJSON: input is not a JSON string")
    try:
        moment_ns = parse_rfc3339(resource[name])
    except ValueError as error:
        raise RefusalError(400, str(error)) from None
    oldest = datetime.now(timezone.utc) - OLDEST
    if name == "end" and moment_ns < oldest.timestamp() * 1e9:
        detail = 'timestamp attribute "end" cannot be older than 18 hours from the current time'
        raise RefusalError(400, detail)
