"""Where the tests' process can no longer send, another one does, or nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.intake_server import Fault, IntakeServer
from tests.outcome import tags

if TYPE_CHECKING:
    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

CHANGE = "socket.create_connection is not what it was before the tests"
LEAK = """
    import socket
    def refuse(*args, **kwargs): raise RuntimeError("no network in tests")
    def test_leak(): socket.socket = socket.create_connection = refuse
    def test_after(): pass
"""
# One request takes a thousand events.
LARGE = (
    LEAK
    + """
    import pytest
    @pytest.mark.parametrize("n", range(260))
    def test_many(n): pass
"""
)
NO_PYTHON = """
    import sys
    sys.executable = "{path}"
"""
ORDER = b"DDCI_ORDER="


def couriers(project: Project) -> list[int]:
    """Processes that deliver for this project's runs."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            said = place.read_bytes()
        except OSError:
            continue
        if ORDER in said and os.fsencode(project.directory) in said:
            found.append(int(place.parent.name))
    return found


def kept(outcome: Outcome, project: Project) -> None:
    """Everything stays, and the line that sends it works."""
    total = len(outcome.resources)
    assert outcome.said(f"kept: {total} in ")
    with IntakeServer() as server:
        assert project.ddci("send", server=server).returncode == 0
        assert len(server.of_level("job")) == len(outcome.jobs)
        assert len(server.of_level("pipeline")) == 1


def test_it_delivers_runs_of_any_size_and_the_summary_says_why(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=LARGE)
    outcome = plain.run("-W", "error", server=server, env={"PYTHONDEVMODE": "1"})
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.stderr == ""
    assert outcome.said("delivered: 1050 of 1050 in 3 requests, ")
    said = outcome.said("sent by another process: in this one ")
    assert said.endswith(" is not what it was before the tests")
    assert server.seen[-1].events[-1]["attributes"]["resource"] == outcome.pipeline
    assert server.seen[-1].headers["User-Agent"].startswith("pytest-ddci/")


def test_a_process_that_is_what_it_was_needs_no_other(
    project: Project, server: IntakeServer
) -> None:
    project.write(
        test_a="""
        import socket, time
        def test_undone(monkeypatch):
            monkeypatch.setattr(socket, "socket", None)
            monkeypatch.setattr(time, "sleep", None)
            monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        """
    )
    outcome = project.run(server=server)
    outcome.check()
    assert outcome.said("delivered: 6 of 6")
    assert "another process" not in "".join(outcome.summary)


def test_what_the_api_refuses_there_is_kept_aside_and_redacted(plain: Project) -> None:
    plain.write(test_a=LEAK)
    refusal = Fault("answer", 400, body=b'{"errors":[{"detail":"not hunter2-1234"}]}')
    with IntakeServer([None, *[refusal] * 40]) as server:
        outcome = plain.run("--override-ini=ddci_redact=hunter2-[0-9]+", server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("rejected: ")
    assert "not [redacted]" in outcome.said("problem: ")
    aside = b"".join(path.read_bytes() for path in plain.directory.glob(".ddci/*.rejected.jsonl"))
    assert b"not [redacted]" in aside
    assert b"hunter2" not in aside + outcome.stdout.encode()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_it_keeps_to_the_deadline_and_is_gone_with_it(plain: Project) -> None:
    plain.write(test_a=LEAK)
    with IntakeServer([None, *[Fault("hang")] * 9]) as server:
        begun = time.monotonic()
        outcome = plain.run("--ddci-timeout=2", server=server)
        assert time.monotonic() - begun < 30
        assert couriers(plain) == []
    outcome.check()
    assert outcome.exit_status == 0
    kept(outcome, plain)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("suite", [LEAK, "def test_after(): pass"], ids=["other", "own"])
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_ctrl_c_while_it_delivers_ends_it_at_once(plain: Project, suite: str, times: int) -> None:
    plain.write(test_a=suite)
    with IntakeServer([None, *[Fault("hang")] * 9]) as server:
        process = plain.start(server=server)
        limit = time.monotonic() + 60
        while len(server.seen) < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < limit
            time.sleep(0.02)
        pressed = time.monotonic()
        outcome = plain.interrupt(process, times=times)
        assert time.monotonic() - pressed < 10
        assert couriers(plain) == []
    assert outcome.exit_status == -signal.SIGINT
    outcome.check()
    assert outcome.pipeline["status"] == "success", "all tests had run"
    with IntakeServer() as server:
        assert plain.ddci("send", server=server).returncode == 0
        assert len(server.of_level("job")) == len(outcome.jobs)


def test_without_another_process_everything_is_kept_and_said(plain: Project) -> None:
    plain.write(conftest=NO_PYTHON.format(path="/nowhere/python3"), test_a=LEAK)
    with IntakeServer() as server:
        outcome = plain.run(server=server)
        assert len(server.seen) == 1, "the announcement"
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("problem: ").endswith(" is not what it was before the tests")
    assert "No such file or directory" in outcome.said("warning: another process cannot either")
    kept(outcome, plain)


def test_a_program_that_is_no_python_is_not_started(plain: Project, server: IntakeServer) -> None:
    plain.write(conftest=NO_PYTHON.format(path=plain.directory / "application"), test_a=LEAK)
    plain.file("application", "#!/bin/sh\ntouch started\n").chmod(0o755)
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert "no network in tests" in outcome.said("problem: ")
    assert not (plain.directory / "started").exists()
    kept(outcome, plain)


def test_a_library_that_cannot_be_imported_keeps_everything(
    project: Project, server: IntakeServer
) -> None:
    project.write(test_a="def test_after(): pass")
    broken = project.file("h11.py", "raise ImportError('not installed as it should be')")
    outcome = project.run(server=server)
    broken.unlink()
    outcome.check()
    assert outcome.exit_status == 0
    assert server.seen == []
    assert "reporting stopped" not in outcome.stdout
    why = "ImportError: not installed as it should be"
    assert outcome.said("problem: ") == f"problem: {why}"
    assert outcome.said("the running pipeline was not announced: ").endswith(why)
    kept(outcome, project)


def test_a_limit_that_lets_nobody_connect_keeps_everything(
    project: Project, server: IntakeServer
) -> None:
    project.write(
        test_a="""
        import os, resource
        def test_limit():
            used = max(map(int, os.listdir("/proc/self/fd")))
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(used - 2, 8), hard))
        def test_after(): pass
        """
    )
    bare = project.run(flag="")
    outcome = project.run(server=server)
    # Nor can pytest write its junitxml where the tests have run.
    outcome.check(junit=bool(project.distribution))
    assert outcome.exit_status == bare.exit_status
    assert "reporting stopped" not in outcome.stdout
    if not project.distribution:
        assert "Too many open files" in outcome.said("problem: ")
        kept(outcome, project)


def test_what_was_not_announced_is_sent_by_another_process_too(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=LEAK)
    outcome = plain.run("--ddci-pipeline-id=p", "--ddci-shard=1/2", server=server)
    assert outcome.exit_status == 0
    assert outcome.said("delivered: 9 of 9 in 1 request")
    assert outcome.said("sent by another process")
    assert [tags(job)["ddci.shard"] for job in server.of_level("job")] == ["1/2", "1/2"]
    assert len(server.seen) == 1
