"""Who delivers: this process where it is what it was, else another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_ddci.accounting import Accounting
from pytest_ddci.clock import Deadline
from pytest_ddci.courier import CourierError
from pytest_ddci.delivery import DeliveryReport
from pytest_ddci.outbound import Outbound
from pytest_ddci.run_journal import RunJournal
from tests.fakes import FakeClock
from tests.unit.test_dispatch import FakeIntake, quiet
from tests.wire import START_NS, event, header

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ddci.courier import Courier

CHANGE = "socket.socket is not what it was before the tests"


class FakeCourier:
    """One that has its reasons, and delivers some of three events, or raises."""

    def __init__(self, reason: str = "", achieves: int | CourierError = 3) -> None:
        self._reason = reason
        self._achieves = achieves
        self.asked: list[Path] = []

    def reason(self) -> str:
        return self._reason

    def deliver(self, journal: Path, _: Deadline) -> DeliveryReport:
        self.asked.append(journal)
        if isinstance(self._achieves, CourierError):
            raise self._achieves
        books = Accounting(
            emitted=3,
            delivered=self._achieves,
            kept=3 - self._achieves,
            emitted_by_level={"job": 3},
            problem="refused elsewhere",
        )
        return DeliveryReport(books, delivered=((0, 9),) if self._achieves else ())


@pytest.fixture
def journal(tmp_path: Path) -> RunJournal:
    made = RunJournal.begin(tmp_path / "ddci", header(), start_ns=START_NS)
    made.append([event("job"), event("stage"), event("pipeline")])
    return made


class Case:
    """One delivery."""

    def __init__(self, intake: FakeIntake | Exception, courier: FakeCourier | None) -> None:
        def open_intake() -> Any:  # noqa: ANN401 - a stand-in
            if isinstance(intake, Exception):
                raise intake
            return intake

        self.clock = FakeClock()
        self.outbound = Outbound(open_intake, self.clock, cast("Courier | None", courier))

    def deliver(self, journal: RunJournal) -> Accounting:
        deadline = Deadline.after(30, self.clock)
        return self.outbound.deliver(journal, deadline, quiet).accounting


def unfit(word: str) -> FakeIntake:
    intake = FakeIntake(word)
    intake.unfit = True
    return intake


def test_a_process_that_is_what_it_was_delivers_by_itself(journal: RunJournal) -> None:
    courier = FakeCourier()
    case = Case(FakeIntake("deliver"), courier)
    assert case.deliver(journal).delivered == 3
    assert (courier.asked, case.outbound.notes) == ([], [])


def test_a_network_that_fails_is_no_reason_for_another_process(journal: RunJournal) -> None:
    courier = FakeCourier()
    assert Case(FakeIntake("keep"), courier).deliver(journal).kept == 3
    assert courier.asked == []


def test_a_changed_process_sends_nothing_itself(journal: RunJournal) -> None:
    intake, courier = FakeIntake("deliver"), FakeCourier(CHANGE)
    case = Case(intake, courier)
    assert case.deliver(journal).delivered == 3
    assert intake.seconds == []
    assert courier.asked == [journal.path]
    assert case.outbound.notes == [f"sent by another process: in this one {CHANGE}"]


def test_what_keeps_the_other_process_from_delivering_is_told(journal: RunJournal) -> None:
    case = Case(FakeIntake("deliver"), FakeCourier(CHANGE, achieves=0))
    books = case.deliver(journal)
    assert (books.kept, books.problem) == (3, "refused elsewhere")
    assert case.outbound.notes == []


def test_without_another_process_a_changed_one_keeps_everything(journal: RunJournal) -> None:
    case = Case(FakeIntake("deliver"), FakeCourier(CHANGE, CourierError("no more processes")))
    books = case.deliver(journal)
    assert (books.emitted, books.kept, books.problem) == (3, 3, CHANGE)
    assert case.outbound.notes == ["warning: no more processes"]


def test_where_none_is_to_be_had_a_process_does_what_it_can(journal: RunJournal) -> None:
    assert Case(FakeIntake("deliver"), None).deliver(journal).delivered == 3
    assert Case(unfit("keep"), None).deliver(journal).kept == 3


def test_an_error_here_is_none_where_another_process_delivers(journal: RunJournal) -> None:
    case = Case(ImportError("no module"), FakeCourier())
    assert case.deliver(journal).delivered == 3
    assert case.outbound.notes == ["sent by another process: in this one ImportError: no module"]


@pytest.mark.parametrize("courier", [None, FakeCourier(achieves=CourierError("nor there"))])
def test_an_error_that_no_other_process_makes_good_is_raised(
    courier: FakeCourier | None, journal: RunJournal
) -> None:
    with pytest.raises(TypeError, match="broken"):
        Case(TypeError("broken"), courier).deliver(journal)


def test_what_is_not_installed_keeps_everything(journal: RunJournal) -> None:
    books = Case(ImportError("no module named h11"), None).deliver(journal)
    assert (books.kept, books.problem) == (3, "ImportError: no module named h11")


def test_a_request_that_fails_of_this_process_is_made_by_another(journal: RunJournal) -> None:
    case = Case(unfit("keep"), FakeCourier())
    assert case.deliver(journal).delivered == 3
    assert case.outbound.notes == ["sent by another process: in this one refused"]


@pytest.mark.parametrize("achieves", [0, CourierError("nor there")])
def test_where_another_does_no_better_its_own_books_are_the_ones(
    achieves: int | CourierError, journal: RunJournal
) -> None:
    books = Case(unfit("keep"), FakeCourier(achieves=achieves)).deliver(journal)
    assert (books.kept, books.problem) == (3, "refused")


def test_what_is_in_memory_only_no_other_process_can_send(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    journal = RunJournal.begin(tmp_path / "taken" / "ddci", header(), start_ns=START_NS)
    journal.append([event("job"), event("stage"), event("pipeline")])
    courier = FakeCourier(CHANGE)
    assert Case(FakeIntake("deliver"), courier).deliver(journal).delivered == 3
    assert courier.asked == []
