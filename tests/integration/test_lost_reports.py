"""Reports that xdist cannot bring across: the tests are named, even where pytest exits with 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

# What a test does whose report xdist cannot serialise, and what xdist says then.
UNSENDABLE = {
    "property": ('record_property("thing", object())', "can't serialize <class 'object'>"),
    "message": ('raise ValueError("lone \\udc80 surrogate")', "strings must be utf-8 encodable"),
}
# One worker runs the first and the last test, the other the one between. Which of the two ends
# first decides how pytest exits, so one waits until the controller takes leave of the other.
SUITE = """
    import os, pathlib, time

    HERE = pathlib.Path(__file__).parent

    def be_last():
        limit = time.monotonic() + 30
        while "PYTEST_XDIST_WORKER" in os.environ and not list(HERE.glob("gone-*")):
            assert time.monotonic() < limit
            time.sleep(0.01)

    def test_fine(): pass
    def test_unsendable(record_property):
        {between}
        {body}
    def test_later(): {later}
"""
GONE = """
    import pathlib

    def pytest_testnodedown(node):
        pathlib.Path(__file__).with_name(f"gone-{node.gateway.id}").touch()
"""


def suite(body: str, *, lost_last: bool = True) -> str:
    """The suite in which the worker with the lost report ends last, or first."""
    between, later = ("be_last()", "pass") if lost_last else ("pass", "be_last()")
    return SUITE.format(body=body, between=between, later=later)


def run(directory: Path, text: str, *distribution: str) -> Outcome:
    """Run; the exit status must be that of the same run without us."""
    project = Project(directory, distribution)
    project.write(test_suite=text, conftest=GONE)
    bare = project.run(flag="")
    for left in directory.glob("gone-*"):
        left.unlink()
    outcome = project.run()
    assert outcome.exit_status == bare.exit_status
    assert "reporting stopped" not in outcome.stdout
    return outcome


@pytest.mark.parametrize(("body", "why"), UNSENDABLE.values(), ids=UNSENDABLE)
def test_a_lost_report_is_an_incomplete_run_though_pytest_exits_with_0(
    tmp_path: Path, body: str, why: str
) -> None:
    outcome = run(tmp_path, suite(body), "-n2")
    # junitxml never heard of the test.
    outcome.check(junit=False)
    assert outcome.exit_status == 0
    assert outcome.pipeline["status"] == "error"
    error = outcome.pipeline["error"]
    assert error["type"] == "IncompleteRun"
    assert error["domain"] == "provider"
    assert "test_suite.py::test_unsendable" in error["message"].splitlines()
    assert why in error["message"]
    assert "1 collected tests never finished" in outcome.said("pipeline")


def test_a_lost_test_is_a_job_that_says_so(tmp_path: Path) -> None:
    outcome = run(tmp_path, suite(UNSENDABLE["property"][0]), "-n2")
    # junitxml never heard of the test.
    outcome.check(junit=False)
    lost = outcome.job("test_unsendable")
    assert lost["status"] == "error"
    assert lost["error"]["type"] == "LostTest"
    assert lost["error"]["domain"] == "provider"
    assert tags(lost)["test.result"] == "fail"
    assert tags(lost)["xdist.worker"] in ("gw0", "gw1")
    assert outcome.stages["test_suite.py"]["status"] == "error"
    assert outcome.job("test_fine")["status"] == "success"
    assert outcome.job("test_later")["status"] == "success"


def test_where_xdist_gives_up_the_internal_error_comes_first(tmp_path: Path) -> None:
    outcome = run(tmp_path, suite(UNSENDABLE["property"][0], lost_last=False), "-n2")
    # junitxml never heard of the test.
    outcome.check(junit=False)
    assert outcome.exit_status == 3
    assert outcome.pipeline["status"] == "error"
    error = outcome.pipeline["error"]
    assert error["type"] == "InternalError"
    assert error["message"].startswith("execnet.gateway_base.DumpError: can't serialize")
    assert "test_suite.py::test_unsendable" in error["message"].splitlines()
    assert "in run_one_test" in error["stack"]


@pytest.mark.parametrize(("body", "why"), UNSENDABLE.values(), ids=UNSENDABLE)
def test_in_one_process_there_is_nothing_to_lose(tmp_path: Path, body: str, why: str) -> None:
    assert why
    outcome = run(tmp_path, suite(body))
    outcome.check()
    assert "LostTest" not in str(outcome.resources)
    assert len(outcome.jobs) == 3


def test_what_a_test_hands_to_us_never_costs_its_report(project: Project) -> None:
    project.write(
        test_suite="""
        import pytest

        class Wild:
            def __repr__(self): raise OSError("no repr")

        @pytest.mark.ddci(tags={"lone": "\\udc80", "wild": Wild()}, metrics={"wild": Wild()})
        @pytest.mark.parametrize("value", [Wild(), "\\udc80", object(), b"\\xff"], ids="abcd")
        def test_wild(value, ddci):
            ddci.tag("wild", Wild())
            ddci.tag("lone", "\\udc80")
            ddci.metric("nan", float("nan"))
            with ddci.step("\\udc80"):
                pass
        """
    )
    outcome = project.run()
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.statuses() == {
        (f"test_suite.py::test_wild[{each}]", "success"): 1 for each in "abcd"
    }
