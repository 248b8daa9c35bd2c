"""A second opinion on what is sent: the models of Datadog's own Python client."""

from __future__ import annotations

import json
from typing import Any

from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import OpenApiModel, validate_and_convert_types
from datadog_api_client.v2.model.ci_app_create_pipeline_event_request import (
    CIAppCreatePipelineEventRequest,
)
from datadog_api_client.v2.model.ci_app_create_pipeline_event_request_data import (
    CIAppCreatePipelineEventRequestData,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_finished_job import (
    CIAppPipelineEventFinishedJob,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_finished_pipeline import (
    CIAppPipelineEventFinishedPipeline,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_in_progress_job import (
    CIAppPipelineEventInProgressJob,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_in_progress_pipeline import (
    CIAppPipelineEventInProgressPipeline,
)
from datadog_api_client.v2.model.ci_app_pipeline_event_stage import CIAppPipelineEventStage
from datadog_api_client.v2.model.ci_app_pipeline_event_step import CIAppPipelineEventStep

RESOURCES: dict[tuple[str, bool], type[Any]] = {
    ("pipeline", False): CIAppPipelineEventFinishedPipeline,
    ("pipeline", True): CIAppPipelineEventInProgressPipeline,
    ("stage", False): CIAppPipelineEventStage,
    ("job", False): CIAppPipelineEventFinishedJob,
    ("job", True): CIAppPipelineEventInProgressJob,
    ("step", False): CIAppPipelineEventStep,
}
"""The client's model for a level, finished and running."""


class RefusedError(ValueError):
    """The client does not take the body; the message says why as far as it does."""


def parse(payload: dict[str, Any]) -> object:
    """The body of a request as the client's `CIAppCreatePipelineEventRequest`.

    Where no schema of a oneOf fits, the client does not raise: it keeps an `UnparsedObject` and
    sets a mark on everything around it. That is raised here, and so is what its oneOf accepts
    without looking, a body without `data` or with none in it.

    Raises:
        RefusedError: the client finds the body invalid.
    """
    if not payload.get("data"):
        raise RefusedError("the body has no data")
    parsed = _convert(payload, CIAppCreatePipelineEventRequest)
    if _unparsed(parsed):
        data = payload["data"]
        events = data if isinstance(data, list) else [data]
        raise RefusedError("; ".join(filter(None, map(_reason, events))) or "not a request")
    return parsed


def _nameable(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The value with those keys of `parameters` renamed that the client cannot construct.

    It passes them as keyword arguments to its own constructor, which has a `cls` already.
    """
    if isinstance(value, list):
        return [_nameable(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: _nameable(each) for key, each in value.items()}
    if isinstance(made.get("parameters"), dict):
        made["parameters"] = {f"p_{key}": each for key, each in made["parameters"].items()}
    return made


def _convert(value: object, model: type[Any]) -> Any:  # noqa: ANN401 - the client has no types
    try:
        return validate_and_convert_types(
            _nameable(json.loads(json.dumps(value))),
            (model,),
            [model.__name__],
            True,  # noqa: FBT003 - the names are those of the wire
            True,  # noqa: FBT003 - check types
            configuration=Configuration(),
        )
    except Exception as problem:
        # The client raises whatever its models run into: its own errors, TypeError, KeyError.
        raise RefusedError(f"{type(problem).__name__}: {problem}") from problem


def _unparsed(value: object) -> bool:
    """Whether the value or anything in it has the client's mark of what it could not parse."""
    if isinstance(value, OpenApiModel):
        return bool(value._unparsed) or any(map(_unparsed, value._data_store.values()))  # noqa: SLF001 - no public way to ask
    if isinstance(value, dict):
        return any(map(_unparsed, value.values()))
    return isinstance(value, list) and any(map(_unparsed, value))


def _reason(event: Any) -> str:  # noqa: ANN401 - whatever is in the body
    """Why the client refuses this event; empty when it takes it."""
    try:
        if not _unparsed(_convert(event, CIAppCreatePipelineEventRequestData)):
            return ""
        resource = event["attributes"]["resource"]
        level, running = resource["level"], resource["status"] == "running"
        if (level, running) in RESOURCES:
            stored = _convert(resource, RESOURCES[level, running])._data_store  # noqa: SLF001 - as above
            fields = [name for name, value in stored.items() if _unparsed(value)]
            return f"no schema fits {', '.join(fields) or 'the event'}"
    except RefusedError as problem:
        return str(problem)
    except (KeyError, TypeError) as problem:
        return f"{type(problem).__name__}: {problem}"
    return "no schema fits the event"
