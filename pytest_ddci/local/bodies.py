"""The body of a request: read and unpacked within bounds."""

from __future__ import annotations

import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from pytest_ddci.local.demands import shown
from pytest_ddci.local.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

LARGEST = 5 * 1024 * 1024
"""Bytes of a body, without compression. Undocumented: where Datadog's own clients meet a 413."""

HEARD = 64 * 1024 * 1024
"""Bytes of a body that is too large that are read, so that its sender hears of it; then it is
hung up on."""

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


async def read_body(pieces: AsyncIterator[bytes], encoding: str) -> bytes:
    """A body, without compression.

    Args:
        pieces: of the body, as they come.
        encoding: the header `Content-Encoding`.

    Raises:
        RefusalError: it is too large (413), not compressed as it says (400), or in a way that is
            not known (415).
    """
    parts, size = [], 0
    async for piece in pieces:
        size += len(piece)
        if size > HEARD:
            raise _too_large(headers={"Connection": "close"})
        if size <= LARGEST:
            parts.append(piece)
    if size > LARGEST:
        raise _too_large()
    return unpacked(b"".join(parts), encoding.strip().lower())


def unpacked(body: bytes, encoding: str) -> bytes:
    """A body without its compression.

    Raises:
        RefusalError: as `read_body`.
    """
    # A client that compresses says so with every request, also with those that have no body.
    if not body or encoding in ("", "identity"):
        return body
    if encoding not in _WINDOWS:
        said = f"Content-Encoding {shown(encoding)}: gzip, deflate or none is understood"
        raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, said)
    packed = zlib.decompressobj(_WINDOWS[encoding])
    try:
        plain = packed.decompress(body, LARGEST + 1)
    except zlib.error as error:
        raise RefusalError(HTTPStatus.BAD_REQUEST, f"Malformed payload: {error}") from None
    if len(plain) > LARGEST:
        raise _too_large()
    if not packed.eof or packed.unused_data:
        raise RefusalError(HTTPStatus.BAD_REQUEST, f"Malformed payload: no whole {encoding}")
    return plain


def _too_large(headers: Mapping[str, str] | None = None) -> RefusalError:
    said = f"the body is larger than {LARGEST} bytes without compression"
    return RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said, headers=headers)
