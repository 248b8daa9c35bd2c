"""A disk that fails costs a line in the summary, not the report."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    def test_pass(): pass
    def test_fail(): assert 1 == 2
"""
# The device that is always full, where the journal's own writes go after the first of them.
FULL = """
    import os, pytest
    from pytest_ddci.disk import Disk
    writes = []
    real = Disk.write_some

    def write(fd, data):
        writes.append(data)
        if len(writes) > {after} and not {recovers}:
            fd = os.open("/dev/full", os.O_WRONLY)
            try:
                return real(fd, data)
            finally:
                os.close(fd)
        return real(fd, data)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure():
        Disk.write_some = staticmethod(write)
"""
GONE = """
    import shutil
    def test_remove(): shutil.rmtree(".ddci")
"""


def all_delivered(outcome: Outcome, server: IntakeServer) -> None:
    assert outcome.exit_status == 1
    assert outcome.said("delivered: 10 of 10 ")
    assert len(server.of_level("job")) == 2
    assert len(server.of_level("pipeline")) == 1
    assert "reporting stopped" not in outcome.stdout


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_full_disk_does_not_keep_events_from_the_api(
    project: Project, server: IntakeServer, after: int
) -> None:
    project.write(conftest=FULL.format(after=after, recovers="False"), test_a=SUITE)
    outcome = project.run(server=server)
    all_delivered(outcome, server)
    assert "No space left on device" in outcome.said("warning: ")


def test_a_directory_that_cannot_be_made_does_not_either(
    project: Project, server: IntakeServer
) -> None:
    project.write(test_a=SUITE)
    project.file("taken", "a file")
    outcome = project.run("--ddci-dir=taken/journals", server=server)
    all_delivered(outcome, server)
    assert outcome.said("warning: ").startswith("warning: cannot create a journal in ")
    assert not any(line.startswith("journal: ") for line in outcome.summary)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /sys")
def test_a_root_directory_in_which_nothing_can_be_written_does_not_either(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=SUITE)
    outcome = plain.run(
        *("--rootdir=/sys/kernel", "-c", str(plain.directory / "pytest.ini")),
        *("-p", "no:cacheprovider", f"--junitxml={plain.directory / 'junit.xml'}"),
        str(plain.directory / "test_a.py"),
        server=server,
        cwd=Path("/sys/kernel"),
    )
    all_delivered(outcome, server)
    assert outcome.said("warning: ").startswith("warning: cannot create a journal in ")


def test_without_an_api_what_no_disk_takes_is_lost_and_said(project: Project) -> None:
    project.write(test_a=SUITE)
    project.file("taken", "a file")
    outcome = project.run("--ddci-dir=taken/journals")
    assert outcome.exit_status == 1
    assert outcome.said("events: none")
    assert outcome.said("lost: 10 events")
    assert "cannot create a journal" in outcome.said("warning: ")


def test_what_was_lost_fails_a_run_that_must_deliver(plain: Project) -> None:
    plain.write(test_a="def test(): pass")
    plain.file("taken", "a file")
    assert plain.run("--ddci-dir=taken/journals", "--ddci-on-failure=fail").exit_status == 1


def test_a_disk_that_recovers_has_it_all(plain: Project) -> None:
    recovers = 'b\'"level":"pipeline"\' in data'
    plain.write(conftest=FULL.format(after=1, recovers=recovers), test_a=SUITE)
    outcome = plain.run()
    outcome.check()
    assert outcome.said("kept: 10 ")


def test_a_journal_that_a_test_removes_is_delivered(project: Project, server: IntakeServer) -> None:
    project.write(test_a=SUITE, test_b=GONE)
    outcome = project.run(server=server)
    assert outcome.exit_status == 1
    assert outcome.said("delivered: 15 of 15 ")
    assert len(server.of_level("job")) == 3


def test_a_journal_that_a_test_removes_is_written_again(project: Project) -> None:
    project.write(test_a=SUITE, test_b=GONE)
    outcome = project.run()
    outcome.check()
    assert outcome.said("kept: 15 ")
    assert project.ddci("send").returncode == 2, "there is no key, but there is a journal"


def test_the_working_directory_may_be_gone(plain: Project, server: IntakeServer) -> None:
    plain.write(
        test_a="""
        import os, shutil, tempfile
        def test_leave():
            away = tempfile.mkdtemp()
            os.chdir(away)
            shutil.rmtree(away)
        """
    )
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.said("delivered: ")


def test_last_json_has_the_books_of_every_run(project: Project, server: IntakeServer) -> None:
    project.write(test_a=SUITE)
    outcome = project.run(server=server)
    outcome.check()
    last = json.loads((project.directory / ".ddci" / "last.json").read_text())
    assert last["pipeline_id"] == outcome.pipeline["unique_id"]
    assert (last["status"], last["exit_status"]) == ("error", 1)
    assert (last["emitted"], last["delivered"], last["rejected"], last["kept"]) == (10, 10, 0, 0)
    assert last["journal"] == outcome.journals[0].name
    assert last["stopped"] is None
    assert (project.directory / ".ddci" / "last.json").stat().st_mode & 0o777 == 0o600


def test_last_json_says_why_reporting_stopped(plain: Project) -> None:
    plain.write(
        conftest="""
            from pytest_ddci.job_encoder import JobEncoder
            def job(*_): raise RuntimeError("broken")
            JobEncoder.job = job
        """,
        test_a=SUITE,
    )
    assert plain.run().said("reporting stopped: ")
    last = json.loads((plain.directory / ".ddci" / "last.json").read_text())
    assert last["stopped"] == "RuntimeError: broken"
    assert last["emitted"] == last["kept"]
