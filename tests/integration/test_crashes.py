"""A worker that dies takes nothing along but the rest of its own test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.timestamps import parse_rfc3339
from tests.outcome import metrics, tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

DEATHS = {
    "exit": "os._exit(3)",
    "exit_zero": "os._exit(0)",
    "kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "segfault": "ctypes.string_at(0)",
}
SUITE = """
    import ctypes, os, pathlib, signal, time

    BEGAN = pathlib.Path(__file__).with_name("began")

    def test_before(): pass
    def test_fail(): assert 0
    def test_crash():
        BEGAN.write_text(str(time.time_ns()))
        {death}
    def test_after(): pass
    def test_last(): pass
"""
# Workers get two tests each at first. One dies, the other waits until its replacement, to which
# xdist gives two of the rest, has run one.
REPLACED = """
    import os, pathlib, time

    DONE = pathlib.Path(__file__).with_name("done")

    def test_crash(): os._exit(1)
    def test_left(): pass
    def test_wait():
        limit = time.monotonic() + 30
        while not DONE.exists() and time.monotonic() < limit:
            time.sleep(0.01)
        assert DONE.exists()
    def test_second(): pass
    def test_next(): DONE.write_text("")
    def test_last(): pass
"""


def crashed(directory: Path, *args: str, n: int = 2, **files: str) -> Outcome:
    """Run on workers; the exit status must be that of the same run without us."""
    project = Project(directory, (f"-n{n}",))
    project.write(**files)
    bare = project.run(*args, flag="")
    for left in directory.glob("done"):
        left.unlink()
    outcome = project.run(*args)
    assert outcome.exit_status == bare.exit_status
    assert "reporting stopped" not in outcome.stdout
    return outcome


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_the_test_in_which_a_worker_died_is_an_error_and_no_other_is_lost(
    tmp_path: Path, death: str
) -> None:
    outcome = crashed(tmp_path, test_suite=SUITE.format(death=death))
    outcome.check()
    assert outcome.statuses() == {
        ("test_suite.py::test_before", "success"): 1,
        ("test_suite.py::test_fail", "error"): 1,
        ("test_suite.py::test_crash", "error"): 1,
        ("test_suite.py::test_after", "success"): 1,
        ("test_suite.py::test_last", "success"): 1,
    }
    assert outcome.pipeline["status"] == "error"
    assert metrics(outcome.pipeline)["tests.not_run"] == 0


def test_a_crash_names_its_worker_and_covers_the_time_since_the_test_began(
    tmp_path: Path,
) -> None:
    outcome = crashed(tmp_path, test_suite=SUITE.format(death="os._exit(1)"))
    outcome.check()
    job = outcome.job("test_crash")
    worker = tags(job)["xdist.worker"]
    assert job["node"]["name"] == worker
    assert job["error"]["type"] == "WorkerCrashed"
    assert job["error"]["domain"] == "provider"
    assert f"worker '{worker}' crashed while running" in job["error"]["message"]
    began = int((tmp_path / "began").read_text())
    assert parse_rfc3339(job["start"]) <= began <= parse_rfc3339(job["end"])
    assert tags(job)["test.source.file"] == "test_suite.py"


def test_tests_of_a_replacement_worker_are_its_own(tmp_path: Path) -> None:
    outcome = crashed(tmp_path, test_suite=REPLACED)
    outcome.check()
    assert outcome.job("test_wait")["status"] == "success"
    after = outcome.job("test_next")
    assert tags(after)["xdist.worker"] == after["node"]["name"] == "gw2"
    others = {tags(outcome.job(name))["xdist.worker"] for name in ("test_crash", "test_wait")}
    assert others == {"gw0", "gw1"}


@pytest.mark.parametrize("where", ["setup", "teardown"])
def test_a_crash_in_a_fixture_is_one_job_with_the_phases_before_it(
    tmp_path: Path, where: str
) -> None:
    before, after = ("os._exit(1)", "") if where == "setup" else ("", "os._exit(1)")
    outcome = crashed(
        tmp_path,
        test_suite=f"""
        import os, pytest

        @pytest.fixture
        def deadly():
            {before}
            yield
            {after}

        def test_crash(deadly): pass
        def test_other(): pass
        """,
    )
    # junitxml tells a passed call and a crash as two tests.
    outcome.check(junit=False)
    job = outcome.job("test_crash")
    assert job["status"] == "error"
    assert job["error"]["type"] == "WorkerCrashed"
    names = {step["name"] for step in outcome.steps_of(job)}
    assert names == ({"setup", "call"} if where == "teardown" else set())
    assert outcome.job("test_other")["status"] == "success"
    assert len(outcome.jobs) == 2


@pytest.mark.parametrize("mode", ["loadfile", "loadscope", "loadgroup"])
def test_where_xdist_runs_a_crashed_test_again_each_time_is_an_attempt(
    tmp_path: Path, mode: str
) -> None:
    outcome = crashed(
        tmp_path,
        f"--dist={mode}",
        "--max-worker-restart=1",
        n=1,
        test_first="""
        import os, pytest
        @pytest.mark.xdist_group("one")
        def test_crash(): os._exit(1)
        """,
    )
    # junitxml has one entry a test, and shows the suffix that loadgroup adds to ids.
    outcome.check(junit=False)
    first, second = outcome.attempts("test_crash")
    assert [first["name"], second["name"]] == ["test_first.py::test_crash"] * 2
    assert [tags(job)["test.attempt"] for job in (first, second)] == ["1", "2"]
    assert [tags(job)["xdist.worker"] for job in (first, second)] == ["gw0", "gw1"]
    assert [job["status"] for job in (first, second)] == ["error", "error"]


def test_a_crash_of_one_of_two_that_run_everything_is_that_workers_alone(tmp_path: Path) -> None:
    project = Project(tmp_path, ("--tx", "2*popen", "--dist", "each"))
    project.write(
        test_suite="""
        import os
        def test_crash():
            if os.environ["PYTEST_XDIST_WORKER"] == "gw0":
                os._exit(1)
        def test_other(): pass
        """
    )
    outcome = project.run()
    # junitxml writes every test twice under one name.
    outcome.check(junit=False)
    told = {(job["name"], tags(job)["xdist.worker"]): job["status"] for job in outcome.jobs}
    assert told["test_suite.py::test_crash", "gw0"] == "error"
    assert told["test_suite.py::test_crash", "gw1"] == "success"
    assert told["test_suite.py::test_other", "gw1"] == "success"
    assert outcome.pipeline["status"] == "error"
