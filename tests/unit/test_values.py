"""Parsers of option values: what each takes, what it makes of it, what it refuses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_ddci import values

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "yes", "On", "y", "t"])
def test_words_for_true(word: str) -> None:
    assert values.boolean(word) is True


@pytest.mark.parametrize("word", ["0", "false", "No", "off", "n", "F"])
def test_words_for_false(word: str) -> None:
    assert values.boolean(word) is False


@pytest.mark.parametrize("word", ["", "2", "ja", "truefalse", "None"])
def test_other_words_are_no_switch(word: str) -> None:
    with pytest.raises(ValueError, match=r"^true or false$"):
        values.boolean(word)


@pytest.mark.parametrize(("text", "number"), [("0", 0.0), ("2.5", 2.5), ("1e1", 10.0), ("10", 10)])
def test_a_number_may_be_anything_from_low_to_high(text: str, number: float) -> None:
    assert values.number(0, 10, "days")(text) == number


@pytest.mark.parametrize("text", ["-0.1", "10.1", "nan", "inf", "-inf", "ten", "", "1,5"])
def test_a_number_out_of_range_names_the_range(text: str) -> None:
    with pytest.raises(ValueError, match="a number of days >= 0 and <= 10"):
        values.number(0, 10, "days")(text)


def test_the_low_end_can_be_excluded() -> None:
    with pytest.raises(ValueError, match="a number of seconds > 0 and <= 10"):
        values.number(0, 10, "seconds", above=True)("0")


@given(st.floats())
def test_only_numbers_within_the_range_come_through(number: float) -> None:
    parse = values.number(0, 3_600, "seconds", above=True)
    try:
        parsed = parse(repr(number))
    except ValueError:
        assert math.isnan(number) or not 0 < number <= 3_600
    else:
        assert parsed == number


def test_a_choice_is_taken_as_it_is_written() -> None:
    assert values.choice("all", "none")("none") == "none"


@pytest.mark.parametrize("word", ["ALL", "al", "", "all "])
def test_a_choice_names_the_words(word: str) -> None:
    with pytest.raises(ValueError, match=r"^one of all, none$"):
        values.choice("all", "none")(word)


@pytest.mark.parametrize("text", ["a", "ünïcode 測試", "x" * 1_000])
def test_printable_text_is_kept(text: str) -> None:
    assert values.text(text) == text


@pytest.mark.parametrize("text", ["two\nlines", "\x00", "esc\x1b[31m", "x" * 1_001, "\udc80"])
def test_control_characters_and_endless_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="printable text of at most 1000 characters"):
        values.text(text)


@pytest.mark.parametrize("text", ["1", "a-b_c.d/e", "x" * 200])
def test_an_id_is_kept(text: str) -> None:
    assert values.identifier(text) == text


@pytest.mark.parametrize("text", ["a b", "a\tb", "x" * 201, "\x07"])
def test_an_id_has_no_blanks(text: str) -> None:
    with pytest.raises(ValueError, match="an id without blanks, at most 200 characters"):
        values.identifier(text)


@pytest.mark.parametrize(
    "site", ["datadoghq.com", "US5.DatadogHQ.com", "ddog-gov.com", "ap2.datadoghq.com"]
)
def test_a_site_is_a_bare_domain_in_lower_case(site: str) -> None:
    assert values.site(site) == site.lower()


@pytest.mark.parametrize(
    "site",
    ["https://datadoghq.com", "app.datadoghq.com", "api.datadoghq.com", "datadoghq", "a..com",
     "datadoghq.com/", "datadoghq.com:443", "-x.com", "evil.com#.datadoghq.com", "x.com\n"],
)  # fmt: skip
def test_anything_else_is_no_site(site: str) -> None:
    with pytest.raises(ValueError, match="a Datadog site such as"):
        values.site(site)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.datadoghq.eu", "https://api.datadoghq.eu"),
        ("http://127.0.0.1:8126/", "http://127.0.0.1:8126"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("https://proxy.example/datadog//", "https://proxy.example/datadog"),
    ],
)
def test_a_url_loses_its_last_slashes(url: str, kept: str) -> None:
    assert values.url(url) == kept


@pytest.mark.parametrize(
    "url",
    ["api.datadoghq.eu", "ftp://x", "http://", "https://user:pw@x", "https://@x", "https://x?a=1",
     "https://x?", "https://x#", "https://x#top", "http://x:99999", "http://x:0", "http://[::1",
     "http://x:a", "http://x/\x07", "http:// x"],
)  # fmt: skip
def test_a_url_without_host_or_with_more_than_a_path_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a url such as"):
        values.url(url)


@pytest.mark.parametrize(
    ("text", "pair"),
    [("a:b", ("a", "b")), ("a:b:c", ("a", "b:c")), (" a : b ", ("a", "b")), ("u:http://x", ("u", "http://x"))],
)  # fmt: skip
def test_a_tag_is_split_at_its_first_colon(text: str, pair: tuple[str, str]) -> None:
    assert values.tag(text) == pair


@pytest.mark.parametrize("text", ["", "a", ":b", "a:", " : ", "a: "])
def test_a_tag_has_a_key_and_a_value(text: str) -> None:
    with pytest.raises(ValueError, match=r"^KEY:VALUE$"):
        values.tag(text)


@pytest.mark.parametrize(
    ("text", "pair"), [("a:1", ("a", 1.0)), ("a:b:-2.5", ("a:b", -2.5)), (" a : 3 ", ("a", 3.0))]
)
def test_a_metric_is_split_at_its_last_colon(text: str, pair: tuple[str, float]) -> None:
    assert values.metric(text) == pair


@pytest.mark.parametrize("text", ["", "a", ":1", "a:", "a:one", "a:nan", "a:inf", "a:-inf"])
def test_a_metric_has_a_key_and_a_finite_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"^KEY:NUMBER$"):
        values.metric(text)


def test_a_pattern_is_kept_as_it_is() -> None:
    assert values.pattern(r"tok_[0-9]+") == r"tok_[0-9]+"


def test_a_broken_pattern_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"a regular expression \(.*at position 0\)"):
        values.pattern("(oops")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a:1,b:2", ["a:1", "b:2"]),
        ("a:1 b:2\nc:3", ["a:1", "b:2", "c:3"]),
        ("a:one two, b:3,", ["a:one two", "b:3"]),
        ("", []),
        (" , ", []),
    ],
)
def test_tags_are_separated_by_commas_else_by_blanks(text: str, items: list[str]) -> None:
    assert values.split_tags(text) == items


def test_lines_are_stripped_and_empty_ones_left_out() -> None:
    assert values.split_lines(" a b \r\n\n\tc\n") == ["a b", "c"]


PARSERS: list[Callable[[str], object]] = [
    values.boolean,
    values.number(0, 1, "days"),
    values.choice("a", "b"),
    values.text,
    values.identifier,
    values.site,
    values.url,
    values.tag,
    values.metric,
    values.pattern,
]


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__qualname__)
@given(text=st.text())
def test_whatever_comes_is_parsed_or_refused_with_words(
    parse: Callable[[str], object], text: str
) -> None:
    try:
        parsed = parse(text)
    except ValueError as allowed:
        assert str(allowed)  # noqa: PT017 - most texts are fine for some parsers
    else:
        assume(text)
        assert parsed is not None
