"""What all requests to the read side have in common: field types, strictness, and complaints.

What is wrong with a request is said about the field it is wrong in, by a server as by a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic_core import from_json

from pytest_ddci import moments
from pytest_ddci.errors import QueryError
from pytest_ddci.fields import moment, rfc3339
from pytest_ddci.limits import cut

if TYPE_CHECKING:
    from typing_extensions import Self

INT64 = 2**63 - 1
"""The greatest whole number that the API's schema can hold."""

_MOST_ERRORS = 20
_LONGEST_SHOWN = 60


def _time(value: object) -> object:
    """A time as text, from a text, milliseconds or an aware datetime."""
    if isinstance(value, datetime):
        return rfc3339(moment(value))
    if isinstance(value, (str, int)):
        moments.moment(value, 0)
    return str(value) if isinstance(value, int) else value


def _interval(value: object) -> object:
    if isinstance(value, (str, int)):
        moments.interval_ns(value)
    return str(value) if isinstance(value, int) else value


def _text_or_number(value: object) -> str | float:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"a text or a number is needed, not {shown(value)}")  # noqa: TRY004 - pydantic reports ValueError only
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise ValueError(f"a finite number is needed, not {value}")
    return value


def _total(value: object) -> bool | str | float:
    return value if isinstance(value, bool) else _text_or_number(value)


Text = Annotated[str, Field(strict=True)]
Name = Annotated[str, Field(strict=True, min_length=1)]
Time = Annotated[str, BeforeValidator(_time), Field(strict=True)]
Interval = Annotated[str, BeforeValidator(_interval), Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Value = Annotated[str | int | float, PlainValidator(_text_or_number)]
Total = Annotated[bool | str | int | float, PlainValidator(_total)]


class Request(BaseModel):
    """A request or a part of one."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        if isinstance(value, Mapping):
            return {name: each for name, each in value.items() if each is not None}
        return value

    @classmethod
    def of(cls, value: object) -> Self:
        """The request in a decoded JSON body, or in such a model.

        Raises:
            QueryError: it is none; one text for each field that is wrong.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as problem:
            raise QueryError(*complaints(problem)) from None

    @classmethod
    def from_wire(cls, body: bytes | str) -> Self:
        """The request in an HTTP body; nothing at all counts as an empty object.

        Raises:
            QueryError: it is no JSON, or not this request; one text for each field.
        """
        try:
            value = from_json(body) if body.strip() else {}
        except ValueError as problem:
            raise QueryError(f"the body is no JSON: {problem}") from None
        return cls.of(value)

    def body(self) -> dict[str, Any]:
        """The request as a JSON object: what has been set, and no more."""
        made: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return made


def complaints(problem: ValidationError, *, parameters: bool = False) -> tuple[str, ...]:
    """What is wrong with a request, one text for each field, twenty at most.

    Args:
        problem: what pydantic found.
        parameters: whether fields are named as in a GET: `page[limit]` for `page.limit`.
    """
    made = []
    for error in problem.errors(include_url=False, include_context=False)[:_MOST_ERRORS]:
        where = "".join(
            f"[{step}]" if place and (parameters or isinstance(step, int)) else f".{step}"
            for place, step in enumerate(error["loc"])
        )
        said = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            said = "there is no such field"
        elif error["type"] not in {"missing", "value_error"}:
            said = f"{said}, not {shown(error['input'])}"
        made.append(f"Field '{where[1:]}' is invalid: {said}" if where else f"The request: {said}")
    return tuple(made)


def shown(value: object) -> str:
    """What was found, short enough for a message."""
    if isinstance(value, str):
        return repr(cut(value, _LONGEST_SHOWN))
    if isinstance(value, int) and abs(value) > INT64:
        return "a very large number"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        return "an object"
    return "an array" if isinstance(value, (list, tuple)) else type(value).__name__
