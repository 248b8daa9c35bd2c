"""Signals that arrive while fixtures are torn down."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

PATIENCE = 60
SUITE = """
    import pathlib, time, pytest

    @pytest.fixture(scope="{scope}")
    def slow():
        yield
        pathlib.Path(__file__).with_name("stopping").touch()
        time.sleep(60)

    def test_before(): pass
    def test_slow(slow): {body}
"""


def wait_for_teardown(project: Project) -> None:
    limit = time.monotonic() + PATIENCE
    while not (project.directory / "stopping").exists():
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.parametrize("scope", ["function", "session"])
def test_sigterm_in_a_teardown_is_canceled_and_delivered(
    scope: str, project: Project, server: IntakeServer
) -> None:
    project.write(test_a=SUITE.format(scope=scope, body="pass"))
    process = project.start(server=server)
    project.wait_for_journal(process, b"::test_slow", b"::test_before")
    wait_for_teardown(project)
    outcome = project.terminate(process)
    assert outcome.exit_status == 143
    # junitxml has no test that did not end; who crashed under xdist is a matter of time.
    outcome.check(junit=False, counts=not project.distribution)
    assert outcome.said(f"delivered: {len(outcome.resources)} of {len(outcome.resources)} ")
    assert server.of_level("pipeline") == [outcome.pipeline]
    assert outcome.pipeline["status"] == "canceled"
    assert tags(outcome.pipeline)["pytest.exit_status"] == "143"
    assert outcome.job("test_before")["status"] == "success"


def test_a_second_ctrl_c_in_a_teardown_keeps_what_there_is(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a=SUITE.format(
            scope="session",
            body='pathlib.Path(__file__).with_name("waiting").touch(); time.sleep(60)',
        )
    )
    process = plain.start(server=server)
    plain.wait_for_journal(process, b"::test_slow", b'"level":"job"')
    limit = time.monotonic() + PATIENCE
    while not (plain.directory / "waiting").exists():
        assert time.monotonic() < limit
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    wait_for_teardown(plain)
    outcome = plain.interrupt(process)
    assert outcome.exit_status != 0
    plain.ddci("send", server=server)
    jobs = {job["name"].partition("::")[2]: job["status"] for job in server.of_level("job")}
    assert jobs == {"test_before": "success", "test_slow": "canceled"}
    [pipeline] = server.of_level("pipeline")
    assert pipeline["status"] == "canceled"
    assert pipeline["error"]["type"] == "Interrupted"
