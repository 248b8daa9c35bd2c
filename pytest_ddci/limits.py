"""What the API allows, and functions that make values fit where they are made.

The single source of every limit. The functions are pure, take whatever a test suite may hold
(objects whose `str` raises, lone surrogates, a megabyte of text) and never raise. Each
leaves a value alone that is valid already, so they may be applied twice.

Sources: API means https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/ (schemas
`CIAppPipelineEvent*`, `CIAppCIError`, `CIAppGitInfo`); what the API leaves open is bounded here so
that one event stays far below the size of a request.
"""

from __future__ import annotations

import math
import re
from hashlib import blake2b
from reprlib import Repr
from sys import float_info
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ERROR_MESSAGE = 5_000
"""Characters of `error.message`. API, `CIAppCIError`."""

ERROR_TYPE = 100
"""Characters of `error.type`. API, `CIAppCIError`."""

TAG = 5_000
"""Characters of a tag's value: where Datadog's own CI clients (Jenkins plugin, dd-trace) cut."""

TAG_KEY = 200
"""Characters of a tag's key. https://docs.datadoghq.com/getting_started/tagging/."""

STACK = 100_000
"""Characters of `error.stack`. Ours: the API names none."""

NAME = 5_000
"""Characters of a name, id, url or label. Ours: the API names none."""

COMMIT_MESSAGE = 5_000
"""Characters of `git.message`. Ours, as a tag's value: the API names none."""

PARAMETER = 5_000
"""Characters of a parameter's value. Ours, as a tag's value: the API names none."""

QUEUE_TIME = 2**63 - 1
"""Milliseconds of `queue_time`, an int64 that is not negative. API."""

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_SHA = re.compile(r"[0-9a-fA-F]{40}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,}")
_LARGEST = int(float_info.max)


def _class_name(value: object) -> str:
    try:
        return str(type(value).__name__)
    except Exception:  # noqa: BLE001 - a metaclass may do anything
        return "object"


def _safely(show: Callable[[object], str], value: object, how: str) -> str:
    """What `show` makes of the value as an exact `str`, or words that say that it could not."""
    try:
        return str.__str__(show(value))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # noqa: BLE001 - pytest's outcomes are no Exceptions
        return f"<{_class_name(value)} object: {how}() raised {_class_name(problem)}>"


def text_of(value: object) -> str:
    """`str(value)` as an exact `str`; where that raises, a text that says so."""
    if type(value) is str:
        return value
    if issubclass(type(value), str):
        return _safely(str.__str__, value, "str")
    if issubclass(type(value), bytes):
        return _safely(repr, value, "repr")
    return _safely(str, value, "str")


def clean(text: str) -> str:
    """The text with lone surrogates and NUL replaced by U+FFFD, so that every decoder takes it."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNFIT.sub("\ufffd", text)


def _missing(text: str, limit: int, marker: str) -> tuple[str, int]:
    """The marker for a text cut to `limit`, and how many characters stay; negative: no room."""
    from pytest_ddci.bounded import left_out  # noqa: PLC0415 - few texts are cut

    before = left_out(text)
    digits = 1
    while True:
        missing = len(text) - limit + len(marker) - 2 + digits
        if len(str(missing + before)) <= digits:
            return marker.format(missing + before), len(text) - missing
        digits += 1


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: the head and a marker that says how many are missing."""
    if len(text) <= limit:
        return text
    marker, kept = _missing(text, limit, "… [{} characters cut]")
    return text[:kept] + marker if kept >= 0 else _bare_cut(text, limit)


def cut_middle(text: str, limit: int) -> str:
    """At most `limit` characters: the first third, a marker, the end; for stacks.

    The end gets the larger share: that is where a traceback says what was raised.
    """
    if len(text) <= limit:
        return text
    marker, kept = _missing(text, limit, "\n… [{} characters cut] …\n")
    if kept < 0:
        return _bare_cut(text, limit)
    head = kept // 3
    return text[:head] + marker + text[len(text) - (kept - head) :]


def cut_name(text: str, limit: int) -> str:
    """At most `limit` characters: the head and a hash, so that long names stay distinct."""
    if len(text) <= limit:
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    marker = f"…[{digest}]"
    kept = limit - len(marker)
    return text[:kept] + marker if kept >= 0 else digest[: max(limit, 0)]


def _bare_cut(text: str, limit: int) -> str:
    """Where there is no room for words: the head and an ellipsis."""
    return text[: limit - 1] + "…" if limit > 0 else ""


def name(text: str) -> str:
    """A name, id, url or label: clean, at most `NAME` characters, distinct if it was."""
    return clean(cut_name(text, NAME))


def message(text: str) -> str:
    """A text for `error.message`. API: at most 5,000 characters."""
    return clean(cut(text, ERROR_MESSAGE))


def error_type(text: str) -> str:
    """A text for `error.type`. API: at most 100 characters."""
    return clean(cut(text, ERROR_TYPE))


def stack(text: str) -> str:
    """A text for `error.stack`: head and tail of a long one."""
    return clean(cut_middle(text, STACK))


def commit_message(text: str) -> str:
    """A text for `git.message`."""
    return clean(cut(text, COMMIT_MESSAGE))


def _one_line(text: str) -> str:
    """Without whitespace around, line breaks and the space beside them as one space."""
    return " ".join(filter(None, map(str.strip, text.splitlines())))


