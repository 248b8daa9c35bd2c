"""A suite to be killed at any moment, and the two logs that tell what it had done by then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.intake_server import IntakeServer
    from tests.project import Project

LOG = "KILL_LOG"
LONGEST = 60
STATUS = {"pass": "success", "fail": "error", "skip": "skipped", "broken": "error"}
"""What becomes of a test, by the first word of its parameters."""

# One write each: a line is in the log whole or not at all, and stays there whoever is killed.
CONFTEST = f"""
    import os, pytest

    def log(kind, nodeid):
        log = os.open(os.environ["{LOG}"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, f"{{kind}} {{nodeid}}\\n".encode())
        os.close(log)

    if "PYTEST_XDIST_WORKER" not in os.environ:

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logstart(nodeid):
            log("begun", nodeid)

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logreport(report):
            if report.when == "teardown":
                log("reported", report.nodeid)
"""
SUITE = """
    import pytest, time
    from conftest import log

    @pytest.fixture
    def ending(request):
        yield
        # The last thing of the test itself.
        log("ran", request.node.nodeid)
        assert "broken" not in request.node.name

    @pytest.mark.parametrize("n", range(8))
    @pytest.mark.parametrize("kind", ["pass", "fail", "skip", "broken"])
    def test(kind, n, ending):
        time.sleep(0.01)
        assert kind != "fail", "x" * 2_000
        if kind == "skip":
            pytest.skip()
"""
MODULES = ("test_a", "test_b")


@dataclass(frozen=True)
class Killed:
    """A run that was killed, or had ended before.

    Attributes:
        log: what its process and its tests wrote down themselves, in order: a kind and a node id.
        journal: its name without suffixes; None when it was killed before there was one.
        moment: seconds after the journal appeared at which it was killed, or ended by itself.
        killed: whether it was killed.
    """

    log: list[tuple[str, str]]
    journal: str | None
    moment: float
    killed: bool

    def logged(self, kind: str) -> list[str]:
        return [nodeid for each, nodeid in self.log if each == kind]


def write_suite(project: Project) -> None:
    project.write(conftest=CONFTEST, **dict.fromkeys(MODULES, SUITE))


def whole_run(project: Project, server: IntakeServer) -> Killed:
    """A run that nobody kills."""
    return _run(project, server, None, group=False)


def killed_run(project: Project, server: IntakeServer, moment: float, *, group: bool) -> Killed:
    """A run that is killed so many seconds after its journal appeared, if it has not ended then.

    Args:
        project: has the suite.
        server: takes what the run sends by itself.
        moment: when.
        group: kill the workers, too.
    """
    return _run(project, server, moment, group=group)


def _run(project: Project, server: IntakeServer, moment: float | None, *, group: bool) -> Killed:
    before = _journals(project)
    log = project.directory / f"log-{len(before)}"
    process = project.start("-p", "no:cacheprovider", server=server, env={LOG: str(log)})
    limit = time.monotonic() + LONGEST
    while process.poll() is None and _journals(project) == before:
        assert time.monotonic() < limit
        time.sleep(0.002)
    appeared, killed = time.monotonic(), False
    try:
        # Who only waits would leave the run waiting for somebody to read what it says.
        process.communicate(timeout=LONGEST if moment is None else moment)
    except subprocess.TimeoutExpired:
        assert moment is not None
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
        killed = True
    took = time.monotonic() - appeared
    process.communicate(timeout=LONGEST)
    lines = log.read_text().splitlines() if log.exists() else []
    new = _journals(project) - before
    assert len(new) <= 1
    found = [(kind, nodeid) for kind, _, nodeid in (line.partition(" ") for line in lines)]
    return Killed(found, next(iter(new), None), took, killed)


def _journals(project: Project) -> set[str]:
    return {path.name.partition(".")[0] for path in project.directory.glob(".ddci/run-*")}


def journal_of(project: Project, run: Killed) -> Path:
    """Where its journal is in the end."""
    (found,) = project.directory.glob(f".ddci/{run.journal}.*")
    return found


def pipeline_id(journal: Path) -> str:
    """The id in its header."""
    with journal.open("rb") as lines:
        return str(json.loads(lines.readline())["pipeline"]["unique_id"])
