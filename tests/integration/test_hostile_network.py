"""Whatever the network does to a run's delivery: the run stays itself and loses nothing."""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults import Fault
from tests.intake_server import IntakeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

PASSING = "def test_pass(): pass"
EVENTS = 6
TIMEOUT = 1.5
"""Seconds that the runs here give their delivery."""

START_UP = 15.0
"""Seconds in which a process starts, runs one test and ends, on a busy machine."""

CERTIFICATE = Path(__file__).parents[1] / "loopback.pem"
KEY = {"DD_API_KEY": "k" * 32, "NO_PROXY": "127.0.0.1,nowhere.invalid"}
HTML = b"<!doctype html><title>Log in</title>"
LOOP = Fault(status=307, headers={"Location": "/api/v2/ci/pipeline"})
BOMB = Fault(status=200, body=gzip.compress(bytes(9_000_000)), headers={"Content-Encoding": "gzip"})


def run(
    project: Project, server: IntakeServer | None = None, env: Mapping[str, str] | None = None
) -> Outcome:
    """A run of one test, with all that must hold of it whatever the network does."""
    if not (project.directory / "test_a.py").exists():
        project.write(test_a=PASSING)
    begun = time.monotonic()
    outcome = project.run("--no-ddci-running", f"--ddci-timeout={TIMEOUT}", server=server, env=env)
    took = time.monotonic() - begun
    outcome.check()
    assert outcome.exit_status == 0
    assert "1 passed" in outcome.stdout
    assert outcome.stderr == ""
    assert took < START_UP + TIMEOUT
    words = outcome.said("delivered")
    flush = re.search(r"([\d.]+) s$", words)
    assert flush is not None, words
    assert float(flush[1]) < TIMEOUT + 3.0
    return outcome


def check_kept(project: Project, outcome: Outcome, words: str) -> None:
    """Nothing was delivered, everything can still be: the same events, once."""
    assert outcome.said("delivered").startswith(f"delivered: 0 of {EVENTS}")
    assert outcome.said("kept").startswith(f"kept: {EVENTS} in .ddci/run-")
    assert words in outcome.said("problem")
    with IntakeServer() as server:
        done = project.ddci("send", server=server)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{EVENTS} of {EVENTS} events delivered" in done.stdout
        assert server.resources == outcome.resources
        assert "nothing to send" in project.ddci("send", server=server).stdout


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(Fault("drop"), "no answer", id="hangs up"),
        pytest.param(Fault("reset"), "no answer", id="resets"),
        pytest.param(Fault("part"), "no answer", id="half a status line"),
        pytest.param(Fault("cut_reset", status=500), "HTTP 500", id="resets after the headers"),
        pytest.param(Fault("hang"), "no answer", id="accepts and says nothing"),
        pytest.param(Fault("drip"), "no answer", id="headers byte by byte"),
        pytest.param(Fault("drip_body"), "no answer", id="body byte by byte"),
        pytest.param(Fault("continue"), "no answer", id="endless 100"),
        pytest.param(Fault("garbage", body=bytes(range(256))), "no answer", id="garbage"),
        pytest.param(Fault("flood"), "HTTP 500", id="error of 10 GB"),
        pytest.param(Fault("flood", status=200), "not the API's", id="answer of 10 GB"),
        pytest.param(BOMB, "not the API's", id="a bomb"),
        pytest.param(Fault(status=200, body=HTML), "not the API's", id="200 with HTML"),
        pytest.param(Fault("cut", status=200, body=b" "), "not the API's", id="200 with nothing"),
        pytest.param(Fault(status=429), "HTTP 429", id="endless 429"),
        pytest.param(
            Fault(status=429, headers={"Retry-After": "0"}), "HTTP 429", id="429 and at once again"
        ),
        pytest.param(
            Fault(status=429, headers={"Retry-After": "86400"}), "wait 86400 s", id="429 for a day"
        ),
        pytest.param(LOOP, "redirect", id="redirect loop"),
        pytest.param(Fault("unread", status=503), "HTTP 503", id="does not even listen"),
    ],
)
def test_what_the_server_does_costs_no_more_than_the_deadline_and_no_event(
    fault: Fault, words: str, plain: Project
) -> None:
    with IntakeServer([fault] * 99) as server:
        outcome = run(plain, server)
        assert server.seen
    check_kept(plain, outcome, words)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut", status=202),
        Fault("cut_reset", status=202),
        Fault("flood", status=202),
        Fault("drip_body", status=202),
        Fault("leave", status=202),
    ],
    ids=lambda fault: fault.action,
)
def test_an_acceptance_counts_whatever_becomes_of_its_body(fault: Fault, plain: Project) -> None:
    with IntakeServer([fault] * 99) as server:
        outcome = run(plain, server)
        assert len(server.seen) == 1
        assert server.resources == outcome.resources
    assert outcome.said("delivered").startswith(f"delivered: {EVENTS} of {EVENTS} in 1 request")
    [journal] = outcome.journals
    assert journal.name.endswith(".delivered.jsonl")


