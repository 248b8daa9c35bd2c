"""Bodies: read and unpacked within bounds."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.local.bodies import HEARD, LARGEST, read_body, unpacked
from pytest_ddci.local.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

PACKS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}
TEXT = b'{"data":[]}' * 100


class Pieces:
    """Gives pieces and counts them."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.given = 0
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.given += len(piece)
            yield piece


def read(pieces: Pieces, encoding: str = "") -> bytes:
    return asyncio.run(read_body(aiter(pieces), encoding))


def refusal(body: bytes, encoding: str) -> int:
    with pytest.raises(RefusalError) as caught:
        unpacked(body, encoding)
    return caught.value.status


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), " GZip "),
        (zlib.compress(TEXT), "deflate"),
    ],
    ids=["plain", "identity", "gzip", "gzip-in-any-case", "deflate"],
)
def test_a_body_is_unpacked_as_it_says(body: bytes, encoding: str) -> None:
    assert read(Pieces([body[:7], body[7:]]), encoding) == TEXT


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_five_mebibytes_are_not_too_large_and_a_byte_more_is(encoding: str) -> None:
    pack = PACKS[encoding]
    assert len(unpacked(pack(b" " * LARGEST), encoding)) == LARGEST
    with pytest.raises(RefusalError) as caught:
        read(Pieces([pack(b" " * (LARGEST + 1))]), encoding)
    assert caught.value.status == 413


def test_the_sender_of_what_is_too_large_is_heard_out_up_to_a_bound() -> None:
    pieces = Pieces([b" " * 1_000_000] * 10)
    with pytest.raises(RefusalError):
        read(pieces)
    assert pieces.given == 10_000_000
    endless = Pieces(iter(lambda: b" " * 1_000_000, None))
    with pytest.raises(RefusalError):
        read(endless)
    assert HEARD < endless.given <= HEARD + 1_000_000


@pytest.mark.parametrize(
    "body",
    [TEXT, gzip.compress(TEXT)[:-4], gzip.compress(TEXT) + b"x"],
    ids=["plain", "cut", "more"],
)
def test_what_is_not_compressed_as_it_says_is_malformed(body: bytes) -> None:
    assert refusal(body, "gzip") == 400


@pytest.mark.parametrize("encoding", ["br", "zstd1", "gzip, gzip"])
def test_another_compression_is_not_understood(encoding: str) -> None:
    assert refusal(TEXT, encoding) == 415


def test_no_body_needs_no_unpacking() -> None:
    assert unpacked(b"", "gzip") == b""
