"""A second opinion on the read side: the models of Datadog's own Python client."""

from __future__ import annotations

import json
from typing import Any

from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import model_to_dict, validate_and_convert_types


class RefusedError(ValueError):
    """The client does not take the body."""


def there_and_back(body: object, model: type[Any]) -> Any:  # noqa: ANN401 - any JSON
    """A body as the client's model writes it again.

    Raises:
        RefusedError: the client does not know a word or a type in it.
    """
    try:
        parsed = validate_and_convert_types(
            json.loads(json.dumps(body)),
            (model,),
            [model.__name__],
            True,  # noqa: FBT003 - the names are those of the wire
            True,  # noqa: FBT003 - check types
            configuration=Configuration(),
        )
    except Exception as problem:
        # The client raises whatever its models run into: its own errors, TypeError, KeyError.
        raise RefusedError(f"{type(problem).__name__}: {problem}") from problem
    if parsed._unparsed:  # noqa: SLF001 - no public way to ask
        raise RefusedError("no schema fits")
    return model_to_dict(parsed, serialize=True)
