"""The field types of the models: what can be made to fit is made to fit before it is validated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from pytest_ddci import limits, timestamps

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)


def fit(make: Callable[[str], str]) -> BeforeValidator:
    """Makes a text fit before it is validated; what is no text is left to the validation."""
    return BeforeValidator(lambda value: make(value) if isinstance(value, str) else value)


def moment(value: object) -> datetime:
    """A moment in UTC, from an aware datetime or an RFC 3339 text."""
    if isinstance(value, str):
        try:
            return _EPOCH + timedelta(microseconds=timestamps.parse_rfc3339(value) // 1_000)
        except OverflowError:
            raise ValueError(f"{value!r} is not within the years 1 to 9999") from None
    if not isinstance(value, datetime):
        raise ValueError(f"a datetime or an RFC 3339 text is needed, not {type(value).__name__}")  # noqa: TRY004 - pydantic reports ValueError only
    if value.utcoffset() is None:
        raise ValueError("a time without a time zone: make the datetime aware")
    return _EPOCH + (value - _EPOCH)


def rfc3339(when: datetime) -> str:
    """A moment as it goes over the wire."""
    return timestamps.rfc3339((when - _EPOCH) // MICROSECOND * 1_000)


def _tags(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(limits.sanitise_tags(value)[0])
    if isinstance(value, (list, tuple)):
        return tuple(limits.sanitise_tag_texts(value)[0])
    return value


def _metrics(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(limits.sanitise_metrics(value)[0])
    if isinstance(value, (list, tuple)):
        return tuple(limits.sanitise_metric_texts(value)[0])
    return value


def _parameters(value: object) -> object:
    return limits.sanitise_parameters(value) if isinstance(value, Mapping) else value


def commit_id(value: str) -> str:
    """A commit's id; raises ValueError when it has not 40 hexadecimal digits."""
    found = limits.sha(value)
    if found is None:
        raise ValueError("40 hexadecimal digits are needed")
    return found


Text = Annotated[str, Field(strict=True), fit(limits.name)]
Name = Annotated[str, Field(strict=True, min_length=1), fit(limits.name)]
Flag = Annotated[bool, Field(strict=True)]
Moment = Annotated[
    datetime, BeforeValidator(moment), PlainSerializer(rfc3339, return_type=str, when_used="json")
]
Milliseconds = Annotated[int, Field(strict=True, ge=0, le=limits.QUEUE_TIME)]
Tags = Annotated[tuple[str, ...], BeforeValidator(_tags)]
Metrics = Annotated[tuple[str, ...], BeforeValidator(_metrics)]
Parameters = Annotated[dict[str, str], BeforeValidator(_parameters)]
