from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import TYPE_CHECKING, NoReturn
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci import limits, timestamps
from pytest_ddci.bounded import bounded

if TYPE_CHECKING:
    from collections.abc import Callable

# Any code point there is, lone surrogates and NUL among them.
anything = st.text(st.characters(codec=None)) | st.text("\x00\ud800\udfff a:é\n\u2028", max_size=30)
ns = st.integers(-62_135_596_800_000_000_000, 253_402_300_799_999_999_999)


class Rude:
    """Refuses to be shown, as pytest's own outcomes do: not by an Exception."""

    def __repr__(self) -> NoReturn:
        pytest.fail("no repr")


class Text(str):
    """A text that says something else."""

    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Number(float):
    """A number that says something else."""

    def __float__(self) -> float:
        return math.inf

    def __repr__(self) -> str:
        return "something else"


class Colour(str, Enum):
    RED = "red"


class Meta(type):
    def __getattribute__(cls, name: str) -> NoReturn:
        raise RuntimeError(name)


class Nameless(Rude, metaclass=Meta):
    pass


HOSTILE = [
    pytest.param(Rude(), "<Rude object: {}() raised Failed>", id="raises"),
    pytest.param(Mock(spec=str), None, id="says it is a str"),
    pytest.param(b"ab\n", "b'ab\\n'", id="bytes"),
]


@pytest.mark.parametrize(("value", "shown"), HOSTILE)
def test_an_object_that_cannot_be_shown_is_named(value: object, shown: str | None) -> None:
    text = limits.text_of(value)

    assert type(text) is str
    assert shown is None or text == shown.format("str")


@pytest.mark.parametrize(("value", "shown"), HOSTILE)
def test_a_parameter_that_cannot_be_shown_is_named(value: object, shown: str | None) -> None:
    text = limits.parameter(value)

    assert type(text) is str
    assert shown is None or text == shown.format("repr")


def test_an_object_without_a_name_is_an_object() -> None:
    # Not a parameter: pytest cannot report a test that has one.
    text = limits.text_of(Nameless())

    assert text == "<object object: str() raised Failed>"


@pytest.mark.parametrize("value", [Text("mine"), "mine"])
def test_a_text_is_itself_whatever_its_class_says(value: str) -> None:
    text = limits.text_of(value)

    assert text == "mine"
    assert type(text) is str


def test_who_interrupts_is_not_stopped() -> None:
    with pytest.raises(KeyboardInterrupt):
        limits.text_of(Mock(__str__=Mock(side_effect=KeyboardInterrupt)))


def test_an_ascii_text_without_nul_is_clean_already() -> None:
    text = "all is well\t\n"

    assert limits.clean(text) is text


def test_lone_surrogates_and_nul_are_replaced() -> None:
    assert limits.clean("a\x00b\ud800c\udfff é😀") == "a\ufffdb\ufffdc\ufffd é😀"


@given(anything)
def test_a_clean_text_can_be_encoded_and_is_no_longer(text: str) -> None:
    cleaned = limits.clean(text)

    assert cleaned.encode().decode() == cleaned
    assert len(cleaned) == len(text)
    assert "\x00" not in cleaned


CUTS = pytest.mark.parametrize("cut", [limits.cut, limits.cut_middle, limits.cut_name])


@CUTS
@given(text=anything | st.integers(0, 5_000).map("x".__mul__), limit=st.integers(-5, 150))
def test_no_cut_is_longer_than_its_limit(
    cut: Callable[[str, int], str], text: str, limit: int
) -> None:
    result = cut(text, limit)

    assert len(result) <= max(limit, 0)
    assert cut(result, limit) == result


@CUTS
@given(text=anything)
def test_what_fits_is_not_cut(cut: Callable[[str, int], str], text: str) -> None:
    assert cut(text, len(text)) is text


@pytest.mark.parametrize("length", [41, 100, 117, 118, 119, 1_016, 1_017, 1_018, 100_000])
def test_a_cut_says_how_much_is_missing(length: int) -> None:
    kept, _, marker = limits.cut("x" * length, 40).partition("… [")

    assert marker == f"{length - len(kept)} characters cut]"
    assert len(kept) + len(marker) + 3 == 40


@pytest.mark.parametrize("cut", [limits.cut, limits.cut_middle])
def test_what_had_been_left_out_before_is_missing_too(cut: Callable[[str, int], str]) -> None:
    shown = cut(bounded("x" * 1_000_000, 50_000), 5_000)
    assert len(shown) == 5_000
    missing = re.search(r"\[(\d+) characters cut\]", shown)
    assert missing is not None
    assert int(missing[1]) == 1_000_000 - shown.count("x")


