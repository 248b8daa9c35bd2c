"""Receiving events as the API does: a request is taken as a whole or refused as a whole.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/#send-pipeline-event:
"Multiple events can be sent in an array (up to 1000)", "up to 18 hours in the past", "cannot
exceed 1 year".
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pytest_ddci.clock import SECOND
from pytest_ddci.json_text import from_json
from pytest_ddci.limits import cut
from pytest_ddci.lines import event_line
from pytest_ddci.local.demands import ENVELOPE, FINISHED, RUNNING, demanded, shown
from pytest_ddci.local.refusal import RefusalError, invalid
from pytest_ddci.timestamps import YEAR_NS, parse_rfc3339

MAX_EVENTS = 1_000
"""Events in one request (API schema)."""

OLDEST_NS = 18 * 3_600 * SECOND
"""How long ago an event may have ended (API schema)."""

PROVIDER = "custom"
"""The name of a provider that does not give one (API schema)."""

_MOST_PROBLEMS = 20
_OLD = 'timestamp attribute "end" cannot be older than 18 hours from the current time'


def receive(body: bytes, now_ns: int) -> list[bytes]:
    """The events of a request, as lines of a journal.

    Args:
        body: of the request, without compression.
        now_ns: the time, in nanoseconds since the epoch.

    Raises:
        RefusalError: the API would not take it; one text for each field that is wrong, at most
            twenty.
    """
    problems: list[str] = []
    lines = []
    for place, event in _events(body):
        made = demanded(event, ENVELOPE, f"data{place}", problems)
        if "resource" in made.get("attributes", {}):
            attributes = made["attributes"]
            where = f"data{place}.attributes.resource"
            resource = _resource(attributes.pop("resource"), where, now_ns, problems)
            if not problems:
                lines.append(event_line({"provider_name": PROVIDER, **attributes}, resource))
        if len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise RefusalError(HTTPStatus.BAD_REQUEST, *problems[:_MOST_PROBLEMS])
    return lines


def _events(body: bytes) -> list[tuple[str, object]]:
    """The events of a body, each with its place in it."""
    try:
        payload = from_json(body)
    except (ValueError, RecursionError) as problem:
        said = cut(str(problem).partition("\n")[0], 200)
        raise RefusalError(HTTPStatus.BAD_REQUEST, f"Malformed payload: {said}") from None
    data = payload.get("data") if isinstance(payload, dict) else None
    if isinstance(data, dict):
        return [("", data)]
    if not isinstance(data, list) or not data:
        found = "an empty array" if data == [] else shown(data)
        raise _refused("data", f"an event or an array of events is needed, not {found}")
    if len(data) > MAX_EVENTS:
        raise _refused("data", f"{len(data)} events; at most {MAX_EVENTS} are allowed")
    return [(f"[{number}]", event) for number, event in enumerate(data)]


def _refused(where: str, said: str) -> RefusalError:
    return RefusalError(HTTPStatus.BAD_REQUEST, invalid(where, said))


def _resource(value: object, where: str, now_ns: int, problems: list[str]) -> dict[str, Any]:
    """A pipeline, stage, job or step; which of them its level says."""
    if not isinstance(value, dict):
        return demanded(value, {}, where, problems)
    level = value.get("level")
    if not isinstance(level, str) or level not in FINISHED:
        said = f"one of {', '.join(FINISHED)} is needed, not {shown(level)}"
        problems.append(invalid(f"{where}.level", said))
        return {}
    is_running = value.get("status") == "running" and level in RUNNING
    found = demanded(value, (RUNNING if is_running else FINISHED)[level], where, problems)
    if found.get("git", {}).get("branch") and found["git"].get("tag"):
        problems.append(invalid(f"{where}.git", "tag or branch has to be provided, but not both"))
    if {"start", "end"} <= set(found):
        said = _span_problem(parse_rfc3339(found["start"]), parse_rfc3339(found["end"]), now_ns)
        if said:
            problems.append(invalid(f"{where}.end", said))
    return found


def _span_problem(start_ns: int, end_ns: int, now_ns: int) -> str:
    """What is wrong with a start and an end; nothing: empty."""
    if end_ns < start_ns:
        return "it is before the start"
    if end_ns - start_ns > YEAR_NS:
        return "the duration between start and end cannot exceed 1 year"
    return _OLD if end_ns < now_ns - OLDEST_NS else ""
