"""The cost of redaction grows with the text's length, whatever the text and the secrets are."""

from __future__ import annotations

import string
import time

import pytest

from pytest_ddci.redact import Redactor

ENVIRON = {
    **{f"T{number}_TOKEN": f"{number}qW3rTy{number}" * 3 for number in range(10)},
    "A_PASSWORD": "a" * 40 + "!",
    "B_PASSWORD": "a!" * 20 + "b",
    "C_PASSWORD": "\\" * 20 + "c1",
    "D_PASSWORD": "' '\" '" * 5 + "d",
    "E_PASSWORD": string.punctuation,
    "F_PASSWORD": "ab ab ab ab ab cd",
    "DATABASE_URL": "postgres://app:hunter22@db/x",
}
# Pieces of which the text is nothing but: each is the beginning of something that rules look for.
PIECES = [
    *(
        "token",
        "token=",
        "token='\\",
        'key="',
        "password: ",
        "api key ",
        "api key 0123456789abcdef",
    ),
    *("-----BEGIN PRIVATE KEY-----EEEE ", "-----BEGIN PRIVATE KEY-----\n", "eyJ", "eyJaaaaaaaa."),
    *("://", "://a:", "://a:/", "://aaaaaaaaaaaaaaaaaaaa1", "bearer ", "bearer aaaaaaaaaaaaaaaaaa"),
    *("basic ", "basic QTpi", "authorization: ", "--token ", "sk-", "sk-a", "ghp_", "glpat-"),
    *(
        "?sig=",
        "AKIA",
        "xoxb-",
        "A",
        "_",
        "-",
        "=",
        "a",
        "a!",
        "ab ",
        "\\",
        "\\'",
        "' ",
        "%25",
        "&",
    ),
    *("...", "…", "aaaaaa...", ". ", "\n", "[redacted]", "0", "é", "a1", "hunter2", "\\x", "c"),
]
SIZE = 60_000


def seconds(redact: Redactor, text: str) -> float:
    """The least processor time of several tries."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        redact(text)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_four_times_the_text_takes_about_four_times_the_time(piece: str) -> None:
    redact = Redactor(ENVIRON, [r"ACME-\d+"], ["X*"])
    short, long = ((piece * size)[:size] for size in (SIZE, 4 * SIZE))

    # Sixteen times would be the mark of a square; a tick of the clock is allowed for.
    assert seconds(redact, long) < 10 * seconds(redact, short) + 0.02


def test_a_stack_is_read_as_fast_as_it_could_be_searched_for_a_hundred_words() -> None:
    line = '  File "/home/me/project/src/pkg/module.py", line 42, in function\n    return call(x)\n'
    text = (line * 30_000)[:2_000_000]
    redact = Redactor({f"T{number}_TOKEN": f"{number:03d}qW3rTy9zX" for number in range(20)})
    words = [f"w0rd-{number}-that-is-not-there" for number in range(100)]
    start = time.process_time()
    assert not [word for word in words if word in text]
    searched = time.process_time() - start

    assert seconds(redact, text) < searched
