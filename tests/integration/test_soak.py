"""A long time with a bad server: nothing is lost, nothing is made up, nothing arrives changed."""

from __future__ import annotations

import json
import random
import ssl
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

from pytest_ddci.clock import Deadline, SystemClock
from pytest_ddci.delivery import deliver, settle
from pytest_ddci.intake import Intake
from pytest_ddci.journal import Journal, read_journal
from pytest_ddci.lines import EventLine
from pytest_ddci.resend import resend
from pytest_ddci.shelf import entries
from tests.faults import Fault
from tests.intake_server import KEY, IntakeServer, RefusalError
from tests.wire import event, events_of, header, started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

FAULTY = 0.3
"""How much of the requests goes wrong."""

MOST_BYTES = 3_000
"""What the server takes at once."""

MOST_EVENTS = 8
"""What is sent at once; so few that a run of a few dozen events is many requests."""

SLOW = b"HTTP/1.1 503 \r\n\r\n"
HTML = b"<!doctype html><title>Log in</title>"

KINDS: list[tuple[int, Fault]] = [
    *((4, Fault(status=status)) for status in (408, 500, 502, 503, 504)),
    (4, Fault(status=429)),
    (4, Fault(status=429, headers={"Retry-After": "1"})),
    (1, Fault(status=429, headers={"X-RateLimit-Reset": "3600"})),
    (1, Fault(status=401)),
    (1, Fault(status=403, body=HTML)),
    (1, Fault(status=404)),
    (2, Fault(status=307, headers={"Location": "/api/v2/ci/pipeline"})),
    (2, Fault(status=200, body=HTML)),
    (2, Fault(status=204)),
    (2, Fault("cut", status=200)),
    (2, Fault("cut", status=200, body=b" ")),
    (2, Fault("flood", status=200)),
    (2, Fault("flood", status=500)),
    (4, Fault("drop")),
    (4, Fault("reset")),
    (4, Fault("part")),
    (4, Fault("cut_reset", status=500)),
    (4, Fault("garbage", body=b"\x15\x03\x01\x00\x02\x02\x16")),
    (1, Fault("hang")),
    (1, Fault("drip", body=SLOW)),
    (1, Fault("drip_body", status=503, body=b'{"e')),
    (1, Fault("continue", seconds=0.1)),
    (4, Fault("leave", status=202)),
    # From here on the events are accepted, and the client may never hear of it.
    (6, Fault("drop", status=202)),
    (6, Fault("reset", status=202)),
    (4, Fault("part", status=202)),
    (4, Fault("cut", status=202)),
    (4, Fault("cut_reset", status=202)),
    (4, Fault("garbage", status=202, body=b"HTTP/1.1 099 ?\r\n\r\n")),
    (2, Fault("flood", status=202)),
    (1, Fault("hang", status=202)),
    (1, Fault("continue", status=202, seconds=0.1)),
]


