"""Attempts that pass without a word are observed as a whole, all others phase by phase."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci import stamp
from pytest_ddci.calm_reports import CalmReports
from pytest_ddci.facts import AttemptPassed, Outcome, Phase, PhaseEnded, Source, TestInfo
from pytest_ddci.observe import observe_test
from pytest_ddci.stamp import Stamp
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pytest_ddci.facts import Fact

NODEID = "a.py::test_a"
INFO = TestInfo(source=Source("a.py", 3), parameters={"n": "1"})


def report(when: str, **changes: object) -> Any:  # noqa: ANN401 - stands in for pytest's class
    at = 10 * list(Phase).index(Phase(when))
    value: list[Any] = [at, at + 10]
    made: dict[str, object] = {
        "nodeid": NODEID,
        "outcome": "passed",
        "longrepr": None,
        "when": when,
        "user_properties": [],
        stamp.ATTRIBUTE: [*value, "a.py", 3, {"n": "1"}, {}] if when == "setup" else value,
    }
    return SimpleNamespace(**{**made, **changes})


def attempt(**changes: object) -> list[Any]:
    return [report(phase.value, **changes) for phase in Phase]


def taken(*reports: object) -> list[Fact]:
    calm, clock = CalmReports(), FakeClock()
    copies: list[Any] = [SimpleNamespace(**vars(each)) for each in reports]
    return [fact for each in copies for fact in calm.take(each, clock)]


def one_by_one(*reports: Any) -> list[Fact]:  # noqa: ANN401 - stand-ins
    return [fact for each in reports for fact in observe_test(each, FakeClock().now_ns())]


def test_three_phases_that_passed_are_one_fact() -> None:
    assert taken(*attempt()) == [AttemptPassed(NODEID, (0, 10, 10, 20, 20, 30), "", INFO)]


def test_the_one_fact_says_what_the_three_would() -> None:
    (fact,) = taken(*attempt())
    assert isinstance(fact, AttemptPassed)
    assert fact.phases() == one_by_one(*attempt())


def test_nothing_is_said_before_the_attempt_is_over() -> None:
    setup, call, _ = attempt()
    assert taken(setup, call) == []


def test_what_waits_can_be_asked_for_and_is_said_once() -> None:
    calm, clock = CalmReports(), FakeClock()
    setup, call, _ = attempt()
    expected = one_by_one(setup, call)
    assert [*calm.take(setup, clock), *calm.take(call, clock)] == []
    assert list(calm.release(0)) == expected
    assert list(calm.release(0)) == []


LOUD: dict[str, dict[str, object]] = {
    "failed": {"outcome": "failed", "longrepr": "no"},
    "skipped": {"outcome": "skipped", "longrepr": ("a.py", 1, "Skipped: no")},
    "expected to fail": {"wasxfail": "reason: known"},
    "a property": {"user_properties": [("key", "value")]},
    "a subtest": {"context": SimpleNamespace(msg="m", kwargs={})},
    "a rerun": {"outcome": "rerun", "longrepr": "no"},
    "notes": {stamp.ATTRIBUTE: stamp.encode(Stamp(10, 20, 5))},
    "no stamp": {stamp.ATTRIBUTE: None, "duration": 0.0},
}


@pytest.mark.parametrize("said", LOUD.values(), ids=LOUD)
@pytest.mark.parametrize("when", list(Phase))
def test_where_one_phase_says_more_all_are_observed_one_by_one(
    when: Phase, said: dict[str, object]
) -> None:
    reports = [report(phase.value, **(said if phase is when else {})) for phase in Phase]
    assert taken(*reports) == one_by_one(*reports)


def test_reports_of_several_workers_do_not_meet() -> None:
    first, second = attempt(worker_id="gw0"), attempt(worker_id="gw1")
    facts = taken(*(each for pair in zip(first, second, strict=True) for each in pair))
    assert [fact.worker for fact in facts if isinstance(fact, AttemptPassed)] == ["gw0", "gw1"]
    assert len(facts) == 2


def test_a_setup_whose_attempt_never_ends_is_said_when_the_next_begins() -> None:
    lost, other = report("setup"), attempt(nodeid="a.py::test_b")
    first, *rest = taken(lost, *other)
    assert first == one_by_one(lost)[0]
    assert [fact for fact in rest if isinstance(fact, PhaseEnded)] == one_by_one(*other)


def test_a_crash_says_first_what_its_worker_had_reported() -> None:
    setup = report("setup", worker_id="gw0")
    crash = report("call", outcome="failed", longrepr="died", worker_id="gw0")
    crash.when = "???"
    passed, crashed = taken(setup, crash)
    assert isinstance(passed, PhaseEnded)
    assert (passed.phase, passed.outcome) == (Phase.SETUP, Outcome.PASSED)
    assert type(crashed).__name__ == "WorkerCrashed"


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_nothing_of_ours_stays_on_a_report(outcome: str) -> None:
    calm, clock = CalmReports(), FakeClock()
    reports = attempt(outcome=outcome, longrepr="no")
    assert [fact for each in reports for fact in calm.take(each, clock)]
    assert not [each for each in reports if hasattr(each, stamp.ATTRIBUTE)]
