"""Times are real ones, whatever a suite does to its clocks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.timestamps import parse_rfc3339
from tests.outcome import metrics

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.outcome import Outcome, Resource
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

# Times on the wire are microseconds, rounded down.
MICROSECOND = 1_000


class Stopwatch:
    """Real time around a run; nothing it reports may lie outside."""

    def __enter__(self) -> Stopwatch:  # noqa: PYI034 - 3.10 has no Self
        self.start_ns = time.time_ns()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.end_ns = time.time_ns()

    def check(self, outcome: Outcome) -> None:
        for each in outcome.resources:
            assert self.start_ns - MICROSECOND <= parse_rfc3339(each["start"]), each
            assert parse_rfc3339(each["end"]) <= self.end_ns, each
        for job in outcome.jobs:
            assert all(value >= 0 for value in metrics(job).values()), job
            assert total(outcome, job) <= length(job), job


def length(resource: Resource) -> int:
    return parse_rfc3339(resource["end"]) - parse_rfc3339(resource["start"])


def total(outcome: Outcome, job: Resource) -> int:
    """The sum of the phases."""
    phases = ("setup", "call", "teardown")
    return sum(length(step) for step in outcome.steps_of(job) if step["name"] in phases)


FREEZING = {
    "fixture": """
        import datetime, pytest
        from freezegun import freeze_time

        @pytest.fixture
        def frozen():
            with freeze_time("1985-10-26"): yield

        def test_past(frozen): assert datetime.datetime.now().year == 1985
        def test_now(): pass
    """,
    "test": """
        import datetime
        from freezegun import freeze_time

        @freeze_time("1985-10-26")
        def test_past(): assert datetime.datetime.now().year == 1985
        def test_now(): pass
    """,
    "class": """
        import datetime
        from freezegun import freeze_time

        @freeze_time("1985-10-26")
        class TestPast:
            def test_one(self): assert datetime.datetime.now().year == 1985
            def test_two(self): pass
    """,
    "session": """
        import datetime, pytest
        from freezegun import freeze_time

        @pytest.fixture(scope="session", autouse=True)
        def frozen():
            with freeze_time("1985-10-26"): yield

        def test_past(): assert datetime.datetime.now().year == 1985
        def test_still(): pass
    """,
    "leaked": """
        from freezegun import freeze_time

        def test_leaks(): freeze_time("1985-10-26").start()
        def test_after(): pass
    """,
}

TRAVELLING = {
    "fixture": """
        import datetime, pytest, time_machine

        @pytest.fixture
        def moved():
            with time_machine.travel("2085-10-26", tick=False): yield

        def test_future(moved): assert datetime.datetime.now().year == 2085
        def test_now(): pass
    """,
    "test": """
        import datetime, time_machine

        @time_machine.travel("1985-10-26")
        def test_past(): assert datetime.datetime.now().year == 1985
        def test_now(): pass
    """,
    "class": """
        import datetime, time_machine, unittest

        @time_machine.travel("1985-10-26")
        class TestPast(unittest.TestCase):
            def test_one(self): assert datetime.datetime.now().year == 1985
            def test_two(self): pass
    """,
    "back and forth": """
        import time_machine

        def test_hours():
            with time_machine.travel(0) as traveller:
                for hours in (5, -9): traveller.shift(hours * 3600)
        def test_now(): pass
    """,
    "leaked": """
        import time_machine

        def test_leaks(): time_machine.travel("1985-10-26").start()
        def test_after(): pass
    """,
}

MOCKED = {
    "restored": """
        import time

        CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")

        def test_mocks(monkeypatch):
            for name in CLOCKS: monkeypatch.setattr(time, name, lambda: 7)
        def test_after(): pass
    """,
    "leaked": """
        import time

        CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")

        def test_leaks():
            for name in CLOCKS: setattr(time, name, lambda: 7)
            time.sleep = None
        def test_after(): pass
    """,
}


CASES = [
    pytest.param(suite, id=f"{kind} {name}")
    for kind, suites in (("freezegun", FREEZING), ("time-machine", TRAVELLING), ("mock", MOCKED))
    for name, suite in suites.items()
]


@pytest.mark.parametrize("suite", CASES)
def test_no_mocked_clock_shows_in_a_report(project: Project, suite: str) -> None:
    project.write(test_it=suite)
    with Stopwatch() as watch:
        outcome = project.run(plugins=("time_machine",))
    outcome.check()
    watch.check(outcome)

    assert outcome.exit_status == 0
    assert len(outcome.jobs) == 2


@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(FREEZING["leaked"], id="freezegun"),
        pytest.param(TRAVELLING["leaked"], id="time-machine"),
        pytest.param(MOCKED["leaked"], id="mock"),
    ],
)
def test_a_leaked_clock_does_not_stop_the_delivery(
    plain: Project, server: IntakeServer, suite: str
) -> None:
    plain.write(test_it=suite)
    with Stopwatch() as watch:
        outcome = plain.run(server=server)
    outcome.check()
    watch.check(outcome)

    assert outcome.said("delivered:").startswith(f"delivered: {len(outcome.resources)} of ")
    assert len(server.of_level("job")) == 2
    seconds = float(outcome.said("delivered:").split()[-2])
    assert 0 <= seconds < (watch.end_ns - watch.start_ns) / 1e9


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Pacific/Chatham", "UTC"])
def test_the_time_zone_does_not_matter(plain: Project, zone: str) -> None:
    plain.write(test_it="def test_it(): pass")
    with Stopwatch() as watch:
        outcome = plain.run(env={"TZ": zone})
    outcome.check()
    watch.check(outcome)

    assert all(each["start"].endswith("Z") for each in outcome.resources)


def test_a_slow_session_fixture_is_billed_to_the_setup_that_ran_it(plain: Project) -> None:
    plain.write(
        test_it="""
        import pytest, time

        @pytest.fixture(scope="session")
        def database(): time.sleep(0.3)

        def test_first(database): pass
        def test_second(database): pass
        """
    )
    outcome = plain.run()
    outcome.check()
    first, second = (metrics(outcome.job(name)) for name in ("test_first", "test_second"))

    assert first["duration.setup"] >= 0.3
    assert first["duration.call"] < 0.3
    assert second["duration.setup"] < 0.3


def test_making_the_report_of_a_failure_is_not_billed_to_the_test(plain: Project) -> None:
    plain.write(
        test_it="def test_fails(): assert 0",
        conftest="""
        import pytest, time

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            time.sleep(0.3)
            return (yield)
        """,
    )
    outcome = plain.run()
    outcome.check()
    (job,) = outcome.jobs

    assert metrics(job)["duration.call"] < 0.3


def test_a_stage_spans_its_tests_on_every_worker(plain: Project) -> None:
    plain.write(
        test_it="""
        import pathlib, pytest, time

        @pytest.mark.parametrize(("own", "other"), [("a", "b"), ("b", "a")])
        def test_meet(own, other):
            here = pathlib.Path(__file__).parent
            (here / own).touch()
            limit = time.monotonic() + 60
            while not (here / other).exists():
                assert time.monotonic() < limit
                time.sleep(0.01)
            time.sleep(0.1)
        """
    )
    outcome = plain.run("-n2")
    outcome.check()
    stage = outcome.stages["test_it.py"]
    starts, ends = ([job[edge] for job in outcome.jobs] for edge in ("start", "end"))

    assert (stage["start"], stage["end"]) == (min(starts), max(ends))
    assert max(starts) < min(ends), "they met, so they overlapped"
    assert length(stage) < sum(length(job) for job in outcome.jobs)
    assert outcome.pipeline["start"] <= stage["start"]
    assert stage["end"] <= outcome.pipeline["end"]