class Brisk(SystemClock):
    """The real time, but nobody sleeps for long."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.003))


@dataclass
class Soak:
    """Runs that end one after the other, and what becomes of their events."""

    directory: Path
    server: IntakeServer
    random: random.Random
    clock: Brisk = field(default_factory=Brisk)
    written: set[bytes] = field(default_factory=set)
    poisoned: set[bytes] = field(default_factory=set)
    rounds: int = 0

    def a_run_ends(self, number: int) -> None:
        """A run writes its events and tries to deliver them; now and then it is killed."""
        now = self.clock.now_ns()
        journal = Journal.create(self.directory, header(now), start_ns=now)
        lines = [*self.jobs(number, now)]
        killed = self.random.random() < 0.1
        if killed:
            journal.note(started(f"r{number}.open", now))
        else:
            lines += [event("stage", "s-1", now, name=f"r{number}"), self.pipeline(number, now)]
        journal.append(lines)
        self.written.update(lines)
        if not killed:
            with self.intake() as intake:
                report = deliver(journal.lines(), intake, self.deadline(), self.clock)
            if self.random.random() < 0.95:
                settle(journal, report, self.clock.now_ns())
        # Else it was killed with the answers in its memory.
        journal.close()

    def jobs(self, number: int, now: int) -> Iterator[bytes]:
        for each in range(self.random.randint(20, 60)):
            id_ = f"r{number}.{each}"
            if self.random.random() < 0.01:
                self.poisoned.add(event("job", id_, now, name="poison"))
                yield event("job", id_, now, name="poison")
            else:
                yield event("job", id_, now, name="x" * self.random.randint(1, 60))

    def pipeline(self, number: int, now: int) -> bytes:
        return event("pipeline", at_ns=now, unique_id=f"p-{number}")

    def send_again(self) -> None:
        """What `ddci send` does."""
        self.rounds += 1
        self.server.key = KEY if self.random.random() < 0.9 else "another"
        for sent in resend([self.directory], self.intake, self.clock, self.deadline()):
            assert sent.outcome in {"settled", "kept"}, sent.words
            assert sent.damaged is False
        self.server.key = KEY

    def intake(self) -> Intake:
        # No certificates are read: an intake is made for every flush.
        transport = httpx.HTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return Intake(
            self.server.url,
            KEY,
            clock=self.clock,
            transport=transport,
            jitter=lambda: 0.0,
            patience=0.3,
        )

    def deadline(self) -> Deadline:
        hurried = self.random.random() < 0.1
        return Deadline.after(self.random.uniform(0.01, 0.1) if hurried else 5.0, self.clock)

    def pending(self) -> int:
        return sum(entry.state == "undelivered" for entry in entries(self.directory))

    def in_journals(self) -> list[bytes]:
        """Every event that there is in the end, also those made up for killed runs."""
        return [
            line.data
            for entry in entries(self.directory)
            if entry.state == "delivered"
            for line in read_journal(entry.path)
            if isinstance(line, EventLine)
        ]

    def set_aside(self) -> list[bytes]:
        aside = [entry.path for entry in entries(self.directory) if entry.state == "rejected"]
        lines = [line for path in aside for line in path.read_bytes().splitlines()]
        return [
            json.dumps(json.loads(line)["event"], separators=(",", ":")).encode() for line in lines
        ]


def script(rng: random.Random, played: list[Fault]) -> Iterator[Fault | None]:
    """Faults without end, each noted when it is asked for."""
    weights = [weight for weight, _ in KINDS]
    while True:
        if rng.random() < FAULTY:
            _, fault = rng.choices(KINDS, weights)[0]
            played.append(fault)
            yield fault
        else:
            yield None


def picky(server: IntakeServer) -> None:
    """Let the server refuse batches that are too large and events that are poisoned."""
    check = server.check

    def checked(path: str, headers: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
        events = check(path, headers, body)
        if len(body) > MOST_BYTES and len(events) > 1:
            raise RefusalError(413, "too large")
        if b'"poison"' in body:
            raise RefusalError(400, "poisoned")
        return events

    server.check = checked  # type: ignore[method-assign] # a stricter server


@pytest.mark.parametrize(
    ("seed", "requests"),
    [
        (20261122, 2_000),
        *(pytest.param(seed, 10_000, marks=pytest.mark.long) for seed in (1, 2, 3)),
    ],
)
def test_after_thousands_of_faulty_requests_exactly_what_was_emitted_has_arrived(
    seed: int, requests: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    print(f"seed {seed}")  # noqa: T201 - to play the same faults again
    monkeypatch.setattr("pytest_ddci.batches.MAX_EVENTS", MOST_EVENTS)
    rng = random.Random(seed)  # noqa: S311 - a script, no secret
    played: list[Fault] = []
    faults = script(random.Random(seed + 1), played)  # noqa: S311 - as above
    with IntakeServer(faults) as server:
        picky(server)
        soak = Soak(tmp_path, server, rng)
        number = 0
        while len(server.seen) < requests or soak.pending():
            if len(server.seen) < requests:
                soak.a_run_ends(number)
                number += 1
            if rng.random() < 0.2 or len(server.seen) >= requests:
                soak.send_again()
            assert soak.rounds < requests, f"{soak.pending()} journals are never delivered"
    accepted = Counter(
        line for seen in server.seen if seen.status == 202 for line in events_of(seen.body)
    )
    emitted = soak.in_journals()
    assert soak.written <= {*emitted}
    assert len(emitted) == len({*emitted})
    assert {*accepted} == {*emitted} - soak.poisoned
    assert {*soak.set_aside()} == soak.poisoned
    repeated = sum(count - 1 for count in accepted.values())
    print(  # noqa: T201 - figures
        f"{len(server.seen)} requests, {len(played)} faults, {number} runs, {len(emitted)} events, "
        f"{repeated} of them again"
    )
    # What was meant to happen has happened.
    assert len(server.seen) >= requests
    assert len(played) > 0.2 * len(server.seen)
    assert all(fault in played for _, fault in KINDS)
    assert {401, 413, 400} <= {seen.status for seen in server.seen}
    assert repeated > 0
    assert soak.poisoned