@contextlib.contextmanager
def refused() -> Iterator[str]:
    """A port that nobody listens on."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{nobody.getsockname()[1]}"


@contextlib.contextmanager
def unknown() -> Iterator[str]:
    """A name that no server has (RFC 2606)."""
    yield "https://nowhere.invalid"


@contextlib.contextmanager
def unheard() -> Iterator[str]:
    """A port whose listener is busy: connections are never made."""
    with socket.socket() as busy, contextlib.ExitStack() as queue:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        for _ in range(8):
            waiting = queue.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(busy.getsockname())
        yield f"http://127.0.0.1:{busy.getsockname()[1]}"


@contextlib.contextmanager
def mute() -> Iterator[str]:
    """A connection is made, and no handshake."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"


@contextlib.contextmanager
def without_tls() -> Iterator[str]:
    """TLS is expected of a server that speaks none."""
    with IntakeServer() as server:
        yield server.url.replace("http:", "https:")


@contextlib.contextmanager
def untrusted() -> Iterator[str]:
    """The certificate is nobody's."""
    with tls_server() as server:
        yield server.url


def tls_server() -> IntakeServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return IntakeServer(tls=context)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (refused, "Connection refused"),
        (unknown, "no answer from nowhere.invalid"),
        (unheard, "no answer"),
        (mute, "no answer"),
        (without_tls, "no answer"),
        (untrusted, "is not trusted"),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_a_server_that_cannot_be_reached_costs_no_more_than_the_deadline_and_no_event(
    place: Callable[[], contextlib.AbstractContextManager[str]], words: str, plain: Project
) -> None:
    with place() as url:
        outcome = run(plain, env={**KEY, "DDCI_URL": url})
    check_kept(plain, outcome, words)


def test_a_resolver_that_never_answers_costs_no_more_than_the_deadline(plain: Project) -> None:
    plain.write(
        conftest="""
            import socket, time
            socket.getaddrinfo = lambda *a, **k: time.sleep(60)
        """
    )
    outcome = run(plain, env={**KEY, "DDCI_URL": "http://intake.example"})
    check_kept(plain, outcome, "no answer in time")


def test_a_certificate_that_the_environment_trusts_is_trusted(plain: Project) -> None:
    with tls_server() as server:
        outcome = run(plain, server, {"SSL_CERT_FILE": str(CERTIFICATE)})
        assert server.resources == outcome.resources
    assert outcome.said("delivered").startswith(f"delivered: {EVENTS} of {EVENTS}")


def test_announcement_and_delivery_each_keep_to_their_time(plain: Project) -> None:
    plain.write(test_a=PASSING)
    begun = time.monotonic()
    with IntakeServer([Fault("hang")] * 99) as server:
        outcome = plain.run(f"--ddci-timeout={TIMEOUT}", "--ddci-on-failure=fail", server=server)
    took = time.monotonic() - begun
    outcome.check()
    assert outcome.exit_status == 1
    assert took < START_UP + 2.0 + TIMEOUT
    assert "not announced" in outcome.said("the running pipeline")


@pytest.mark.parametrize(
    "fault", [Fault("hang"), Fault("drip"), Fault(status=429)], ids=lambda fault: fault.action
)
def test_sending_later_keeps_to_its_time_too(fault: Fault, plain: Project) -> None:
    plain.write(test_a=PASSING)
    kept = plain.run()
    begun = time.monotonic()
    with IntakeServer([fault] * 99) as server:
        done = plain.ddci("send", f"--timeout={TIMEOUT}", server=server)
    assert time.monotonic() - begun < START_UP + TIMEOUT
    assert (done.returncode, done.stderr) == (1, "")
    assert f"0 of {EVENTS} events delivered, {EVENTS} kept (" in done.stdout
    with IntakeServer() as server:
        assert plain.ddci("send", server=server).returncode == 0
        assert server.resources == kept.resources