def test_a_cut_without_room_for_words_shows_an_ellipsis() -> None:
    assert [limits.cut("abcdef", room) for room in (3, 1, 0)] == ["ab…", "…", ""]


def test_a_cut_in_the_middle_keeps_head_and_tail() -> None:
    whole = "".join(map(chr, range(256, 1_256)))

    found = re.fullmatch(
        r"(.+)\n… \[(\d+) characters cut\] …\n(.+)", limits.cut_middle(whole, 130), re.DOTALL
    )

    assert found is not None
    head, missing, tail = found.groups()
    assert (whole.startswith(head), whole.endswith(tail)) == (True, True)
    assert len(tail) >= 2 * len(head) > 0
    assert len(head) + int(missing) + len(tail) == 1_000


def test_long_names_stay_distinct() -> None:
    names = {limits.name("x" * 6_000 + end) for end in ("a", "b", "\x00", "\ud800", "\udfff")}

    assert len(names) == 5
    assert {len(name) for name in names} == {limits.NAME}


def test_a_long_name_ends_in_the_same_hash_in_every_process() -> None:
    assert limits.cut_name("test_it[" + "x" * 100, 30) == "test_it[xxx…[14227f561372942d]"


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (limits.name, 5_000),
        (limits.message, 5_000),
        (limits.error_type, 100),
        (limits.stack, 100_000),
        (limits.commit_message, 5_000),
        (limits.parameter, 5_000),
    ],
)
def test_a_made_text_is_clean_and_within_its_limit(make: Callable[[str], str], limit: int) -> None:
    made = make("\ud800" * (limit + 1))

    assert len(made) == limit
    assert limits.clean(made) == made
    assert make("\ud800" * limit) == "\ufffd" * limit


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("team", "core", "team:core"),
        (" team\t", "  core\n", "team:core"),
        ("te am", "a  b", "te am:a  b"),
        ("te\r\n am", "one \n\n two\u2028three", "te am:one two three"),
        ("a:b", "c:d", "a_b:c:d"),
        (":", "x", "_:x"),
        ("n", 3, "n:3"),
        (4, 0.5, "4:0.5"),
        ("flaky", True, "flaky:true"),
        ("flaky", False, "flaky:false"),
        ("colour", Colour.RED, "colour:red"),
        ("a\x00", "b\ud800", "a\ufffd:b\ufffd"),
        ("rude", Rude(), "rude:<Rude object: str() raised Failed>"),
        ("", "x", None),
        (" \n", "x", None),
        ("x", "", None),
        ("x", "\n \t", None),
        ("x", None, None),
    ],
)
def test_a_tag_is_a_key_and_a_value(key: object, value: object, expected: str | None) -> None:
    assert limits.tag(key, value) == expected


@given(key=anything, value=anything | st.integers() | st.booleans())
def test_a_tag_is_valid_and_made_of_itself_again(key: str, value: object) -> None:
    made = limits.tag(key, value)

    if made is not None:
        left, _, right = made.partition(":")
        assert left == left.strip() != ""
        assert right == right.strip() != ""
        assert len(made.splitlines()) == 1
        assert limits.tag_text(made) == made


def test_the_parts_of_a_tag_are_bounded() -> None:
    key, _, value = str(limits.tag("k" * 300, "v" * 6_000)).partition(":")

    assert (len(key), len(value)) == (limits.TAG_KEY, limits.TAG)
    assert value.endswith("characters cut]")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (3, "m:3"),
        (-3, "m:-3"),
        (0.5, "m:0.5"),
        (1e21, "m:1000000000000000000000"),
        (-0.0, "m:0"),
        (1e-7, "m:1e-07"),
        (Number(2.5), "m:2.5"),
        (2**64, "m:18446744073709551616"),
        (True, None),
        (math.nan, None),
        (-math.inf, None),
        (10**400, None),
        pytest.param(10**5_000, None, id="too many digits"),
        ("3", None),
        (None, None),
        (1j, None),
        pytest.param(Mock(spec=float), None, id="says it is a float"),
    ],
)
def test_a_metric_is_a_key_and_a_finite_number(number: object, expected: str | None) -> None:
    assert limits.metric("m", number) == expected


