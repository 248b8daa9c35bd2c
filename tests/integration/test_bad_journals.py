"""`ddci send` on what is damaged, foreign, huge or no journal at all: told, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.journal import Journal
from tests.wire import event, header, started

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

MB = 1024 * 1024
SECONDS = 20
"""More than any of these may take, but for the huge ones."""

STATUS = Path("/proc/self/status")
# Not `getrusage`: that counts the process it was forked from, too.
MEASURED = f"""
import sys
from pytest_ddci.cli import main
status = main(sys.argv[1:])
print([line.split()[1] for line in open("{STATUS}") if line.startswith("VmHWM")][0])
sys.exit(status)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def left_by_a_run(project: Project, *more: bytes, finished: bool = True) -> Path:
    """A journal of three events (or of one, if its run was killed) and more lines."""
    now = time.time_ns()
    journal = Journal.create(project.directory / ".ddci", header(now), start_ns=now)
    journal.append([event("job", "a", now)])
    if finished:
        journal.append([event("stage", at_ns=now), event("pipeline", at_ns=now)])
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b"".join(more))
    return journal.path


def send(project: Project, server: IntakeServer, *args: str) -> tuple[int, list[str]]:
    """Exit status and output of `ddci send`, without the beginning that all lines have."""
    begun = time.monotonic()
    done = project.ddci("send", *args, server=server)
    assert time.monotonic() - begun < SECONDS
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert all(line.startswith("ddci: ") for line in lines)
    return done.returncode, [line.removeprefix("ddci: ") for line in lines]


