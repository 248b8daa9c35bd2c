"""`ddci send`: what was kept is delivered later, once, and a killed run is finished first."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.journal import Journal
from tests.intake_server import Fault, IntakeServer
from tests.wire import event, header

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    def test_pass(): pass
    def test_fail(): assert 1 == 2
"""
KILLED = """
    import time
    def test_finished(): pass
    def test_in_flight(): time.sleep(60)
    def test_never(): pass
"""
# One test has ended, another one runs.
IN_THE_MIDDLE = (b'"level":"job"', b"::test_in_flight")


def lines_of(seen_bodies: list[bytes]) -> set[bytes]:
    """The events of requests, as bytes."""
    return {
        json.dumps(each, sort_keys=True).encode()
        for body in seen_bodies
        for each in json.loads(body)["data"]
    }


@pytest.fixture
def killed(project: Project) -> Project:
    """A project whose run was killed in the middle of a test."""
    project.write(test_a=KILLED)
    process = project.start("-p", "no:cacheprovider")
    project.wait_for_journal(process, *IN_THE_MIDDLE)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    return project


def test_a_killed_run_is_finished_and_delivered(killed: Project, server: IntakeServer) -> None:
    done = killed.ddci("send", server=server)
    assert done.returncode == 0, done.stderr
    assert "made up for a killed run" in done.stdout
    [pipeline] = server.of_level("pipeline")
    assert pipeline["status"] == "canceled"
    jobs = {job["name"].partition("::")[2]: job for job in server.of_level("job")}
    assert jobs["test_finished"]["status"] == "success"
    assert jobs["test_in_flight"]["status"] == "canceled"
    assert jobs["test_in_flight"]["start"] <= jobs["test_in_flight"]["end"]
    [stage] = server.of_level("stage")
    assert (stage["name"], stage["status"]) == ("test_a.py", "canceled")
    assert {job["stage_id"] for job in jobs.values()} == {stage["id"]}
    assert {job["pipeline_unique_id"] for job in jobs.values()} == {pipeline["unique_id"]}
    if not killed.distribution:
        assert set(jobs) == {"test_finished", "test_in_flight"}


def test_a_killed_run_has_the_same_events_however_often_it_is_sent(killed: Project) -> None:
    with IntakeServer([Fault(status=500)] * 50) as failing:
        assert killed.ddci("send", "--timeout=2", server=failing).returncode == 1
        tried = lines_of([seen.body for seen in failing.seen])
    with IntakeServer() as server:
        assert killed.ddci("send", server=server).returncode == 0
        assert lines_of([seen.body for seen in server.seen]) == tried


def test_what_was_announced_is_finished_under_the_same_id(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=KILLED)
    process = plain.start(server=server)
    plain.wait_for_journal(process, *IN_THE_MIDDLE)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert plain.ddci("send", server=server).returncode == 0
    running, final = (each for each in server.resources if each["level"] == "pipeline")
    assert (running["status"], final["status"]) == ("running", "canceled")
    assert (running["unique_id"], running["start"]) == (final["unique_id"], final["start"])


def test_a_lost_answer_is_made_good_with_the_same_bytes(plain: Project) -> None:
    plain.write(test_a=SUITE)
    with IntakeServer([Fault("drop")] * 50) as lossy:
        outcome = plain.run("--no-ddci-running", "--ddci-timeout=1", server=lossy)
        lost = {seen.body for seen in lossy.seen}
    assert outcome.said("kept: 10")
    with IntakeServer() as server:
        assert plain.ddci("send", server=server).returncode == 0
        assert {seen.body for seen in server.seen} == lost
        assert plain.ddci("send", server=server).stdout == "ddci: nothing to send\n"
        assert len(server.seen) == 1


def test_a_delivered_journal_is_not_sent_again(plain: Project, server: IntakeServer) -> None:
    plain.write(test_a=SUITE)
    outcome = plain.run(server=server)
    before = len(server.seen)
    [journal] = outcome.journals
    done = plain.ddci("send", str(journal), server=server)
    assert done.returncode == 0
    assert "delivered before" in done.stdout
    assert len(server.seen) == before


def test_only_what_is_missing_is_sent(plain: Project) -> None:
    plain.write(
        test_a="import pytest\n@pytest.mark.parametrize('n', range(300))\ndef test_a(n): pass"
    )
    with IntakeServer([None] + [Fault(status=500)] * 60) as server:
        outcome = plain.run("--no-ddci-running", "--ddci-timeout=2", server=server)
        first = len(server.accepted)
    assert 0 < first < 1_202
    assert outcome.said("delivered").startswith(f"delivered: {first} of 1202")
    with IntakeServer() as server:
        assert plain.ddci("send", server=server).returncode == 0
        assert len(server.accepted) == 1_202 - first


def test_a_file_a_directory_and_the_default_all_name_the_journals(plain: Project) -> None:
    plain.write(test_a=SUITE)
    (plain.directory / "deeper").mkdir()
    for paths, cwd in [(("one",), "."), ((".ddci",), "."), ((), "."), ((), "deeper")]:
        outcome = plain.run()
        [journal] = [path for path in outcome.journals if "delivered" not in path.name]
        with IntakeServer() as server:
            named = tuple(str(journal) if path == "one" else path for path in paths)
            done = plain.ddci("send", *named, server=server, cwd=plain.directory / cwd)
            assert done.returncode == 0, done.stderr
            assert "10 of 10 events delivered" in done.stdout
            assert len(server.accepted) == 10


