"""A request and its answer, whatever carries them."""

from __future__ import annotations

from dataclasses import field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from pytest_ddci.frozen import frozen
from pytest_ddci.json_text import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.local.refusal import RefusalError

_JSON = "application/json"
# As the API's reference has it; Python's own words depend on its version.
_TITLES: dict[int, str] = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Payload Too Large"}


@frozen
class Asked:
    """A request.

    Attributes:
        method: such as `GET`.
        path: without query.
        query: what follows the `?`, as it came.
        headers: by their names in lower case.
        body: without compression.
        unreadable: why there is no body, if so.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    unreadable: RefusalError | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the query; of those with one name the last.

        Bytes that are no UTF-8 become lone surrogates, which no field of a request may have.
        """
        return dict(parse_qsl(self.query, keep_blank_values=True, errors="surrogateescape"))


@frozen
class Answer:
    """An answer.

    Attributes:
        status: the HTTP status.
        document: the body, as JSON.
        headers: of the answer.
        delay: seconds to wait before it is given.
        events: how many events were received.
    """

    status: int
    document: object
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    events: tuple[bytes, ...] = ()

    @property
    def body(self) -> bytes:
        """The body as it goes over the wire."""
        return to_json(self.document).encode("ascii") + b"\n"

    def but(self, headers: Mapping[str, str], delay: float) -> Answer:
        """The same answer with more headers, after a wait of so many seconds."""
        return replace(self, headers={**self.headers, **headers}, delay=delay)


def refused(refusal: RefusalError, *, sending: bool) -> Answer:
    """A refusal as the API words it.

    Args:
        refusal: the status, and what is wrong.
        sending: of the operation that sends; it has errors of its own shape.
    """
    title = _TITLES.get(refusal.status) or HTTPStatus(refusal.status).phrase
    details = refusal.details or (title,)
    errors: list[object] = [*details]
    if sending:
        errors = [
            {"detail": detail, "status": str(refusal.status), "title": title} for detail in details
        ]
    headers = {"Content-Type": _JSON, **refusal.headers}
    return Answer(refusal.status, {"errors": errors}, headers)


def read(document: object) -> Answer:
    """The answer to a question."""
    return Answer(HTTPStatus.OK.value, document, {"Content-Type": _JSON})


def accepted(events: tuple[bytes, ...]) -> Answer:
    """The answer to events, as recorded from the API.

    Args:
        events: those that were accepted, as lines of a journal.
    """
    headers = {"Content-Type": "application/vnd.api+json"}
    return Answer(HTTPStatus.ACCEPTED.value, {"data": None}, headers, events=events)
