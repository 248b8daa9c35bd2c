"""What an answer of the intake means: a pure reading of status, headers and body."""

from __future__ import annotations

import json
import re
import zlib
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_DETAIL = 300
"""Characters of an answer's words that are repeated to the user."""

_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS


class Verdict(Enum):
    """What is to be done with the events of a request."""

    DELIVERED = "delivered"
    RETRY = "retry"
    SPLIT = "split"
    """The request was too large: send halves."""
    REJECTED = "rejected"
    """Something in the request is wrong: find out which event."""
    KEPT = "kept"
    """Not accepted, for a reason that has nothing to do with the events."""
    STOPPED = "stopped"
    """As `KEPT`, and every other request would fare the same."""
    UNAUTHORISED = "unauthorised"
    """As `STOPPED`, because of the API key."""


@frozen
class Answer:
    """An HTTP answer.

    Attributes:
        status: the status code.
        headers: with lower-case names.
        body: its beginning, which may be less than all of it.
        whole: whether it is all of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True


@frozen
class Ruling:
    """A verdict and why, in one line.

    Attributes:
        verdict: what to do.
        words: why, for the user; empty when delivered.
        status: the HTTP status, 0 without an answer.
        detail: the answer's own words, one line of at most 300 characters.
        wait: seconds the answer asks to wait before another try.
    """

    verdict: Verdict
    words: str = ""
    status: int = 0
    detail: str = ""
    wait: float | None = None


def judge(answer: Answer, redact: Callable[[str], str] = str) -> Ruling:
    """The ruling of an answer; `wait` is left to the retry policy.

    202 is what the API answers to events it accepts. 200 and 201 count too, unless they carry
    something that is no JSON object, or nothing before they broke off: that may be a captive portal
    or a proxy speaking, and events would be lost if it were believed. A redirect is named, not
    followed: it would take the key and the events to another place.

    Args:
        answer: the answer.
        redact: takes secrets out of its words, which may repeat what was sent.
    """
    status, said = answer.status, detail(answer, redact)
    named = _named(status) + (f": {said}" if said else "")
    verdict = _verdict(answer)
    if verdict is Verdict.DELIVERED:
        return Ruling(verdict, status=status)
    if verdict is Verdict.UNAUTHORISED:
        named = f"the API key was refused ({named}); check DD_API_KEY and DD_SITE"
    elif 200 <= status < 300:  # noqa: PLR2004 - the class of success
        named = f"an answer that is not the API's ({named})"
    elif 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        named = f"a redirect{_target(answer)} was not followed ({_named(status)})"
    elif status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        named = f"{named} (is gzip on? the API does not document it)"
    return Ruling(verdict, named, status, said)


def detail(answer: Answer, redact: Callable[[str], str] = str) -> str:
    """The answer's own words in one line, empty when it has none.

    Both shapes of error the API documents (`errors` as objects or as texts) are understood, any
    other body is given as text without markup. It is redacted before it is cut, for no cut must
    leave half a secret.
    """
    text = answer.body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        text = redact(text if answer.whole else f"{text}...")
        text = re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|\Z)|<[^>]*>?", " ", text)
    else:
        text = redact("; ".join(_errors(found)))
    return one_line(text)


def expanded(body: bytes, encoding: str, longest: int) -> bytes:
    """The beginning of a body that came compressed although nobody had asked for it.

    Args:
        body: as it came, perhaps not all of it.
        encoding: the `Content-Encoding`.
        longest: bytes to expand it to at most, whatever the body makes of itself.
    """
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        return body
    try:
        return zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, longest)
    except zlib.error:
        return body


def one_line(text: str, longest: int = LONGEST_DETAIL) -> str:
    """The text in one line of printable characters, cut at that length."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: longest * 8]).split())
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def _verdict(answer: Answer) -> Verdict:
    status = answer.status
    if status in {200, 201, 202}:
        return Verdict.DELIVERED if _is_the_api(answer) else Verdict.KEPT
    if status in {401, 403}:
        return Verdict.UNAUTHORISED
    if status in {408, 429} or status >= 500:  # noqa: PLR2004 - the class of server errors
        return Verdict.RETRY
    if status in {400, 422}:
        return Verdict.REJECTED
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Verdict.SPLIT
    # 404, 405, 407, 415...: the wrong address or something in between; nothing an event could do.
    return Verdict.STOPPED if status >= 400 else Verdict.KEPT  # noqa: PLR2004 - client errors


def _is_the_api(answer: Answer) -> bool:
    body = answer.body.strip()
    if answer.status == HTTPStatus.ACCEPTED:
        return not body.startswith(b"<") and "html" not in answer.headers.get("content-type", "")
    if not body:
        return answer.whole
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _errors(found: object) -> list[str]:
    """The texts of an `errors` list of either shape."""
    errors = found.get("errors") if isinstance(found, dict) else None
    texts = []
    for error in errors if isinstance(errors, list) else [errors]:
        said = error.get("detail") or error.get("title") if isinstance(error, dict) else error
        if isinstance(said, str):
            texts.append(said)
    return texts


def _named(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _target(answer: Answer) -> str:
    """Where a redirect leads: scheme and host only, for the rest may carry secrets."""
    found = re.match(r"https?://[^/?#@\s]{1,200}(?=[/?#]|$)", answer.headers.get("location", ""))
    return f" to {found[0]}" if found else ""
