"""The service: who may ask it, what goes wrong on purpose, and what by our own fault."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.endpoints import LIST, SEARCH, SEND
from pytest_ddci.local.exchange import Asked
from pytest_ddci.local.faults import Fault
from tests.desk import GOOD, HOST, KEY, Desk, document, ids
from tests.wire import event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Any]:
    """Makes desks over one directory."""
    with ExitStack() as stack:
        yield lambda *faults, **options: stack.enter_context(
            Desk(tmp_path / "journals", *faults, **options)
        )


@pytest.fixture
def desk(desks: Any) -> Desk:  # noqa: ANN401 - a function
    made: Desk = desks()
    return made


# Who may ask


def test_without_a_key_of_its_own_any_key_is_good_and_none(desk: Desk) -> None:
    assert desk.send(event("job")).status == 202
    assert desk.get({**HOST, "dd-api-key": "any"}).status == 200


@pytest.mark.parametrize(
    ("key", "status", "title"), [("", 401, "Unauthorized"), ("other", 403, "Forbidden")]
)
def test_another_key_is_refused_in_both_shapes(
    desks: Any,  # noqa: ANN401 - a function
    key: str,
    status: int,
    title: str,
) -> None:
    desk = desks(key=KEY)
    headers = {**GOOD, "dd-api-key": key}
    sent, asked = desk.send(event("job"), headers=headers), desk.get(headers)
    assert document(sent) == {"errors": [{"status": str(status), "title": title, "detail": title}]}
    assert (asked.status, document(asked)) == (status, {"errors": [title]})
    assert ids(desk.get(GOOD)) == []


def test_who_asks_needs_an_application_key_too(desks: Any) -> None:  # noqa: ANN401 - a function
    desk, headers = desks(key=KEY), {**GOOD, "dd-application-key": ""}
    assert desk.send(event("job"), headers=headers).status == 202
    assert desk.get(headers).status == 401
    assert desk.get(GOOD).status == 200


def test_keys_are_looked_at_before_anything_that_was_sent(desks: Any) -> None:  # noqa: ANN401 - a function
    assert desks(key=KEY).post(SEND, b"{").status == 401


def test_other_hosts_and_origins_are_refused_before_that(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(key=KEY)
    assert desk.get({"host": "evil.example"}).status == 421
    assert desk.get({**HOST, "origin": "http://evil.example"}).status == 403
    assert desk.get({}).status == 421


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/", 404, None),
        ("POST", f"{LIST}/", 404, None),
        ("GET", SEND, 405, "POST"),
        ("POST", LIST, 405, "GET"),
        ("DELETE", SEARCH, 405, "POST"),
    ],
)
def test_other_paths_and_methods_are_not_there(
    desk: Desk, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = desk.service.answer(Asked(method, path, headers=HOST))
    assert answer.status == status
    assert answer.headers.get("Allow") == allowed
    assert len(document(answer)["errors"]) == 1


# Faults


def test_a_fault_takes_the_place_of_the_right_thing(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(Fault(429, headers={"X-RateLimit-Reset": "7"}), Fault(500))
    limited = desk.send(event("job", "a"))
    assert limited.status == 429
    assert limited.headers["X-RateLimit-Reset"] == "7"
    assert document(limited)["errors"][0]["title"] == "Too Many Requests"
    failed = desk.get()
    assert (failed.status, document(failed)) == (500, {"errors": ["Internal Server Error"]})
    assert ids(desk.get()) == []


def test_a_slow_answer_is_the_right_one(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(Fault(delay=2.5, times=2, headers={"X-Slow": "yes"}))
    slow = desk.send(event("job", "a"))
    assert (slow.status, slow.delay, slow.headers["X-Slow"]) == (202, 2.5, "yes")
    refused = desk.post(SEND, b"{")
    assert (refused.status, refused.delay) == (400, 2.5)
    quick = desk.get()
    assert (ids(quick), quick.delay) == (["a"], 0.0)


def test_what_is_none_of_the_operations_uses_up_no_fault(desks: Any) -> None:  # noqa: ANN401 - a function
    desk = desks(Fault(500))
    assert desk.service.answer(Asked("GET", "/favicon.ico", headers=HOST)).status == 404
    assert desk.get().status == 500


# Errors of ours


def test_an_error_of_ours_is_told_here_and_not_to_the_client(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a secret place")

    monkeypatch.setattr(desk.api, "events", fail)
    answer = desk.get()
    assert (answer.status, document(answer)) == (500, {"errors": ["Internal Server Error"]})
    assert "RuntimeError: a secret place" in desk.told[0]
