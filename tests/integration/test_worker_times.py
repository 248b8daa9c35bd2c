"""Times are those of the process that ran the test, however late its reports arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.timestamps import parse_rfc3339
from tests.outcome import tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

# The controller takes in the report of the first call only when the second test is over.
SLOW_CONTROLLER = """
    import pathlib, time, pytest

    DONE = pathlib.Path(__file__).with_name("done")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(report):
        late = report.when == "call" and report.nodeid.endswith("test_first")
        if late and hasattr(report, "node"):
            limit = time.monotonic() + 30
            while not DONE.exists() and time.monotonic() < limit:
                time.sleep(0.01)
"""
TIMED = """
    import pathlib, time

    DONE = pathlib.Path(__file__).with_name("done")

    def test_first(record_property):
        record_property("began", time.time_ns())
        record_property("ended", time.time_ns())

    def test_second(record_property):
        record_property("began", time.time_ns())
        DONE.write_text("")
        record_property("ended", time.time_ns())
"""
# Our times are microseconds, rounded down.
MICROSECOND = 1_000


def test_a_call_has_the_time_it_took_in_its_worker(tmp_path: Path) -> None:
    project = Project(tmp_path, ("-n1",))
    project.write(conftest=SLOW_CONTROLLER, test_timed=TIMED)
    outcome = project.run()
    outcome.check()
    first, second = outcome.job("test_first"), outcome.job("test_second")
    for job in (first, second):
        call = outcome.step(job, "call")
        assert parse_rfc3339(call["start"]) <= int(tags(job)["began"])
        assert int(tags(job)["ended"]) < parse_rfc3339(call["end"]) + MICROSECOND
    assert first["end"] <= second["start"]


def test_phases_follow_each_other_within_their_job(tmp_path: Path) -> None:
    project = Project(tmp_path, ("-n2",))
    project.write(test_timed=TIMED)
    outcome = project.run()
    outcome.check()
    for job in outcome.jobs:
        setup, call, teardown = (outcome.step(job, name) for name in ("setup", "call", "teardown"))
        assert job["start"] == setup["start"]
        assert setup["end"] <= call["start"]
        assert call["end"] <= teardown["start"]
        assert teardown["end"] == job["end"]