def _key(value: object) -> str:
    """A key for `key:value`: a colon would end it early, so it becomes `_`, as Datadog does."""
    return clean(cut_name(_one_line(text_of(value)).replace(":", "_"), TAG_KEY)).strip()


def tag(key: object, value: object) -> str | None:
    """The tag `key:value`. API, `CIAppPipelineEventTags`: "must follow the key:value pattern".

    Both on one line without whitespace around; colons in the key become `_`; a long key ends in a
    hash, a long value is cut. Booleans are written `true` and `false`.

    Returns:
        None when the key or the value is empty, or the value is None.
    """
    if value is None:
        return None
    left = _key(key)
    right = str(value).lower() if type(value) is bool else text_of(value)
    right = clean(cut(_one_line(right), TAG))
    return f"{left}:{right}" if left and right else None


def metric(key: object, number: object) -> str | None:
    """The metric `key:number`. API, `CIAppPipelineEventMetrics`: "the value must be numeric".

    Whole numbers are written without an exponent; a reader gets the same number back.

    Returns:
        None when the key is empty or the number is no finite int or float (a bool is neither).
    """
    left, right = _key(key), _digits(number)
    return f"{left}:{right}" if left and right else None


def _digits(number: object) -> str | None:
    """A finite number in digits, read past what a subclass may make of itself."""
    if isinstance(number, bool):
        return None
    if issubclass(type(number), int):
        whole = int.__int__(number)  # type: ignore[arg-type] # an int, just shown
        return int.__repr__(whole) if abs(whole) <= _LARGEST else None
    if not issubclass(type(number), float):
        return None
    real = float.__float__(number)  # type: ignore[arg-type] # a float, just shown
    if not math.isfinite(real):
        return None
    return repr(int(real)) if real.is_integer() else repr(real)


def tag_text(text: str) -> str | None:
    """A user's `key:value` made valid as `tag` does; None when it cannot be."""
    key, colon, value = text_of(text).partition(":")
    return tag(key, value) if colon else None


def metric_text(text: str) -> str | None:
    """A user's `key:number` made valid; None when it cannot be."""
    key, _, number = text_of(text).partition(":")
    left, right = _key(key), number.strip()
    if not left or len(right) > NAME or not _NUMBER.fullmatch(right):
        return None
    return f"{left}:{right}" if math.isfinite(float(right)) else None


def sanitise_tags(tags: Mapping[Any, object]) -> tuple[list[str], int]:
    """The tags that can be made valid, and how many cannot."""
    return _kept([tag(key, value) for key, value in tags.items()])


def sanitise_metrics(metrics: Mapping[Any, object]) -> tuple[list[str], int]:
    """The metrics that can be made valid, and how many cannot."""
    return _kept([metric(key, number) for key, number in metrics.items()])


def sanitise_tag_texts(texts: Iterable[object]) -> tuple[list[str], int]:
    """As `sanitise_tags`, from texts of the form `key:value`; anything but a text is left out."""
    return _kept([tag_text(text) if isinstance(text, str) else None for text in texts])


def sanitise_metric_texts(texts: Iterable[object]) -> tuple[list[str], int]:
    """As `sanitise_metrics`, from texts of the form `key:number`."""
    return _kept([metric_text(text) if isinstance(text, str) else None for text in texts])


def _kept(made: list[str | None]) -> tuple[list[str], int]:
    kept = [text for text in made if text is not None]
    return kept, len(made) - len(kept)


def _bounded_repr() -> Repr:
    """A `repr` with sorted sets and dicts that does not grow with its value."""
    bounded = Repr()
    bounded.maxdict = bounded.maxlist = bounded.maxtuple = bounded.maxset = 100
    bounded.maxfrozenset = bounded.maxdeque = bounded.maxarray = 100
    # Far more than is kept of it: what is beyond is redacted before it is cut.
    bounded.maxstring = bounded.maxother = bounded.maxlong = 20 * PARAMETER
    return bounded


_REPR = _bounded_repr()
_LARGE = 1 << 64


def shown(value: object) -> str:
    """A value as text, whole, for a text that must be redacted before it is cut.

    A text is itself; anything else is its `repr` without memory addresses and with sets and
    dicts in order, so that the same test has the same parameters in every process.
    """
    kind = type(value)
    if issubclass(kind, str):
        return text_of(value)
    # What many parameters are: no address in it, and no end of digits.
    if kind is bool or value is None or (kind is int and -_LARGE < value < _LARGE):  # type: ignore[operator] # an int
        return repr(value)
    return _ADDRESS.sub("", _safely(_REPR.repr, value, "repr"))


def parameter(value: object) -> str:
    """A parameter's value, as `shown`. API, `CIAppPipelineEventParameters`: strings only."""
    return clean(cut(shown(value), PARAMETER))


def sanitise_parameters(parameters: Mapping[Any, object]) -> dict[str, str]:
    """Parameters as the API takes them; long names end in a hash."""
    return {name(text_of(key)): parameter(value) for key, value in parameters.items()}


def sha(text: str | None) -> str | None:
    """A commit's id, or None. API, `CIAppGitInfo`: 40 hexadecimal digits (so no SHA-256)."""
    stripped = (text or "").strip()
    return stripped if _SHA.fullmatch(stripped) else None
