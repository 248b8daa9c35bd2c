"""Reports of pytest, xdist and other plugins as facts; every attribute may be missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci import stamp
from pytest_ddci.facts import (
    CollectionFailed,
    CollectionSkipped,
    Failure,
    Outcome,
    Phase,
    PhaseEnded,
    Place,
    Source,
    SubtestEnded,
    WorkerCrashed,
    WorkerDescribed,
)
from pytest_ddci.observe import observe_collection, observe_test
from pytest_ddci.stamp import Stamp

if TYPE_CHECKING:
    from pytest_ddci.facts import Fact

NOW = 5_000_000_000
NODEID = "a.py::test_a"


def report(**changes: object) -> Any:  # noqa: ANN401 - stands in for classes of three plugins
    made: dict[str, object] = {
        "nodeid": NODEID,
        "outcome": "passed",
        "longrepr": None,
        "when": "call",
        "user_properties": [],
        "location": ("a.py", 6, "test_a"),
        stamp.ATTRIBUTE: stamp.encode(Stamp(start_ns=10, end_ns=30, took_ns=5)),
    }
    return SimpleNamespace(**{**made, **changes})


def phase(**changes: object) -> PhaseEnded:
    (fact,) = observe_test(report(**changes), NOW)
    assert isinstance(fact, PhaseEnded)
    return fact


def test_a_phase_has_the_times_of_its_stamp() -> None:
    fact = phase()
    assert (fact.phase, fact.outcome) == (Phase.CALL, Outcome.PASSED)
    assert (fact.start_ns, fact.end_ns) == (10, 30)


def test_a_report_without_a_stamp_has_what_pytest_timed() -> None:
    fact = phase(**{stamp.ATTRIBUTE: None, "duration": 2.0})
    assert (fact.start_ns, fact.end_ns) == (3_000_000_000, NOW)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"outcome": "failed"}, Outcome.FAILED),
        ({"outcome": "skipped"}, Outcome.SKIPPED),
        ({"outcome": "skipped", "wasxfail": ""}, Outcome.XFAILED),
        ({"outcome": "passed", "wasxfail": ""}, Outcome.XPASSED),
        ({"outcome": "failed", "wasxfail": "x"}, Outcome.FAILED),
        ({"outcome": "rerun"}, Outcome.RERUN),
        ({"outcome": "retried"}, Outcome.RERUN),
        ({"outcome": "who knows"}, Outcome.FAILED),
    ],
    ids=str,
)
def test_outcomes_are_told_apart(changes: dict[str, object], outcome: Outcome) -> None:
    assert phase(**changes).outcome is outcome


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": "skipped", "longrepr": ("a.py", 3, "Skipped: not today")}, "not today"),
        ({"outcome": "skipped", "longrepr": "Skipped: plain"}, "plain"),
        ({"outcome": "skipped", "wasxfail": "reason: known bug"}, "known bug"),
        ({"outcome": "skipped", "longrepr": None}, ""),
        ({"outcome": "passed"}, ""),
    ],
    ids=str,
)
def test_reasons_lose_pytests_prefixes(changes: dict[str, object], reason: str) -> None:
    assert phase(**changes).reason == reason


def test_a_failure_is_the_one_captured_where_the_test_ran() -> None:
    captured = Failure("ValueError", "no", "stack")
    text = stamp.encode(Stamp(start_ns=1, end_ns=2, failure=captured))
    assert phase(outcome="failed", longrepr="other", **{stamp.ATTRIBUTE: text}).failure == captured


def test_a_strict_xpass_has_no_exception_and_is_named() -> None:
    fact = phase(outcome="failed", longrepr="[XPASS(strict)] must fail")
    assert fact.failure == Failure("XPassStrict", "[XPASS(strict)] must fail")


def test_a_crash_names_the_worker_of_its_node() -> None:
    node = SimpleNamespace(gateway=SimpleNamespace(id="gw1"))
    crash = report(when="???", outcome="failed", longrepr="gw1 crashed", node=node)
    assert list(observe_test(crash, NOW)) == [
        WorkerCrashed(
            nodeid=NODEID,
            at_ns=NOW,
            worker="gw1",
            message="gw1 crashed",
            source=Source("a.py", 7),
        )
    ]


def test_the_first_report_of_a_worker_says_where_it_runs() -> None:
    place = Place(hostname="h", labels=("os:linux",), tags={"runtime.name": "CPython"})
    text = stamp.encode(Stamp(start_ns=1, end_ns=2, place=place))
    first, _ = observe_test(report(worker_id="gw0", **{stamp.ATTRIBUTE: text}), NOW)
    assert first == WorkerDescribed(worker="gw0", place=place)


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [
        ({"i": "1"}, "[m] (i=1)"),
        ({"i": "'1'"}, "[m] (i=1)"),
        ({"i": 1}, "[m] (i=1)"),
        ({"i": "'a'"}, "[m] (i=a)"),
        ({"i": "\"'a'\""}, "[m] (i=a)"),
        ({"i": "'"}, "[m] (i=')"),
        ({"i": "'a' 'b'"}, "[m] (i=ab)"),
        ({}, "[m]"),
    ],
    ids=str,
)
def test_a_subtest_has_one_name_with_and_without_xdist(
    kwargs: dict[str, object], name: str
) -> None:
    context = SimpleNamespace(msg="m", kwargs=kwargs)
    (fact,) = observe_test(report(context=context), NOW)
    assert isinstance(fact, SubtestEnded)
    assert fact.name == name
    assert (fact.start_ns, fact.end_ns) == (25, 30)


def test_a_subtest_without_words_has_a_name() -> None:
    (fact,) = observe_test(report(context=SimpleNamespace(msg=None, kwargs={})), NOW)
    assert isinstance(fact, SubtestEnded)
    assert fact.name == "(<subtest>)"


def test_properties_that_are_no_pairs_are_left_out() -> None:
    fact = phase(user_properties=[("a", 1), "ab", ("b", object), None])
    assert fact.properties == (("a", "1"), ("b", "<class 'object'>"))


@pytest.mark.parametrize("when", ["collect", None, "other"])
def test_a_report_of_no_phase_is_no_fact(when: object) -> None:
    assert list(observe_test(report(when=when), NOW)) == []


@pytest.mark.parametrize(
    ("longrepr", "failure"),
    [
        (
            "a.py:1: in <module>\nE   ImportError: no module x",
            Failure("ImportError", "ImportError: no module x"),
        ),
        ("just words", Failure("CollectError", "just words")),
    ],
    ids=["marked", "unmarked"],
)
def test_a_collection_error_is_named_by_its_last_line(longrepr: str, failure: Failure) -> None:
    fact = observe_collection(report(outcome="failed", longrepr=longrepr), NOW)
    assert isinstance(fact, CollectionFailed)
    assert (fact.failure.type, fact.failure.message) == (failure.type, failure.message)
    assert fact.failure.stack == longrepr


def test_a_skipped_module_is_a_fact_and_a_collected_one_is_not() -> None:
    skipped = report(outcome="skipped", longrepr=("a.py", 1, "Skipped: no db"))
    fact: Fact | None = observe_collection(skipped, NOW)
    assert fact == CollectionSkipped(nodeid=NODEID, at_ns=NOW, reason="no db")
    assert observe_collection(report(), NOW) is None
