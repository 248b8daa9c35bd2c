"""The service: the four operations of the API, whatever carries requests and answers."""

from __future__ import annotations

import hmac
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pytest_ddci import endpoints
from pytest_ddci.errors import JournalError, QueryError
from pytest_ddci.local.exchange import accepted, read, refused
from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from pytest_ddci.local.receiving import receive
from pytest_ddci.local.refusal import RefusalError, invalid
from pytest_ddci.queries import AggregateRequest, Page, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Secret
    from pytest_ddci.local.api import LocalApi
    from pytest_ddci.local.exchange import Answer, Asked
    from pytest_ddci.local.faults import Faults
    from pytest_ddci.local.gate import Gate
    from pytest_ddci.local.inbox import Inbox

_OPERATIONS: Mapping[str, tuple[str, str]] = {
    endpoints.SEND: ("POST", "send"),
    endpoints.LIST: ("GET", "list"),
    endpoints.SEARCH: ("POST", "search"),
    endpoints.AGGREGATE: ("POST", "aggregate"),
}


class Service:
    """Answers requests. May be used from several threads.

    Args:
        api: answers questions.
        inbox: keeps events.
        gate: lets requests in.
        faults: what goes wrong.
        clock: the time.
        key: the API key that is good; None: any is, and none.
        tell: is told of errors of ours.
    """

    def __init__(  # noqa: PLR0913 - what it is made of, by name
        self,
        *,
        api: LocalApi,
        inbox: Inbox,
        gate: Gate,
        faults: Faults,
        clock: Clock,
        key: Secret | None,
        tell: Callable[[str], object],
    ) -> None:
        self._api = api
        self._inbox = inbox
        self._gate = gate
        self._faults = faults
        self._clock = clock
        self._key = key
        self._tell = tell

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request, whatever it is."""
        sending = asked.path == endpoints.SEND
        try:
            self._gate.check(asked.headers)
            return self._with_faults(_operation(asked), asked)
        except RefusalError as refusal:
            return refused(refusal, sending=sending)
        except JournalError as error:
            self._tell(str(error))
            full = RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, "the journal cannot be written")
            return refused(full, sending=sending)
        except Exception:  # noqa: BLE001 - the client hears that it was not its fault
            self._tell(f"internal error\n{traceback.format_exc()}")
            return refused(RefusalError(HTTPStatus.INTERNAL_SERVER_ERROR), sending=sending)

    def _with_faults(self, operation: str, asked: Asked) -> Answer:
        fault = self._faults.next(operation)
        if fault is None:
            return self._answer(operation, asked)
        try:
            if fault.refusal is not None:
                raise fault.refusal
            answer = self._answer(operation, asked)
        except RefusalError as refusal:
            answer = refused(refusal, sending=operation == "send")
        return answer.but(fault.headers, fault.delay)

    def _answer(self, operation: str, asked: Asked) -> Answer:
        self._check_keys(asked.headers, reading=operation != "send")
        if asked.unreadable is not None:
            raise asked.unreadable
        if operation == "send":
            lines = receive(asked.body, self._clock.now_ns())
            self._inbox.add(lines)
            return accepted(tuple(lines))
        try:
            if operation == "aggregate":
                request = _PagedAggregateRequest.from_wire(asked.body)
                return read(self._api.aggregate(request))
            if operation == "search":
                return self._events(SearchRequest.from_wire(asked.body), asked)
            return self._events(SearchRequest.from_parameters(asked.parameters), asked)
        except QuerySyntaxError as error:
            name = "filter[query]" if operation == "list" else "filter.query"
            raise RefusalError(HTTPStatus.BAD_REQUEST, invalid(name, str(error))) from None
        except QueryError as error:
            said = [f"input_validation_error({text})" for text in error.errors]
            raise RefusalError(HTTPStatus.BAD_REQUEST, *said) from None

    def _events(self, request: SearchRequest, asked: Asked) -> Answer:
        found = self._api.events(request)
        after = found["meta"].get("page", {}).get("after")
        if after is not None:
            # As recorded from the API: a GET, also behind a search by POST.
            parameters = sorted(request.at(after).parameters().items())
            url = f"http://{asked.headers['host']}{endpoints.LIST}?{urlencode(parameters)}"
            found = {**found, "links": {"next": url}}
        return read(found)

    def _check_keys(self, headers: Mapping[str, str], *, reading: bool) -> None:
        """Whether the keys are there, and the API key is the right one.

        Raises:
            RefusalError: no key (401), another key (403).
        """
        if self._key is None:
            return
        names = ["dd-api-key", *(["dd-application-key"] if reading else [])]
        if not all(headers.get(name) for name in names):
            raise RefusalError(HTTPStatus.UNAUTHORIZED)
        given, right = headers["dd-api-key"], self._key.reveal()
        if not hmac.compare_digest(given.encode(), right.encode()):
            raise RefusalError(HTTPStatus.FORBIDDEN)


class _PagedAggregateRequest(AggregateRequest):
    """With the `page` that the API's own examples once had; all buckets are on one page."""

    page: Page = Page()


def _operation(asked: Asked) -> str:
    if asked.path not in _OPERATIONS:
        raise RefusalError(HTTPStatus.NOT_FOUND)
    method, operation = _OPERATIONS[asked.path]
    if asked.method != method:
        raise RefusalError(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": method})
    return operation
