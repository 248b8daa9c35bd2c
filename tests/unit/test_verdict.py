from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.verdict import LONGEST_DETAIL, Answer, Verdict, detail, expanded, judge


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.mark.parametrize(
    ("given_", "verdict"),
    [
        (answer(202, b'{"data":null}\n', content_type="application/vnd.api+json"), "delivered"),
        (answer(202), "delivered"),
        (answer(202, b"{}"), "delivered"),
        (answer(202, b'{"da'), "delivered"),
        (answer(202, b" <html>hi"), "kept"),
        (answer(202, b"hi", content_type="text/html; charset=utf-8"), "kept"),
        (answer(200), "delivered"),
        (answer(201, b'{"data":null}'), "delivered"),
        (answer(200, b"<html>log in</html>"), "kept"),
        (answer(200, b"[]"), "kept"),
        (Answer(200, {}, b" ", whole=False), "kept"),
        (Answer(202, {}, b" ", whole=False), "delivered"),
        (answer(204), "kept"),
        (answer(302, location="https://x.example/"), "kept"),
        (answer(400), "rejected"),
        (answer(422), "rejected"),
        (answer(401), "unauthorised"),
        (answer(403, b"<html>"), "unauthorised"),
        (answer(404), "stopped"),
        (answer(407), "stopped"),
        (answer(415), "stopped"),
        (answer(408), "retry"),
        (answer(429, b"<html>slow down</html>"), "retry"),
        (answer(500), "retry"),
        (answer(503), "retry"),
        (answer(599), "retry"),
        (answer(413), "split"),
    ],
    ids=lambda each: (
        f"{each.status} {each.body.decode()}{'' if each.whole else '...'}"
        if isinstance(each, Answer)
        else each
    ),
)
def test_what_an_answer_means(given_: Answer, verdict: str) -> None:
    assert judge(given_).verdict is Verdict(verdict)


@pytest.mark.parametrize(
    ("encoding", "body", "read"),
    [
        ("", b"words", b"words"),
        ("br", b"\x0b\x02", b"\x0b\x02"),
        ("gzip", gzip.compress(b"words"), b"words"),
        (" GZip", gzip.compress(b"words")[:-9], b"words"),
        ("deflate", zlib.compress(b"words"), b"words"),
        ("gzip", b"words", b"words"),
        ("gzip", gzip.compress(bytes(9_000_000)), bytes(50)),
    ],
    ids=["none", "unknown", "gzip", "cut short", "deflate", "a lie", "a bomb"],
)
def test_what_comes_compressed_is_expanded_within_bounds(
    encoding: str, body: bytes, read: bytes
) -> None:
    assert expanded(body, encoding, 50) == read


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": [{"detail": "no end", "status": "400", "title": "Bad"}]}, "no end"),
        ({"errors": [{"title": "Bad Request"}]}, "Bad Request"),
        ({"errors": ["one", "two"]}, "one; two"),
        ({"errors": "one"}, "one"),
        ({"errors": [{"detail": 5}, None]}, ""),
        ({"message": "x"}, ""),
        ([], ""),
        (None, ""),
    ],
    ids=["detail", "title", "texts", "text", "odd", "no errors", "list", "null"],
)
def test_both_shapes_of_error_are_understood(body: object, words: str) -> None:
    assert detail(answer(400, json.dumps(body).encode())) == words


def test_a_page_of_html_is_reduced_to_its_text() -> None:
    page = b"<html><style>b {}</style><h1>403\n Forbidden</h1><script>var x = 1"
    assert detail(answer(403, page)) == "403 Forbidden"


def test_an_empty_body_has_no_words() -> None:
    assert judge(answer(400)).words == "HTTP 400 Bad Request"


def test_an_unknown_status_is_named_by_its_number() -> None:
    assert judge(answer(599)).words == "HTTP 599"


@given(st.binary(max_size=4_000))
def test_words_are_one_printable_line_of_bounded_length(body: bytes) -> None:
    said = detail(answer(400, body))
    assert len(said) <= LONGEST_DETAIL
    assert said.isprintable()


def test_long_words_are_cut_visibly() -> None:
    assert detail(answer(400, b"x" * 999)) == "x" * (LONGEST_DETAIL - 3) + "..."


def test_a_refused_key_says_where_keys_come_from() -> None:
    ruling = judge(answer(403, b'{"errors":["Forbidden"]}'))
    assert ruling.words == (
        "the API key was refused (HTTP 403 Forbidden: Forbidden); check DD_API_KEY and DD_SITE"
    )


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://other.example/path?token=secret", " to https://other.example"),
        ("https://user:secret@other.example/", ""),
        ("/relative", ""),
        ("", ""),
    ],
    ids=["absolute", "with a password", "relative", "missing"],
)
def test_a_redirect_is_named_without_what_may_be_secret(location: str, named: str) -> None:
    words = judge(answer(307, location=location)).words
    assert words == f"a redirect{named} was not followed (HTTP 307 Temporary Redirect)"


def test_an_answer_of_something_else_is_named() -> None:
    words = judge(answer(200, b"<p>Please log in</p>")).words
    assert words == "an answer that is not the API's (HTTP 200 OK: Please log in)"


def test_a_refused_encoding_points_at_gzip() -> None:
    assert "gzip" in judge(answer(415)).words
