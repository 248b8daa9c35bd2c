"""Delivery to a real server over a real socket, however badly the server behaves."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_ddci.clock import Deadline, SystemClock
from pytest_ddci.delivery import announce, deliver
from pytest_ddci.intake import Intake
from tests.intake_server import KEY, Fault, IntakeServer
from tests.wire import event, event_lines

if TYPE_CHECKING:
    from pytest_ddci.delivery import DeliveryReport

CERTIFICATE = Path(__file__).parents[1] / "loopback.pem"
CLOCK = SystemClock()


def run_of(jobs: int, **fields: str) -> list[bytes]:
    now = CLOCK.now_ns()
    lines = []
    for number in range(jobs):
        lines += [event("job", f"j{number}", now, **fields), event("step", f"x{number}", now)]
    return [*lines, event("stage", "s-1", now), event("pipeline", at_ns=now)]


def flush(url: str, lines: list[bytes], seconds: float = 10, *, key: str = KEY) -> DeliveryReport:
    # A transport of our own keeps the proxies of the machine that runs the tests out of this.
    intake = Intake(url, key, clock=CLOCK, transport=httpx.HTTPTransport(), jitter=lambda: 0.0)
    with intake:
        return deliver(event_lines(lines), intake, Deadline.after(seconds, CLOCK), CLOCK)


def test_a_run_of_one_request_arrives_whole_with_the_pipeline_last() -> None:
    with IntakeServer() as server:
        report = flush(server.url, run_of(20))
    assert [each["level"] for each in server.seen[0].resources][-2:] == ["stage", "pipeline"]
    assert len(server.seen) == 1
    assert report.accounting.delivered == 42
    assert server.contract_errors == []


def test_a_large_run_arrives_in_full_with_the_pipeline_in_the_last_request() -> None:
    with IntakeServer() as server:
        report = flush(server.url, run_of(1_250))
    assert report.accounting.delivered == report.accounting.emitted == 2_502
    assert len(server.accepted) == 2_502
    assert [each["level"] for each in server.seen[-1].resources] == ["stage", "pipeline"]
    assert max(len(seen.events) for seen in server.seen) <= 1_000


def test_a_rate_limit_is_waited_for() -> None:
    with IntakeServer([Fault(status=429, headers={"Retry-After": "0"})]) as server:
        report = flush(server.url, run_of(1))
    assert [seen.status for seen in server.seen] == [429, 202]
    assert report.accounting.complete


def test_a_dropped_connection_is_tried_again() -> None:
    with IntakeServer([Fault("drop")]) as server:
        report = flush(server.url, run_of(1))
    assert report.accounting.complete
    assert report.accounting.requests == 2


def test_a_body_that_is_too_large_is_halved() -> None:
    with IntakeServer([Fault(status=413)]) as server:
        report = flush(server.url, run_of(5))
    assert [len(seen.events) for seen in server.seen] == [12, 6, 6]
    assert report.accounting.complete


def test_one_event_the_api_refuses_does_not_hold_up_the_others() -> None:
    lines = run_of(20)
    lines[7] = event("step", "bad", CLOCK.now_ns(), status="canceled")
    with IntakeServer() as server:
        report = flush(server.url, lines)
    assert report.accounting.delivered == len(lines) - 1
    [rejection] = report.rejected
    assert rejection.offset == sum(len(line) + 1 for line in lines[:7])
    assert rejection.status == 400
    assert rejection.detail == 'status "canceled" is not allowed on level "step"'


def test_a_wrong_key_ends_it_after_one_request_without_being_shown() -> None:
    with IntakeServer() as server:
        report = flush(server.url, run_of(1), key="wrong-key")
    assert len(server.seen) == 1
    assert report.accounting.kept == 4
    assert "DD_API_KEY" in str(report.accounting.problem)
    assert "wrong-key" not in repr(report)


def test_a_port_nobody_listens_on_costs_no_more_than_the_deadline() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        begun = time.perf_counter()
        report = flush(f"http://127.0.0.1:{nobody.getsockname()[1]}", run_of(1), seconds=1)
    assert time.perf_counter() - begun < 3
    assert report.accounting.kept == report.accounting.emitted
    assert "refused" in str(report.accounting.problem)


@pytest.mark.parametrize("action", ["hang", "drip"])
def test_a_server_that_never_answers_costs_no_more_than_the_deadline(action: str) -> None:
    with IntakeServer([Fault(action)] * 9) as server:  # type: ignore[arg-type] # a word of the two
        begun = time.perf_counter()
        report = flush(server.url, run_of(1), seconds=1)
        waited = time.perf_counter() - begun
    assert waited < 3
    assert report.accounting.kept == report.accounting.emitted == 4
    assert "no answer" in str(report.accounting.problem)


def test_a_body_that_drips_after_an_acceptance_does_not_undo_it() -> None:
    with IntakeServer([Fault("drip_body", status=202)]) as server:
        begun = time.perf_counter()
        report = flush(server.url, run_of(1), seconds=1)
        waited = time.perf_counter() - begun
    assert waited < 3
    assert report.accounting.complete


def test_an_announcement_gives_up_on_a_silent_server_within_its_time() -> None:
    with IntakeServer([Fault("hang")]) as server:
        intake = Intake(server.url, KEY, clock=CLOCK, transport=httpx.HTTPTransport())
        begun = time.perf_counter()
        receipt = announce(event("pipeline"), intake, Deadline.after(0.5, CLOCK))
        waited = time.perf_counter() - begun
    assert waited < 3
    assert len(receipt.kept) == 1


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_connection_that_is_made_after_the_intake_was_closed_is_ended_unused(
    *, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, made = socket.create_connection, list[socket.socket]()
    entered, closed = threading.Event(), threading.Event()

    def connect_slowly(*args: Any, **kwargs: Any) -> socket.socket:  # noqa: ANN401 - as socket has it
        entered.set()
        assert closed.wait(60)
        made.append(connect(*args, **kwargs))
        return made[0]

    monkeypatch.setattr(socket, "create_connection", connect_slowly)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
    if context:
        context.load_cert_chain(CERTIFICATE)
    receipts = []
    with IntakeServer(tls=context) as server:
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        transport = httpx.HTTPTransport(verify=trusting)
        intake = Intake(server.url, KEY, clock=CLOCK, transport=transport)
        lines, deadline = list(event_lines([event("pipeline")])), Deadline.after(60, CLOCK)
        sending = threading.Thread(target=lambda: receipts.append(intake.send(lines, deadline)))
        sending.start()
        assert entered.wait(60)
        intake.close()
        closed.set()
        sending.join()
        assert server.seen == []
    assert [len(receipt.kept) for receipt in receipts] == [1]
    assert made[0].fileno() == -1


def test_connections_are_kept_alive_between_requests() -> None:
    with IntakeServer([Fault(status=503)]) as server:
        connections: set[object] = set()
        connected = server.connected

        def count(connection: socket.socket) -> None:
            connections.add(connection.fileno())
            connected(connection)

        server.connected = count  # type: ignore[method-assign] # a spy
        report = flush(server.url, run_of(1))
    assert report.accounting.requests == 2
    assert len(connections) == 1


def test_a_compressed_body_carries_the_same_events() -> None:
    lines, transport = run_of(3), httpx.HTTPTransport()
    with (
        IntakeServer() as server,
        Intake(server.url, KEY, clock=CLOCK, gzip=True, transport=transport) as intake,
    ):
        deliver(event_lines(lines), intake, Deadline.after(5, CLOCK), CLOCK)
    assert server.seen[0].raw[:2] == b"\x1f\x8b"
    assert server.seen[0].body == b'{"data":[' + b",".join(lines) + b"]}"
