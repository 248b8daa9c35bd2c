"""`ddci list`, `search` and `aggregate` about real runs, without an account."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.timestamps import parse_rfc3339
from tests.project import Project
from tests.stored import write
from tests.teletype import on_a_terminal
from tests.wire import event

if TYPE_CHECKING:
    from collections.abc import Iterator


README = Path(__file__).parents[2] / "README.md"
ASKS = re.compile(r"ddci (list|search|aggregate|show)\b")
SUITE = """
    import pytest

    @pytest.mark.parametrize("n", range(4))
    def test_good(n):
        pass

    def test_bad():
        assert 0, "[red]no[/red] correct-horse-battery"
"""


LONG_AGO_NS = 1_700_000_000_000_000_000


@dataclass(frozen=True)
class Told:
    """A project with two runs, which tests only ask about.

    Attributes:
        failed: the id of the earlier one, the suite's.
    """

    project: Project
    failed: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    made = Project(tmp_path_factory.mktemp("told"))
    made.write(test_a=SUITE, test_b="def test_b(): pass\n")
    outcome = made.run("test_a.py")
    outcome.check()
    failed = outcome.pipeline["unique_id"]
    made.run("test_b.py")
    return Told(made, failed)


def asked(project: Project, *args: str, status: int = 0, stderr: str = "") -> list[dict[str, Any]]:
    done = project.ddci(*args)
    assert (done.returncode, done.stderr) == (status, stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def leaves(events: list[dict[str, Any]], *path: str) -> Iterator[Any]:
    for each in events:
        found = each["attributes"]["attributes"]
        for name in path:
            found = found[name]
        yield found


def test_a_run_that_was_just_made_is_listed_found_and_counted(project: Project) -> None:
    project.write(test_a=SUITE)
    outcome = project.run()
    outcome.check()
    [run] = asked(project, "list")
    assert run["type"] == "cipipeline"
    assert next(leaves([run], "ci", "pipeline", "id")) == outcome.pipeline["unique_id"]
    assert next(leaves([run], "tests", "failed")) == 1
    jobs = asked(project, "search", "ci_level:job @ci.status:success", "--sort", "oldest")
    good = [job for job in outcome.jobs if job["status"] == "success"]
    assert sorted(leaves(jobs, "ci", "job", "id")) == sorted(job["id"] for job in good)
    ends = [event["attributes"]["attributes"] for event in jobs]
    moments = [each["start"] + each["duration"] for each in ends]
    assert moments == sorted(moments)
    buckets = asked(
        project,
        "aggregate",
        "ci_level:job",
        "--group-by=@ci.status",
        "--compute=count,max(@duration)",
    )
    counts = {each["by"]["@ci.status"]: each["computes"]["c0"] for each in buckets}
    assert counts == {"success": 4, "error": 1}
    spans = [parse_rfc3339(job["end"]) - parse_rfc3339(job["start"]) for job in good]
    found = next(each for each in buckets if each["by"]["@ci.status"] == "success")
    assert found["computes"]["c1"] == max(spans)


def test_a_run_in_progress_is_running_and_a_killed_one_stays_so_until_it_is_sent(
    plain: Project,
) -> None:
    plain.write(test_a="import time\ndef test_quick(): pass\ndef test_slow(): time.sleep(60)\n")
    process = plain.start()
    plain.wait_for_journal(process, b"::test_slow")
    [running] = asked(plain, "list")
    assert [*leaves([running], "ci", "status")] == ["running"]
    quick = [*leaves(asked(plain, "search", "ci_level:job"), "ci", "job", "name")]
    assert quick == ["test_a.py::test_quick"]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    killed = "ddci: warning: a run that was killed counts as running until `ddci send`\n"
    assert asked(plain, "list", stderr=killed) == [running]
    buckets = asked(plain, "aggregate", "--group-by=ci_level", stderr=killed)
    counts = {each["by"]["ci_level"]: each["computes"]["c0"] for each in buckets}
    assert counts == {"pipeline": 1, "job": 1, "step": 3}
    plain.ddci("send")
    assert [*leaves(asked(plain, "list"), "ci", "status")] == ["canceled"]
    jobs = asked(plain, "search", "ci_level:job @ci.status:canceled")
    assert [*leaves(jobs, "ci", "job", "name")] == ["test_a.py::test_slow"]


def test_what_is_listed_can_be_narrowed_and_limited(told: Told) -> None:
    plain = told.project
    newest, oldest = asked(plain, "list")
    assert [*leaves([newest, oldest], "ci", "status")] == ["success", "error"]
    assert asked(plain, "list", "--sort=oldest") == [oldest, newest]
    assert asked(plain, "list", "@ci.status:error OR @ci.status:canceled") == [oldest]
    more = "ddci: there are more than 1: --limit N\n"
    assert asked(plain, "list", "--limit", "1", stderr=more) == [newest]
    assert asked(plain, "list", "--limit", "2") == [newest, oldest]
    assert asked(plain, "list", "--from", "now-1h", "--to", "now") == [newest, oldest]
    where = f"ddci: nothing found in the journals in {plain.directory / '.ddci'}"
    for args, window in {
        ("--to", "2020-01-01"): " until 2020-01-01T00:00:00.000Z",
        ("--from", "now+1h", "--to", "now+2h"): "",
        ("@nothing:here",): "",
        (" @nothing:here ",): "",
    }.items():
        done = plain.ddci("list", *args)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"{where}{window}")


def test_the_examples_of_the_readme_are_understood(told: Told) -> None:
    lines = [line for line in README.read_text("utf-8").splitlines() if ASKS.match(line)]
    assert len(lines) >= 8
    for line in lines:
        _, *arguments = shlex.split(line, comments=True)
        done = told.project.ddci(*arguments)
        assert (done.returncode, done.stdout != "") in {(0, True), (1, False)}, line


def test_more_than_a_page_is_found(plain: Project) -> None:
    jobs = [event("job", str(number), LONG_AGO_NS) for number in range(1_200)]
    write(plain.directory / ".ddci", jobs)
    found = asked(plain, "search", "ci_level:job", "--limit=1200")
    assert set(leaves(found, "ci", "job", "id")) == {str(number) for number in range(1_200)}
    more = "ddci: there are more than 1100: --limit N\n"
    assert len(asked(plain, "search", "ci_level:job", "--limit=1100", stderr=more)) == 1_100


def test_on_a_terminal_answers_are_tables(told: Told) -> None:
    plain = told.project
    seen = on_a_terminal(plain, "list", columns=110)
    assert (seen.status, seen.stderr) == (0, "")
    assert "\x1b[31merror" in seen.lines[3]
    bare = [re.sub(r"\x1b\[[\d;]+m", "", line) for line in seen.lines]
    assert bare[0].split() == ["when", "status", "took", "pipeline", "tests", "run"]
    assert "1 failed, 4 passed" in bare[3]
    assert bare[3].endswith(told.failed[:8])
    jobs = on_a_terminal(plain, "search", "ci_level:job @ci.status:error", env={"NO_COLOR": "1"})
    assert "AssertionError: [red]no[/red]" in jobs.lines[2]
    assert max(map(len, jobs.lines)) <= 100
    counts = on_a_terminal(plain, "aggregate", "ci_level:job", "--group-by", "@ci.status")
    assert [line.split()[-1] for line in counts.lines[2:]] == ["5", "1"]
    series = on_a_terminal(plain, "aggregate", "ci_level:job", "--interval=1d", "--no-json")
    assert series.lines[-1].split()[-1] == "6"
    as_json = on_a_terminal(plain, "list", "--json")
    assert json.loads(as_json.lines[0])["type"] == "cipipeline"


def test_a_table_can_be_had_in_a_pipe(told: Told) -> None:
    done = told.project.ddci("list", "--no-json", env={"COLUMNS": "120"})
    assert done.stdout.startswith("when ")
    assert "\x1b" not in done.stdout


def test_without_rich_there_are_plain_tables(told: Told) -> None:
    done = without(told.project, "rich", "list", "--no-json")
    assert (done.returncode, done.stderr) == (0, "")
    title, row, _ = done.stdout.splitlines()
    assert title.split() == ["when", "status", "took", "pipeline", "tests", "run"]
    assert " success " in row


def test_without_duckdb_the_extra_is_named_and_show_still_works(told: Told) -> None:
    plain = told.project
    words = "ddci: asking the journals needs duckdb: pip install 'pytest-ddci[local]'\n"
    for command in (["list"], ["search", "*"], ["aggregate"]):
        done = without(plain, "duckdb", *command)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", words)
    done = without(plain, "duckdb", "show")
    assert (done.returncode, done.stderr) == (0, "")


def test_secrets_of_this_environment_are_not_told(told: Told) -> None:
    plain = told.project
    env = {"MY_TOKEN": "correct-horse-battery"}
    for args in (["--no-json"], ["--json"]):
        found = plain.ddci("search", "ci_level:job", *args)
        assert "correct-horse" in found.stdout
        done = plain.ddci("search", "ci_level:job", *args, env=env)
        assert "[/red] [redacted]" in done.stdout
        assert "correct-horse" not in done.stdout


def test_lines_that_cannot_be_read_are_told_beside_the_answer(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass\n")
    [journal] = plain.run().journals
    journal.write_bytes(journal.read_bytes() + b"garbage\n")
    done = plain.ddci("list")
    assert json.loads(done.stdout)["type"] == "cipipeline"
    name = journal.name.removesuffix(".jsonl")
    assert done.stderr == f"ddci: warning: {name}: 1 line that cannot be read\n"


def test_ctrl_c_ends_it_at_once(plain: Project) -> None:
    (plain.directory / ".ddci").mkdir()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*plain.command()[:1], "-c", WAITS, "list", "--local"],
        cwd=plain.directory,
        env=plain.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, b"ddci: interrupted\n")


WAITS = """
import sys, time
from pytest_ddci import shelf
from pytest_ddci.cli import main

def entries(directory):
    print("waiting", flush=True)
    time.sleep(60)

shelf.entries = entries
sys.exit(main())
"""


def without(project: Project, package: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `ddci` where a package is not installed."""
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from pytest_ddci.cli import main; sys.exit(main())"
    )
    return project.python("-c", code, *args)