def measured(project: Project, server: IntakeServer, path: Path) -> tuple[int, list[str], int]:
    """Exit status and output of `ddci send`, and the bytes that it needed at most."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", MEASURED, "send", "--timeout=120", str(path)],
        env=project.environ(server),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stderr == ""
    *lines, peak = done.stdout.splitlines()
    return done.returncode, [line.removeprefix("ddci: ") for line in lines], int(peak) * 1024


def test_every_bad_line_is_told_with_file_and_number_and_the_good_ones_are_sent(
    plain: Project, server: IntakeServer
) -> None:
    now = time.time_ns()
    repeated = event("job", "a", now)
    path = left_by_a_run(
        plain,
        b"\x00\xff\xfe binary\n",
        b"x" * (50 * MB) + b"\n",
        event("job", "b", now)[:-30] + b"\n",
        event("job", "b", now).replace(b'"end":', b'"end" ') + b"\n",
        b'{"ddci":"verdicts","delivered":5}\n',
        repeated + b"\n" + repeated + b"\n",
        event("job", "c", now) + b"\n",
        event("job", "d", now)[:-30],
    )
    before = path.read_bytes()
    status, lines = send(plain, server)
    history = path.with_name(path.name.replace(".jsonl", ".delivered.jsonl"))
    assert status == 1
    assert lines == [
        f"{history}: 5 of 5 events delivered",
        f"{history}:5: neither an event nor a line of ours",
        f"{history}:6: longer than 33554432 bytes",
        f"{history}:7: cut short, as a killed writer leaves it",
        f"{history}:8: a damaged event: no JSON",
        f"{history}:9: not a line of 'verdicts'",
        f"{history}:11: repeats line 10: not sent again",
        f"{history}:13: cut short, as a killed writer leaves it",
    ]
    assert [each.get("id") for each in server.resources if each["level"] == "job"] == [
        "a",
        "a",
        "c",
    ]
    assert history.read_bytes().startswith(before)
    assert send(plain, server) == (0, ["nothing to send"])


def test_a_torn_last_line_is_what_a_killed_run_leaves(plain: Project, server: IntakeServer) -> None:
    now = time.time_ns()
    torn = event("job", "b", now)[:-30]
    path = left_by_a_run(plain, started("b", now) + b"\n", torn, finished=False)
    before = path.read_bytes()
    status, [sent, told] = send(plain, server)
    assert status == 0
    assert "4 of 4 events delivered, 3 of them made up for a killed run" in sent
    assert told.endswith(":4: cut short, as a killed writer leaves it")
    jobs = {each["id"]: each["status"] for each in server.of_level("job")}
    assert jobs == {"a": "success", "b": "canceled"}
    [history] = path.parent.glob("*.delivered.jsonl")
    assert history.read_bytes().startswith(before + b"\n")


def test_a_journal_of_a_later_version_is_left_as_it_is_and_the_next_one_sent(
    plain: Project, server: IntakeServer
) -> None:
    path = left_by_a_run(plain, b"{")
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    before = path.read_bytes()
    left_by_a_run(plain)
    status, lines = send(plain, server)
    assert status == 1
    assert [line for line in lines if str(path) in line] == [
        (
            f"{path}:1: format 2 of journals; this version of pytest-ddci knows up to 1: "
            "a later one can send it (nothing was changed)"
        )
    ]
    assert path.read_bytes() == before
    assert len(server.accepted) == 3


@pytest.mark.parametrize(
    "name", ["junit.xml", "notes", ".ddci/run-20261122T054000Z-1c9e2f0a.jsonl"]
)
def test_a_file_that_is_no_journal_is_left_as_it_is(
    name: str, plain: Project, server: IntakeServer
) -> None:
    path = plain.file(name, '<testsuites name="a"/>')
    before = path.read_bytes()
    assert send(plain, server, name) == (1, [f"{name}:1: no journal, left as it is"])
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()].count(path.name) == 1
    assert server.seen == []


@pytest.mark.parametrize("kind", ["fifo", "device", "link"])
def test_what_is_no_file_is_refused_at_once(
    kind: str, plain: Project, server: IntakeServer
) -> None:
    path, why = no_file(plain, kind), "no regular file"
    if kind == "link":
        why = "a symbolic link is not followed"
    assert send(plain, server, str(path)) == (1, [f"cannot open {path}: {why}"])


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_a_pipeline_is_not_finished_from_what_is_no_file(
    kind: str, plain: Project, server: IntakeServer
) -> None:
    path = no_file(plain, kind)
    done = plain.ddci("finish", "--pipeline-id=p-1", str(path), server=server)
    assert (done.returncode, done.stderr) == (2, f"ddci: cannot read {path}: no regular file\n")


def no_file(project: Project, kind: str) -> Path:
    path = project.directory / kind
    if kind == "device":
        return Path("/dev/zero")
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(left_by_a_run(project))
    return path


def test_what_in_a_directory_is_no_file_is_nobodys_business(
    plain: Project, server: IntakeServer
) -> None:
    path = left_by_a_run(plain)
    os.mkfifo(path.with_name("run-20261122T054000Z-1c9e2f0a.jsonl"))
    path.with_name("run-20261122T054000Z-1c9e2f0b.jsonl").symlink_to("/dev/zero")
    path.with_name("run-20261122T054000Z-1c9e2f0c.jsonl").mkdir()
    status, [line] = send(plain, server)
    assert (status, line.partition(": ")[2]) == (0, "3 of 3 events delivered")


def test_rejected_events_are_never_written_to_what_is_no_file(
    plain: Project, server: IntakeServer
) -> None:
    now = time.time_ns()
    path = left_by_a_run(plain, event("job", "bad", now, status="?") + b"\n")
    os.mkfifo(path.with_name(path.name.replace(".jsonl", ".rejected.jsonl")))
    status, [line] = send(plain, server)
    assert status == 1
    assert "3 of 4 events delivered, 1 rejected" in line
    assert line.endswith(".rejected.jsonl: no regular file")
    assert path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_anothers_journal_is_sent_only_if_it_is_named(plain: Project, server: IntakeServer) -> None:
    path = left_by_a_run(plain)
    os.chown(path, 65_534, 65_534)
    before = path.read_bytes()
    said = f"{path}: belongs to another user (65534); name it to have it sent"
    assert send(plain, server) == (1, [said])
    assert (path.read_bytes(), server.seen) == (before, [])
    status, [line] = send(plain, server, str(path))
    assert (status, line.partition(": ")[2]) == (0, "3 of 3 events delivered")


def test_what_is_named_twice_is_sent_once(plain: Project, server: IntakeServer) -> None:
    path = left_by_a_run(plain)
    status, lines = send(plain, server, ".ddci", str(path.relative_to(plain.directory)))
    assert (status, len(lines), len(server.accepted)) == (0, 1, 3)


@pytest.mark.skipif(not STATUS.exists(), reason="Linux says how much memory was needed")
@pytest.mark.parametrize(
    "size",
    [200 * MB, pytest.param(5 * 1024 * MB, marks=pytest.mark.long)],
    ids=["200 MB", "5 GB"],
)
@pytest.mark.parametrize("where", ["within", "at the end", "alone"])
def test_a_huge_file_is_read_in_little_memory(
    size: int, where: str, plain: Project, server: IntakeServer
) -> None:
    now = time.time_ns()
    path = left_by_a_run(plain, finished=False)
    if where == "alone":
        path.write_bytes(b"")
    os.truncate(path, path.stat().st_size + size)
    if where == "within":
        with path.open("ab") as file:
            file.write(b"\n" + event("job", "b", now) + b"\n")
    status, [words, *told], peak = measured(plain, server, path)
    assert status == 1
    assert peak < 128 * MB
    if where == "alone":
        assert words == f"{path}:1: no journal, left as it is"
        assert (path.stat().st_size, server.seen) == (size, [])
        return
    [history] = path.parent.glob("*.delivered.jsonl")
    assert told == [f"{history}:3: longer than 33554432 bytes"]
    assert history.stat().st_size > size
    jobs = [each["id"] for each in server.of_level("job")]
    assert jobs == (["a", "b"] if where == "within" else ["a"])
    assert len(server.of_level("pipeline")) == 1


@pytest.mark.skipif(not STATUS.exists(), reason="as above")
@pytest.mark.long
def test_a_journal_of_a_million_events_is_sent_in_little_memory(
    plain: Project, server: IntakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    monkeypatch.setattr(server, "keep", lambda seen: counts.append(len(seen.events)))
    now, number = time.time_ns(), 1_000_000
    path = left_by_a_run(plain)
    with path.open("ab") as file:
        file.writelines(event("step", f"s{each}", now) + b"\n" for each in range(number))
    status, [words], peak = measured(plain, server, path)
    assert (status, words.partition(": ")[2]) == (
        0,
        f"{number + 3} of {number + 3} events delivered",
    )
    assert sum(counts) == number + 3
    assert peak < 200 * MB