@given(number=st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_metric_reads_back_as_the_same_number(number: float) -> None:
    made = limits.metric("a:b ", number)

    assert made is not None
    key, _, digits = made.partition(":")
    assert key == "a_b"
    assert json.loads(digits) == number
    assert limits.metric_text(made) == made


def test_a_metric_needs_a_key() -> None:
    assert limits.metric(" ", 1) is None


@pytest.mark.parametrize("text", ["nothing", ":x", "x:", "", " : "])
def test_a_text_without_key_or_value_is_no_tag(text: str) -> None:
    assert limits.tag_text(text) is None


@pytest.mark.parametrize(
    "text", ["x", "x:", ":1", "x:1_0", "x:inf", "x:nan", "x:1e999", "x:0x1", "x:\u0661", "x:+1"]
)
def test_a_text_without_key_or_number_is_no_metric(text: str) -> None:
    assert limits.metric_text(text) is None


def test_a_text_that_is_a_metric_is_tidied() -> None:
    assert limits.metric_text(" a b : 1.50e3 ") == "a b:1.50e3"


def test_what_is_left_out_is_counted() -> None:
    assert limits.sanitise_tags({"a": 1, "": 2, "b": None}) == (["a:1"], 2)
    assert limits.sanitise_metrics({"a": 1, "b": "2"}) == (["a:1"], 1)
    assert limits.sanitise_tag_texts(["a:1", "b", 3]) == (["a:1"], 2)
    assert limits.sanitise_metric_texts(["a:1", "b:x", 3]) == (["a:1"], 2)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (Text("mine"), "mine"),
        (1, "1"),
        (None, "None"),
        (True, "True"),
        ({"b": 1, "a": 2}, "{'a': 2, 'b': 1}"),
        ({"b", "a", "c"}, "{'a', 'b', 'c'}"),
        (object(), "<object object>"),
        ([object()], "[<object object>]"),
        pytest.param(10**5_000, "<int object: repr() raised ValueError>", id="too many digits"),
    ],
)
def test_a_parameter_is_shown_the_same_in_every_process(value: object, shown: str) -> None:
    assert limits.parameter(value) == shown


@pytest.mark.parametrize("value", ["x" * 9_999, list(range(99_999)), ["x" * 9_999] * 9])
def test_a_parameter_is_bounded(value: object) -> None:
    assert len(limits.parameter(value)) <= limits.PARAMETER


def test_parameters_have_texts_for_names() -> None:
    assert limits.sanitise_parameters({1: 2, "a\x00": Rude()}) == {
        "1": "2",
        "a\ufffd": "<Rude object: repr() raised Failed>",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 40, "a" * 40),
        (" 0123456789abcdefABCDEF012345678901234567\n", "0123456789abcdefABCDEF012345678901234567"),
        ("a" * 39, None),
        ("a" * 64, None),
        ("g" * 40, None),
        ("\u0661" * 40, None),
        ("", None),
        (None, None),
    ],
)
def test_a_commit_is_forty_hexadecimal_digits(text: str | None, expected: str | None) -> None:
    assert limits.sha(text) == expected


@given(start=ns, end=ns)
def test_a_span_is_never_negative_nor_longer_than_a_year(start: int, end: int) -> None:
    begin, finish = timestamps.span(start, end)

    assert 0 <= finish - begin <= timestamps.YEAR_NS
    assert finish == max(start, end)
    assert begin >= start


def test_a_possible_span_is_kept() -> None:
    assert timestamps.span(5, 5 + timestamps.YEAR_NS) == (5, 5 + timestamps.YEAR_NS)


@given(ns)
def test_a_time_reads_back_to_the_microsecond(moment: int) -> None:
    assert timestamps.parse_rfc3339(timestamps.rfc3339(moment)) == moment - moment % 1_000


@given(ns)
def test_a_time_is_that_of_the_standard_library(moment: int) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    expected = (epoch + timedelta(microseconds=moment // 1_000)).isoformat(timespec="microseconds")

    assert timestamps.rfc3339(moment) == expected.replace("+00:00", "Z")


@pytest.mark.parametrize("years", [-3_000, 10_000])
def test_a_time_outside_of_the_calendar_is_the_nearest_within(years: int) -> None:
    assert timestamps.rfc3339(years * timestamps.YEAR_NS)[:4] in {"0001", "9999"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:01.5z", 1_500_000_000),
        ("1970-01-01T00:00:00.1234567899Z", 123_456_789),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T20:30:00-03:30", 0),
    ],
)
def test_a_time_may_have_any_offset_and_fraction(text: str, expected: int) -> None:
    assert timestamps.parse_rfc3339(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T05:40:00",
        "2026-11-22 05:40:00Z",
        "2026-11-22T05:40:00+0200",
        "2026-13-22T05:40:00Z",
        "2026-11-22T05:40:60Z",
        "2026-11-22T05:40:00Z\n",
        "\u0662026-11-22T05:40:00Z",
        "x" * 9_999,
    ],
)
def test_a_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no RFC 3339 time") as refused:
        timestamps.parse_rfc3339(text)

    assert len(str(refused.value)) < 150
