"""Queries that are no queries, and where they are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.local.conditions import where
from pytest_ddci.local.parser import LENGTH, NESTING, TERMS, parse
from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from pytest_ddci.local.reader import WILDCARDS

if TYPE_CHECKING:
    from tests.search_table import SearchTable

MISSING = "something to look for is missing here"
EXPECTED = "stands where something to look for is expected"
QUOTE = 'the closing `"` is missing'
IN_VALUE = "in a value it is written"
BOUND = "a number or a text is expected at once"
END = "an end of the range is missing"
TO = "`TO` is expected"
BEGAN = "a range ends as it began"
NETWORK = "is no network"

REFUSED = [
    # operators
    ("AND", 1, EXPECTED),
    ("AND a", 1, EXPECTED),
    ("OR a", 1, EXPECTED),
    ("a AND", 6, MISSING),
    ("a OR ", 6, MISSING),
    ("a NOT", 6, MISSING),
    ("a AND OR b", 7, EXPECTED),
    ("a OR OR b", 6, EXPECTED),
    ("a && || b", 6, EXPECTED),
    ("-", 2, MISSING),
    ("+", 2, MISSING),
    ("--a", 2, EXPECTED),
    ("NOT NOT a", 5, EXPECTED),
    ("-+a", 2, EXPECTED),
    ("- AND a", 3, EXPECTED),
    ("!a", 1, "to exclude is `-` or `NOT`"),
    ("a !b", 3, "to exclude is `-` or `NOT`"),
    ("AND:x", 1, "`AND` is an operator"),
    ("a OR:x", 3, "`OR` is an operator"),
    # parentheses
    ("()", 2, MISSING),
    ("@a:()", 5, MISSING),
    ("a ( )", 5, MISSING),
    ("(a", 1, "this `(` is never closed"),
    ("a (b (c)", 3, "this `(` is never closed"),
    ("@a:(b OR c", 4, "this `(` is never closed"),
    ("a)", 2, "no `(` is open"),
    (")", 1, MISSING),
    ("(a))", 4, "no `(` is open"),
    ("(a OR)", 6, MISSING),
    ("@a:b(c)", 5, IN_VALUE),
    ("word(c)", 5, IN_VALUE),
    ("(a]", 3, IN_VALUE),
    # fields
    (":x", 1, "the name of a field is missing"),
    ("@:x", 1, "the name of an attribute is missing"),
    ("@ci.status", 1, "an attribute needs a value: `@ci.status:*`"),
    ("a @ci.status*", 3, "an attribute needs a value"),
    ("@ci.status:", 12, "a value is missing after `@ci.status:`"),
    ("@ci.status: ", 13, "a value is missing after `@ci.status:`"),
    ("(@ci.status:)", 13, "a value is missing"),
    ("@ci.status:AND", 12, "a value is missing"),
    ("@ci.status: OR x", 13, "a value is missing"),
    ("@ci.status:&& x", 12, "a value is missing"),
    ("@a:b:c", 5, r"in a value `:` is written `\:`"),
    ("@ci.job.name:test.py::test_a", 21, r"in a value `:` is written `\:`"),
    ("@a: b:c", 6, r"in a value `:` is written `\:`"),
    ("@a:*:*", 5, r"in a value `:` is written `\:`"),
    ("url:http://x", 9, r"in a value `:` is written `\:`"),
    ("@ci.*:error", 1, "a field has no wildcards"),
    ("te?m:x", 1, "a field has no wildcards"),
    ("*:x", 1, "`*:` is known only as `*:*`"),
    ('*:"x y"', 1, "`*:` is known only as `*:*`"),
    ("*:*x", 4, "a space is expected"),
    ('"ci.status":error', 12, "a field is not quoted"),
    ("_exists_:*", 10, "the name of a field is expected after `_exists_:`"),
    ("_exists_:a*", 10, "the name of a field is expected"),
    ("_missing_:>5", 11, "the name of a field is expected after `_missing_:`"),
    ('_exists_:""', 10, "the name of a field is expected"),
    ("_exists_:@", 10, "the name of a field is expected"),
    # values
    ('"a', 1, QUOTE),
    ('@a:"b', 4, QUOTE),
    (r'@a:"b\"', 4, QUOTE),
    ('a "', 3, QUOTE),
    ('""', 1, "free text is words"),
    ('a "!?"', 3, "free text is words"),
    ("a / b", 3, "free text is words"),
    ('a"b"', 2, IN_VALUE),
    ('"a"b', 4, "a space is expected here"),
    ('@a:"b"c', 7, "a space is expected here"),
    ("a\\", 2, "escapes nothing"),
    ("@a:\\", 4, "escapes nothing"),
    ("@a:-b", 4, "to exclude is `-field:value`"),
    ("@a:-", 4, "to exclude is `-field:value`"),
    ("@retries:-*", 10, "to exclude is `-field:value`"),
    ("@a:+b", 4, r"is written `\+`"),
    ("@a:=b", 4, r"is written `\=`"),
    ("=b", 1, r"is written `\=`"),
    ("a~", 2, "there is no fuzzy search"),
    ("a~2", 2, "there is no fuzzy search"),
    ("@a:b^2", 5, "there are no boosts"),
    ("a[b", 2, IN_VALUE),
    ("a{b}", 2, IN_VALUE),
    ("]", 1, IN_VALUE),
    ("}", 1, IN_VALUE),
    ("@duration>5", 10, "a comparison is `@duration:>5`"),
    ("@duration<5", 10, "a comparison is `@duration:<5`"),
    ("@duration=5ms", 1, "an attribute needs a value"),
    # comparisons
    (">5", 1, "a comparison needs a field"),
    ("(a OR <=5)", 7, "a comparison needs a field"),
    ("@duration:>", 12, BOUND),
    ("@duration:>=", 13, BOUND),
    ("@duration:> 5", 12, BOUND),
    ("(@duration:>)", 13, BOUND),
    ("@duration:>>5", 12, "a comparison is"),
    ("@duration:=>5", 11, r"is written `\=`"),
    ("@duration:>==5", 13, r"is written `\=`"),
    ("@duration:>-a", 12, "a value that begins with `-`"),
    ("@duration:>5*", 12, "a bound has no wildcards"),
    ("@duration:>*", 12, "a bound has no wildcards"),
    ("@duration:>(5)", 12, IN_VALUE),
    ('@duration:>"5', 12, QUOTE),
    # ranges
    ("[1 TO 5]", 1, "a comparison needs a field"),
    ("@a:[", 5, END),
    ("@a:[]", 5, END),
    ("@a:[1", 6, TO),
    ("@a:[1]", 6, TO),
    ("@a:[1 5]", 7, TO),
    ("@a:[1 to 5]", 7, TO),
    ("@a:[1 TO]", 9, END),
    ("@a:[1 TO ", 10, END),
    ("@a:[TO 5]", 5, END),
    ("@a:[1 TO 5", 11, BEGAN),
    ("@a:[1 TO 5}", 11, BEGAN),
    ("@a:{1 TO 5]", 11, BEGAN),
    ("@a:[1 TO 5 6]", 12, BEGAN),
    ("@a:[1 TO 5]]", 12, IN_VALUE),
    ("@a:[1 TO 5]b", 12, "a space is expected here"),
    ('@a:["1 TO 5]', 5, QUOTE),
    ("@a:[1 TO 5\\", 11, BEGAN),
    # networks
    ("CIDR()", 6, "a field is expected"),
    ("CIDR(@client.ip)", 16, "a network is expected"),
    ("CIDR(@client.ip 13.0.0.0/8)", 17, "a network is expected"),
    ("CIDR(@,13.0.0.0/8)", 6, "the name of an attribute is missing"),
    ("CIDR(@client.ip,)", 17, NETWORK),
    ("CIDR(@client.ip,13.0.0.0/33)", 17, NETWORK),
    ("CIDR(@client.ip,13.0.0.256)", 17, NETWORK),
    ("CIDR(@client.ip, 13.0.0.0/8, office)", 30, NETWORK),
    ("CIDR(@client.ip,13.0.0.0/8", 27, "`,` or `)` is expected"),
    ("CIDR(@client.ip,13.0.0.0/8 10.0.0.0/8)", 28, "`,` or `)` is expected"),
    ("CIDR(@client.ip,13.0.0.0/8)a", 28, "a space is expected here"),
    ("@client.ip:CIDR(13.0.0.0/8)", 16, IN_VALUE),
    # what is no text
    ("a\x00b", 2, "U+0000"),
    ('@a:"\x00"', 5, "U+0000"),
    ("\ud800", 1, "U+D800"),
    ("@a:\udfff", 4, "U+DFFF"),
    # what a number is compared with
    ("@duration:>abc", 11, "`abc` is no duration"),
    ("a @duration:<=5parsecs", 13, "`5parsecs` is no duration"),
    ("@duration:[1 TO 5mo]", 11, "`5mo` is no duration"),
    ("@ci.pipeline.number:>5ms", 21, "`5ms` is no number"),
    ('-@ci.pipeline.number:(1 OR {"" TO 5})', 28, "`` is no number"),
    # limits
    ("a" * (LENGTH + 1), LENGTH + 1, "65,537 characters; at most 65,536"),
    (
        "(" * (NESTING + 1) + "a" + ")" * (NESTING + 1),
        NESTING + 1,
        f"more than {NESTING} parentheses",
    ),
    ("a " * (TERMS + 1), 2 * TERMS + 1, f"more than {TERMS} values"),
    ("@a:" + "*?" * (WILDCARDS // 2 + 1), 4, f"more than {WILDCARDS} wildcards"),
    (f"a CIDR(@client.ip{',1.2.3.4' * TERMS})", 3, f"more than {TERMS} values"),
]


@pytest.mark.parametrize(
    ("query", "column", "problem"), REFUSED, ids=[ascii(query)[1:40] for query, *_ in REFUSED]
)
def test_a_query_is_refused_at_its_column(
    query: str, column: int, problem: str, searched: SearchTable
) -> None:
    with pytest.raises(QuerySyntaxError) as refused:
        where(query, searched)
    assert problem in refused.value.problem
    assert refused.value.column == column
    assert refused.value.errors == (f"column {column}: {refused.value.problem}",)
    assert refused.value.query == query


def test_a_refusal_points_at_the_column() -> None:
    with pytest.raises(QuerySyntaxError) as refused:
        parse("@ci.status:(error OR )")
    assert refused.value.pointed() == (
        "column 22: something to look for is missing here\n"
        "  @ci.status:(error OR )\n"
        "                       ^"
    )


def test_a_refusal_of_a_long_query_shows_what_is_around_the_column() -> None:
    with pytest.raises(QuerySyntaxError) as refused:
        parse("a " * 200 + "@b:c:d" + " e" * 200)
    message, excerpt, pointer = refused.value.pointed().splitlines()
    assert message.startswith("column 405: ")
    assert excerpt.startswith("  …")
    assert excerpt.endswith("…")
    assert len(excerpt) < 80
    assert excerpt[pointer.index("^")] == ":"
    assert excerpt[pointer.index("^") - 4 :].startswith("@b:c:d")


def test_a_refusal_is_safe_to_print() -> None:
    with pytest.raises(QuerySyntaxError) as refused:
        parse("a\x1b[31m\n\ud800\x00")
    assert refused.value.pointed().splitlines()[1] == "  a?[31m???"
    refused.value.pointed().encode()


def test_a_limit_is_allowed_to_be_reached() -> None:
    parse("a" * LENGTH)
    parse("(" * NESTING + "a" + ")" * NESTING)
    parse("a " * TERMS)
    parse("@a:" + "*?" * (WILDCARDS // 2))
