"""A service over a directory of journals, asked without a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pytest_ddci.clock import SECOND
from pytest_ddci.config import Secret
from pytest_ddci.endpoints import LIST, SEND
from pytest_ddci.local.api import LocalApi
from pytest_ddci.local.exchange import Answer, Asked
from pytest_ddci.local.faults import Fault, Faults
from pytest_ddci.local.gate import Gate
from pytest_ddci.local.inbox import Inbox
from pytest_ddci.local.service import Service
from tests.fakes import FakeClock
from tests.stored import own_id
from tests.wire import START_NS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

NOW_NS = START_NS + 60 * SECOND
KEY = "0123456789abcdef0123456789abcdef"
HOST = {"host": "127.0.0.1:8321"}
GOOD = {**HOST, "dd-api-key": KEY, "dd-application-key": "any"}


class Desk:
    """A service over a directory, and what it has told the person in front of it; a context."""

    def __init__(self, directory: Path, *faults: Fault, key: str | None = None) -> None:
        clock = FakeClock(NOW_NS)
        self.told: list[str] = []
        self.inbox = Inbox(directory, clock, tell=self.told.append)
        self.api = LocalApi(directory, clock, own=self.inbox.own)
        self.service = Service(
            api=self.api,
            inbox=self.inbox,
            gate=Gate("127.0.0.1"),
            faults=Faults(faults),
            clock=clock,
            key=None if key is None else Secret(key),
            tell=self.told.append,
        )

    def post(self, path: str, value: object, headers: Mapping[str, str] = HOST) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.service.answer(Asked("POST", path, headers=headers, body=body))

    def get(self, headers: Mapping[str, str] = HOST, **parameters: object) -> Answer:
        return self.service.answer(Asked("GET", LIST, urlencode(parameters), headers))

    def send(self, *events: bytes, headers: Mapping[str, str] = HOST) -> Answer:
        return self.post(SEND, {"data": [json.loads(each) for each in events]}, headers)

    def __enter__(self) -> Desk:  # noqa: PYI034 - 3.10 has no Self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.api.close()
        self.inbox.close()


def document(answer: Answer) -> dict[str, Any]:
    assert answer.body.endswith(b"}\n")
    found: dict[str, Any] = json.loads(answer.body)
    return found


def ids(answer: Answer) -> list[str]:
    return [own_id(each["attributes"]) for each in document(answer)["data"]]
