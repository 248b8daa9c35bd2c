"""JSON, held where no test that mocks the functions of the `json` module finds it."""

from __future__ import annotations

from json import JSONDecoder, JSONEncoder
from json.encoder import encode_basestring_ascii
from typing import Any

to_json = JSONEncoder(separators=(",", ":")).encode
"""Compact ASCII JSON of an object."""

quoted = encode_basestring_ascii
"""A text as an ASCII JSON string, with its quotes."""

_DECODE = JSONDecoder().decode


def from_json(text: str | bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """The object that a text, or its UTF-8 bytes, stands for.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    return _DECODE(text if isinstance(text, str) else text.decode("utf-8"))
