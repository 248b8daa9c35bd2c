"""Findings as text and as JSON: on one line, without secrets, cut only after that."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.findings import SHOWN, Finding, Section, as_json, as_text, one_line
from pytest_ddci.redact import Redactor


def section(*findings: Finding) -> list[Section]:
    return [Section("git", "the commit", findings)]


def test_a_line_has_name_value_and_source() -> None:
    found = section(Finding("sha", "abc", "GITHUB_SHA"), Finding("block", "reported"))

    assert list(as_text(found, str)) == [
        "",
        "the commit",
        "  sha    abc  (GITHUB_SHA)",
        "  block  reported",
    ]


def test_a_section_without_findings_is_left_out_of_the_text_only() -> None:
    assert list(as_text(section(), str)) == []
    assert as_json(section(), str) == {"git": []}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\n\tc", r"a\nb\r\n\tc"),
        ("\x1b[31mred\x1b[0m\x07", r"\x1b[31mred\x1b[0m\x07"),
        ("\x9b2J\x85\u2028\u202egnp", r"\x9b2J\x85\u2028\u202egnp"),
        ("caf\udce9", r"caf\udce9"),
        (r"C:\new", r"C:\new"),
        ("café ☕", "café ☕"),
        ("x   (default)", r"x \x20 (default)"),
    ],
    ids=["breaks", "escapes", "C1 and bidi", "undecodable", "backslash", "plain", "blanks"],
)
def test_what_is_not_printable_is_escaped(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_what_is_long_is_cut_and_its_length_told() -> None:
    assert one_line("x" * SHOWN) == "x" * SHOWN
    assert one_line("x" * 5_000) == "x" * SHOWN + "... (5000 characters)"


@given(st.text())
def test_a_line_is_one_printable_line_and_not_long(text: str) -> None:
    shown = one_line(text)

    assert shown.isprintable()
    assert "  " not in shown
    assert len(shown) <= 2 * SHOWN + 30


def test_a_secret_is_taken_out_before_the_cut() -> None:
    secret = "s3cr3t-s3cr3t-s3cr3t"
    text = "x" * (SHOWN - 8) + secret
    redact = Redactor({"MY_TOKEN": secret})
    [_, _, line] = as_text(section(Finding("message", text)), redact)

    assert "s3cr" not in line
    assert json.dumps(as_json(section(Finding("message", text)), redact)).count("[redacted]") == 1


def test_machines_get_whole_values() -> None:
    [found] = as_json(section(Finding("message", "a\n" * 500, "git")), str)["git"]

    assert found == {"name": "message", "value": "a\n" * 500, "source": "git"}
