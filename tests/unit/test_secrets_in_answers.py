"""What servers and networks say is shown without secrets, however long it is and wherever cut."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import httpx
import pytest

from pytest_ddci.clock import Deadline
from pytest_ddci.redact import MARK, Redactor
from pytest_ddci.verdict import LONGEST_DETAIL, Answer, detail, judge
from tests.fakes import FakeClock
from tests.planted import GRAM, Secret, leaks
from tests.read_api import API_KEY, APP_KEY, ReadApi
from tests.unit.test_intake import KEY, batch, make
from tests.unit.test_reader import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "qW3rTy<Zx9>cVb'N7mLkJ4hG"
REDACT = Redactor({"A_TOKEN": SECRET})
PLANTED = [Secret("", SECRET, SECRET), Secret("", KEY, KEY)]


def answered(text: str, kind: str) -> bytes:
    """The body of an answer that says this, in each of the ways in which servers do."""
    bodies = {
        "detail": json.dumps({"errors": [{"detail": text}]}),
        "title": json.dumps({"errors": [{"title": text}]}),
        "texts": json.dumps({"errors": [text]}),
        "page": f"<html><h1>No</h1><p>{text}</p></html>",
        "plain": text,
        "json that is cut": json.dumps({"errors": [{"detail": text}]})[:-3],
    }
    return bodies[kind].encode()


def refuse(body: bytes, _: httpx.Request) -> httpx.Response:
    return httpx.Response(400, content=body)


every_kind = pytest.mark.parametrize(
    "kind", ["detail", "title", "texts", "page", "plain", "json that is cut"]
)


@every_kind
def test_an_answer_that_repeats_a_secret_is_told_without(kind: str) -> None:
    words = detail(Answer(400, {}, answered(f"bad {SECRET} here", kind)), REDACT)
    assert leaks([(kind, words)], PLANTED) == []
    assert "bad" in words
    assert "here" in words


@every_kind
@pytest.mark.parametrize("secret", [SECRET, KEY], ids=["value", "key"])
def test_no_cut_of_the_answer_leaves_half_a_secret(kind: str, secret: str) -> None:
    for offset in range(len(secret) + 12):
        text = ("x " * LONGEST_DETAIL)[: LONGEST_DETAIL - offset] + secret + " y" * 100
        body = answered(text, kind)
        with make(partial(refuse, body), redact=REDACT) as intake:
            receipt = intake.send(batch(1), Deadline.after(30, FakeClock()))
        [rejection] = receipt.rejected
        said = f"{rejection.detail} {receipt.problem}"
        assert leaks([(kind, said)], PLANTED) == [], offset


def test_a_body_that_was_cut_short_ends_in_no_half_secret() -> None:
    body = ("x " * 40 + SECRET[: GRAM + 4]).encode()
    words = detail(Answer(500, {}, body, whole=False), REDACT)
    assert leaks([("words", words)], PLANTED) == []
    assert words.endswith(f"x {MARK}...")


def test_the_words_of_a_ruling_are_redacted_with_the_detail() -> None:
    ruling = judge(Answer(403, {}, answered(SECRET, "texts")), REDACT)
    assert ruling.detail == MARK
    assert ruling.words.startswith(f"the API key was refused (HTTP 403 Forbidden: {MARK})")


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError(f"no way to {SECRET} with {KEY}"),
        httpx.UnsupportedProtocol(f"{SECRET}{KEY}://"),
        ValueError(f"Unknown scheme {SECRET} {KEY}"),
        OSError(f"no file {SECRET} {KEY}"),
        httpx.ConnectError("x " * 140 + SECRET + KEY),
    ],
    ids=["network", "protocol", "value", "file", "long"],
)
def test_what_the_network_says_is_redacted(error: Exception) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with make(fail, redact=REDACT) as intake:
        receipt = intake.send(batch(1), Deadline.after(30, FakeClock()))
    assert receipt.problem
    assert leaks([("problem", receipt.problem)], PLANTED) == []


def test_a_proxy_whose_password_is_not_quoted_shows_no_piece_of_it() -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.InvalidURL("Invalid port: 'hunter'")

    api: Callable[[httpx.Request], httpx.Response] = fail
    with make(api) as intake:
        receipt = intake.send(batch(1), Deadline.after(30, FakeClock()))
    assert receipt.problem == "cannot reach api.example: the URL of the proxy makes no sense"


@pytest.mark.parametrize("key", [API_KEY, APP_KEY])
def test_no_cut_of_an_answer_to_a_question_leaves_half_a_key(key: str) -> None:
    for offset in range(len(key) + 12):
        text = ("x " * LONGEST_DETAIL)[: LONGEST_DETAIL - offset] + key + " y" * 500
        error = refusal(ReadApi(httpx.Response(400, content=text.encode())))
        assert leaks([("error", f"{error} {error.errors}")], [Secret("", key, key)]) == [], offset


def test_a_question_shows_no_piece_of_the_proxys_password_either() -> None:
    error = refusal(ReadApi(httpx.InvalidURL("Invalid port: 'hunter'")))
    assert str(error).endswith("no answer from api.example: the proxy's URL makes no sense")