def test_the_directory_of_the_ini_file_is_the_default(plain: Project) -> None:
    plain.file("pytest.ini", "[pytest]\nddci = true\nddci_dir = kept/here\n")
    plain.write(test_a=SUITE)
    plain.run(flag="")
    with IntakeServer() as server:
        assert "10 of 10" in plain.ddci("send", server=server).stdout


def test_without_a_key_nothing_can_be_sent(plain: Project) -> None:
    plain.write(test_a=SUITE)
    plain.run()
    done = plain.ddci("send")
    assert done.returncode == 2
    assert done.stderr == "ddci: DD_API_KEY is not set: nothing can be sent\n"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("args", [(), (".ddci",)])
def test_nothing_to_send_is_fine_even_without_a_key(args: tuple[str, ...], plain: Project) -> None:
    (plain.directory / ".ddci").mkdir()
    done = plain.ddci("send", *args)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ddci: nothing to send\n", "")


def test_a_path_that_is_not_there_is_an_error(plain: Project, server: IntakeServer) -> None:
    done = plain.ddci("send", "nowhere.jsonl", server=server)
    assert done.returncode == 2
    assert done.stderr == "ddci: no journal and no directory of journals at nowhere.jsonl\n"


def test_events_too_old_for_the_api_are_reported_not_sent(
    plain: Project, server: IntakeServer
) -> None:
    start_ns = time.time_ns() - 20 * 3_600 * SECOND
    journal = Journal.create(plain.directory / ".ddci", header(start_ns), start_ns=start_ns)
    journal.append([event("job", "old", start_ns), event("stage", at_ns=start_ns)])
    journal.append([event("pipeline", at_ns=time.time_ns() - SECOND)])
    journal.close()
    done = plain.ddci("send", server=server)
    assert done.returncode == 1
    assert "1 of 3 events delivered, 2 rejected (rejected: older than 18 hours" in done.stdout
    assert [each["level"] for each in server.resources] == ["pipeline"]
    assert "nothing to send" in plain.ddci("send", server=server).stdout


def test_a_journal_that_cannot_be_settled_is_named_and_the_next_one_sent(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=SUITE)
    plain.run()
    [stuck] = plain.directory.glob(".ddci/run-*.jsonl")
    stuck.with_name(stuck.name.replace(".jsonl", ".delivered.jsonl")).mkdir()
    plain.run()
    done = plain.ddci("send", server=server)
    assert done.returncode == 1
    assert stuck.name in done.stdout
    assert len(server.of_level("pipeline")) == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_journal_that_may_not_be_written_is_named(plain: Project, server: IntakeServer) -> None:
    plain.write(test_a=SUITE)
    [journal] = plain.run().journals
    journal.chmod(0o400)
    done = plain.ddci("send", server=server)
    assert done.returncode == 1
    assert "Permission denied" in done.stdout


def test_a_run_in_progress_is_left_alone(plain: Project, server: IntakeServer) -> None:
    plain.write(test_a=KILLED)
    process = plain.start()
    plain.wait_for_journal(process, *IN_THE_MIDDLE)
    done = plain.ddci("send", server=server)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert done.returncode == 0
    assert "still being written" in done.stdout
    assert server.seen == []


def test_a_refused_key_keeps_everything(plain: Project) -> None:
    plain.write(test_a=SUITE)
    plain.run()
    with IntakeServer(key="another") as server:
        done = plain.ddci("send", server=server, env={"DD_API_KEY": "wrong" * 6})
    assert done.returncode == 1
    assert "10 kept" in done.stdout
    assert "DD_API_KEY" in done.stdout


def test_a_malformed_key_is_told_before_it_is_missed(plain: Project) -> None:
    plain.write(test_a=SUITE)
    plain.run()
    done = plain.ddci("send", env={"DD_API_KEY": "two words"})
    assert done.returncode == 2
    assert "warning: DD_API_KEY ignored" in done.stdout


def test_flags_beat_the_ini_file(plain: Project, server: IntakeServer) -> None:
    plain.file("pytest.ini", "[pytest]\nddci_url = http://127.0.0.1:9\nddci_dir = nowhere\n")
    plain.write(test_a=SUITE)
    plain.run("--ddci-dir=journals")
    env = {"DD_API_KEY": server.key, "NO_PROXY": "127.0.0.1"}
    done = plain.ddci("send", "--dir=journals", f"--url={server.url}", "--gzip", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert server.seen[0].headers["Content-Encoding"] == "gzip"


def test_ctrl_c_ends_it_at_once_and_keeps_the_journal(plain: Project) -> None:
    plain.write(test_a=SUITE)
    outcome = plain.run()
    with IntakeServer([Fault("hang")] * 9) as server:
        process = plain.start_ddci("send", server=server)
        limit = time.monotonic() + 60
        while not server.seen and time.monotonic() < limit:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=10)
    assert process.returncode == 130
    assert stderr.decode() == "ddci: interrupted\n"
    assert outcome.journals == [path for path in outcome.journals if path.exists()]
    with IntakeServer() as server:
        assert "10 of 10" in plain.ddci("send", server=server).stdout
