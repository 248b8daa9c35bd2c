"""A value is found however Python, JSON, URLs, HTML and regular expressions spell it."""

from __future__ import annotations

import html
import json
import re
import shlex
import string
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.redact import MARK, Redactor
from pytest_ddci.redaction.secret_value import SecretValue
from pytest_ddci.redaction.spelling import SAFE, spelled

if TYPE_CHECKING:
    from collections.abc import Callable

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "repr": repr,
    "repr in single quotes": lambda text: repr(text + "'\""),
    "ascii": ascii,
    "repr of repr": lambda text: repr(repr(text)),
    "bytes": lambda text: repr(text.encode()),
    "json": json.dumps,
    "json of json": lambda text: json.dumps(json.dumps(text)),
    "json without escapes": lambda text: json.dumps(text, ensure_ascii=False),
    "url": lambda text: quote(text, safe=""),
    "path of a url": quote,
    "form": quote_plus,
    "lower-case url": lambda text: re.sub("%..", lambda code: code[0].lower(), quote(text)),
    "url in a url": lambda text: quote(quote(text)),
    "html": html.escape,
    "html numbers": lambda text: "".join(
        each if SAFE.fullmatch(each) else f"&#{ord(each)};" for each in text
    ),
    "regular expression": re.escape,
    "error of pytest": lambda text: text.replace("\n", "\nE     "),
    "group of errors": lambda text: text.replace("\n", "\n  |   "),
    "one line": lambda text: " ".join(text.split()),
}
# A letter at both ends, for an environment is stripped, and a run that no spelling touches.
values = st.builds(
    lambda head, middle, tail: f"k{head}w0rd{middle}{tail}x",
    *[st.text(st.sampled_from(string.printable) | st.characters(codec="utf-8"), max_size=6)] * 3,
)


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(value=values)
def test_every_spelling_of_every_value_is_found(spelling: str, value: str) -> None:
    assert re.search(spelled(value), SPELLINGS[spelling](f"k{value}k"))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "value",
    [
        "hunter22",
        "#lead/s3cret",
        "ends-with=",
        "p4ss w0rd",
        "quo'te\"s",
        "back\\sl4sh",
        "tab\tand\nline",
        "clé-漢字-😀",
        "a&b<c>d;e",
        "!@#$%^&*()-+",
        "100%sure?",
    ],
)
def test_a_value_is_hidden_within_a_text_in_every_spelling(spelling: str, value: str) -> None:
    hidden = Redactor({"A_SECRET": value})(SPELLINGS[spelling](f"before{value}after"))

    assert f"before{MARK}after" in hidden


def test_a_mixture_of_spellings_is_found() -> None:
    assert Redactor({"A_TOKEN": "a1/b2'c3\"d4"})("<a1%2Fb2\\'c3&quot;d4>") == f"<{MARK}>"


@pytest.mark.parametrize(
    "text", ["hunter", "hunter-2", "hunt\\er22", "HUNTER22", "h u n t e r 2 2", "hunter%32%32"]
)
def test_a_text_that_only_resembles_a_value_is_none(text: str) -> None:
    assert Redactor({"A_TOKEN": "hunter22"})(text) == text


def test_a_value_that_begins_with_a_symbol_needs_it() -> None:
    found = list(SecretValue("#hunter22").spans("hunter22 #hunter22 %23hunter22 hunter22"))
    assert found == [(9, 18), (19, 30)]


@pytest.mark.parametrize("byte", [0xFF, 0xE9])
def test_bytes_that_are_no_text_are_found_as_the_system_gives_them(byte: int) -> None:
    raw = bytes([byte]).decode("ascii", "surrogateescape")
    value = f"pass{raw}word7"
    hide = Redactor({"A_SECRET": value})
    for shown in (value, repr(value)[1:-1], json.dumps(value)[1:-1], value.replace(raw, "\ufffd")):
        assert hide(f"<{shown}>") == f"<{MARK}>"


def test_a_value_of_any_length_is_hidden() -> None:
    value = "".join(f"{number}-" for number in range(20_000)) + "end"
    hide = Redactor({"A_SECRET": value})
    assert hide(f"<{value}>") == f"<{MARK}>"


def test_a_command_line_that_is_quoted_hides_it_too() -> None:
    assert Redactor({"A_SECRET": "s3cret phrase"})(shlex.join(["x", "s3cret phrase"])) == (
        f"x '{MARK}'"
    )
