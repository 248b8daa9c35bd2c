from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.batches import MAX_BYTES
from pytest_ddci.clock import Deadline
from pytest_ddci.delivery import DeliveryReport, announce, deliver, settle
from pytest_ddci.errors import JournalError
from pytest_ddci.journal import Journal
from pytest_ddci.lines import BadLine, ControlLine, EventLine
from pytest_ddci.receipt import Receipt, Rejection
from tests.fakes import FakeClock
from tests.wire import START_NS, event, event_lines, header, ids, started

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_ddci.lines import Line


class FakeIntake:
    """Accepts everything and remembers batches in the order in which they arrived."""

    def __init__(self) -> None:
        self.batches: list[list[EventLine]] = []
        self.attempts: list[int] = []
        self.closed = threading.Event()
        self._guard = threading.Lock()

    def send(self, batch: Sequence[EventLine], deadline: Deadline, *, attempts: int = 5) -> Receipt:
        assert not deadline.passed
        with self._guard:
            self.batches.append(list(batch))
            self.attempts.append(attempts)
        return self.answer(tuple(batch))

    def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
        return Receipt(delivered=batch, requests=1, sent_bytes=10)

    def close(self) -> None:
        self.closed.set()

    @property
    def levels(self) -> list[list[str]]:
        return [[line.level for line in batch] for batch in self.batches]


def run_of(jobs: int, stages: int = 1) -> list[EventLine]:
    return event_lines(
        [
            *(event("job", f"j{number}") for number in range(jobs)),
            *(event("stage", f"s{number}") for number in range(stages)),
            event("pipeline"),
        ]
    )


def flush(
    lines: Sequence[Line] | Iterator[Line],
    intake: FakeIntake,
    seconds: float = 30,
    clock: FakeClock | None = None,
    parallel: int = 4,
) -> DeliveryReport:
    clock = clock or FakeClock()
    return deliver(lines, intake, Deadline.after(seconds, clock), clock, parallel=parallel)


def test_a_small_run_is_one_request_with_the_pipeline_last() -> None:
    intake = FakeIntake()
    lines = event_lines([event("pipeline"), event("stage"), event("job"), event("step")])
    report = flush(lines, intake)
    assert intake.levels == [["job", "step", "stage", "pipeline"]]
    assert report.accounting.complete
    assert report.accounting.requests == 1


def test_a_large_run_ends_with_stages_and_the_pipeline_in_one_request() -> None:
    intake = FakeIntake()
    flush(run_of(2_500, 3), intake)
    assert intake.levels[-1] == ["stage", "stage", "stage", "pipeline"]
    assert sorted(len(batch) for batch in intake.batches) == [4, 500, 1_000, 1_000]


def test_jobs_that_just_fit_do_not_draw_the_pipeline_forward() -> None:
    intake = FakeIntake()
    flush(run_of(1_000), intake)
    assert intake.levels == [["job"] * 1_000, ["stage", "pipeline"]]


def test_many_stages_arrive_before_the_pipeline() -> None:
    intake = FakeIntake()
    flush(run_of(1_001, 1_500), intake)
    assert [set(each) for each in intake.levels[-2:]] == [{"stage"}, {"stage", "pipeline"}]
    assert intake.levels[-1][-1] == "pipeline"


def test_a_run_of_stages_alone_is_sent_too() -> None:
    intake = FakeIntake()
    flush(run_of(0, 1_200), intake)
    assert [len(batch) for batch in intake.batches] == [1_000, 201]


def test_at_most_so_many_batches_are_under_way_at_once() -> None:
    meeting = threading.Barrier(2)

    class Counting(FakeIntake):
        most = now = 0

        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            with self._guard:
                self.now += 1
                self.most = max(self.most, self.now)
            if batch[0].level == "job":
                meeting.wait(5)
            with self._guard:
                self.now -= 1
            return super().answer(batch)

    intake = Counting()
    report = flush(run_of(4_000), intake, parallel=2)
    assert intake.most == 2
    assert report.accounting.complete


def test_only_events_are_sent_and_counted() -> None:
    intake = FakeIntake()
    lines: list[Line] = [
        ControlLine(0, "started", started("a")),
        *event_lines([event("job")]),
        BadLine(900, 3, "garbage"),
    ]
    assert flush(lines, intake).accounting.emitted == 1
    assert len(intake.batches[0]) == 1


def test_without_events_nothing_is_sent() -> None:
    intake = FakeIntake()
    assert flush([], intake).accounting.emitted == 0
    assert intake.batches == []


def test_an_event_no_request_can_carry_is_rejected_unsent() -> None:
    intake = FakeIntake()
    lines = event_lines([event("job", name="x" * MAX_BYTES), event("job", "b")])
    report = flush(lines, intake)
    assert ids(intake.batches[0]) == ["b"]
    [rejection] = report.rejected
    assert rejection.status == 413
    assert "4,500,000" in rejection.detail
    assert report.accounting.rejected == 1
    assert report.delivered == ((lines[1].offset, lines[1].end),)


def test_what_is_left_at_the_deadline_is_kept() -> None:
    clock = FakeClock()

    class Slow(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            clock.advance(20)
            return super().answer(batch)

    intake = Slow()
    report = flush(run_of(3_000), intake, 30, clock, parallel=1)
    assert len(intake.batches) == 2
    assert report.accounting.emitted == 3_002
    assert report.accounting.delivered == 2_000
    assert report.accounting.kept == 1_002
    assert report.accounting.problem == "no time was left"


def test_nothing_is_sent_when_no_time_is_left_at_all() -> None:
    intake = FakeIntake()
    report = flush(run_of(3), intake, 0)
    assert intake.batches == []
    assert report.accounting.kept == 5


def test_a_batch_that_never_comes_back_is_left_behind_and_the_intake_closed() -> None:
    clock = FakeClock()

    class Silent(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            clock.advance(31)
            released.wait(5)
            return super().answer(batch)

    released = threading.Event()
    intake = Silent()
    report = flush(run_of(3), intake, 30, clock)
    assert intake.closed.is_set()
    assert report.accounting.kept == 5
    assert report.accounting.problem == "no answer in time"
    released.set()


def test_a_batch_interrupted_at_the_deadline_may_still_tell_what_it_achieved() -> None:
    clock = FakeClock()

    class Interrupted(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            clock.advance(31)
            assert self.closed.wait(5)
            return Receipt(delivered=batch[:2], kept=batch[2:], problem="closed", requests=1)

    report = flush(run_of(3), Interrupted(), 30, clock)
    assert (report.accounting.delivered, report.accounting.kept) == (2, 3)


def test_an_error_of_ours_keeps_the_events_and_shows_no_secret() -> None:
    class Broken(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            raise ValueError(f"the key is s3cr3t, the batch {batch}")

    report = flush(run_of(1), Broken())
    assert report.accounting.kept == 3
    assert report.accounting.problem == "internal error: ValueError"


def test_an_interrupted_flush_closes_the_intake_and_lets_the_interrupt_through() -> None:
    def lines() -> Iterator[EventLine]:
        yield from run_of(1)
        raise KeyboardInterrupt

    intake = FakeIntake()
    with pytest.raises(KeyboardInterrupt):
        flush(lines(), intake)
    assert intake.closed.is_set()


def test_no_thread_outlives_a_flush_that_ended_in_time() -> None:
    before = set(threading.enumerate())
    flush(run_of(3_000), FakeIntake())
    left = [each for each in threading.enumerate() if each not in before]
    for each in left:
        each.join(5)
    assert not any(each.is_alive() for each in left)


def test_progress_is_told_at_most_four_times_a_second() -> None:
    clock = FakeClock()

    class Timed(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            clock.advance(0.1)
            return super().answer(batch)

    told: list[tuple[int, int, str]] = []
    deliver(
        run_of(6_000),
        Timed(),
        Deadline.after(30, clock),
        clock,
        parallel=1,
        progress=lambda done, read: told.append((done, read, threading.current_thread().name)),
    )
    assert [done for done, _, _ in told] == [3_000, 6_000]
    assert all(done <= read for done, read, _ in told)
    assert {name for _, _, name in told} == {threading.current_thread().name}


def test_the_time_a_flush_took_is_in_the_books() -> None:
    clock = FakeClock()

    class Timed(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            clock.advance(1.5)
            return super().answer(batch)

    assert flush(run_of(1), Timed(), clock=clock).accounting.seconds == 1.5


def test_an_announcement_is_one_event_and_one_attempt() -> None:
    intake, clock = FakeIntake(), FakeClock()
    receipt = announce(event("pipeline", status="running"), intake, Deadline.after(2, clock))
    assert len(receipt.delivered) == 1
    assert intake.attempts == [1]
    assert not intake.closed.is_set()


def test_an_announcement_nobody_answers_is_given_up() -> None:
    clock, released = FakeClock(), threading.Event()

    class Silent(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            clock.advance(3)
            released.wait(5)
            return super().answer(batch)

    intake = Silent()
    receipt = announce(event("pipeline"), intake, Deadline.after(2, clock))
    assert len(receipt.kept) == 1
    assert receipt.problem == "no answer in time"
    assert intake.closed.is_set()
    released.set()


def test_an_interrupted_announcement_closes_the_intake() -> None:
    class Impatient(FakeClock):
        def now_ns(self) -> int:
            if intake.batches:
                raise KeyboardInterrupt
            return super().now_ns()

    class Silent(FakeIntake):
        def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
            self.closed.wait(5)
            return super().answer(batch)

    intake = Silent()
    with pytest.raises(KeyboardInterrupt):
        announce(event("pipeline"), intake, Deadline.after(2, Impatient()))
    assert intake.closed.is_set()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal.create(tmp_path, header(), start_ns=START_NS)
    made.append([event("job", "a"), event("job", "b"), event("pipeline")])
    yield made
    made.close()


class Choosy(FakeIntake):
    """Delivers, rejects and keeps by the id of a job."""

    def __init__(self, rejects: str = "", keeps: str = "") -> None:
        super().__init__()
        self.rejects, self.keeps = rejects, keeps

    def answer(self, batch: tuple[EventLine, ...]) -> Receipt:
        named = list(zip(ids(batch), batch, strict=True))
        return Receipt(
            delivered=tuple(e for id_, e in named if id_ not in {self.rejects, self.keeps}),
            rejected=tuple(
                Rejection(e.offset, 400, "bad") for id_, e in named if id_ == self.rejects
            ),
            kept=tuple(e for id_, e in named if id_ == self.keeps),
            problem="trouble",
        )


def last_line(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes().splitlines()[-1])
    return found


def test_a_delivered_journal_becomes_history_with_its_verdicts(journal: Journal) -> None:
    report = flush(journal.lines(), FakeIntake())
    path = settle(journal, report, START_NS)
    assert path.name.endswith(".delivered.jsonl")
    line = last_line(path)
    assert (line["ddci"], line["at"]) == ("verdicts", "2027-01-15T08:00:00.000000Z")
    [[start, end]] = line["delivered"]
    assert path.read_bytes()[start:end] == b"".join(
        each + b"\n" for each in (event("job", "a"), event("job", "b"), event("pipeline"))
    )


def test_a_journal_with_events_left_stays_where_it_is(journal: Journal) -> None:
    before = journal.path
    report = flush(journal.lines(), Choosy(keeps="b"))
    assert settle(journal, report, START_NS) == before
    [first, last] = last_line(before)["delivered"]
    data = before.read_bytes()
    assert data[slice(*first)] == event("job", "a") + b"\n"
    assert data[slice(*last)] == event("pipeline") + b"\n"


def test_rejected_events_are_remembered_and_kept_aside(journal: Journal) -> None:
    report = flush(journal.lines(), Choosy(rejects="b"))
    path = settle(journal, report, START_NS)
    offset = path.read_bytes().index(event("job", "b"))
    assert path.name.endswith(".delivered.jsonl")
    assert last_line(path)["rejected"] == [{"offset": offset, "status": 400, "detail": "bad"}]
    aside = path.with_name(path.name.replace(".delivered.", ".rejected."))
    assert json.loads(aside.read_bytes())["event"] == json.loads(event("job", "b"))


def test_a_journal_is_closed_even_if_it_cannot_be_settled(journal: Journal) -> None:
    report = flush(journal.lines(), FakeIntake())
    journal.path.unlink()
    with pytest.raises(JournalError, match="cannot rename"):
        settle(journal, report, START_NS)
    with pytest.raises(JournalError, match="closed"):
        journal.note(b"{}")
