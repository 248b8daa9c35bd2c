"""`ddci show`: real runs in the terminal."""

from __future__ import annotations

import re
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.project import Project
from tests.stored import write
from tests.teletype import on_a_terminal
from tests.told_runs import header, section
from tests.wire import event

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    import pytest, time

    tries = []

    @pytest.mark.parametrize("n", range(6))
    def test_quick(n):
        pass

    def test_slow():
        time.sleep(0.3)

    def test_fails():
        x = {"a": 1}
        assert x == {"a": 2}, "[red]not equal[/red] correct-horse-battery"

    @pytest.mark.flaky(reruns=2)
    def test_flaky():
        tries.append(1)
        assert len(tries) > 1

    def test_skipped():
        pytest.skip("not today")
"""
LONG = f"test_{'long_' * 20}name"
BROKEN = "import nothing_of_the_kind\n"
LONG_AGO_NS = 1_700_000_000_000_000_000
HANGS = """
    import time

    def test_done():
        pass

    def test_hangs():
        time.sleep(60)
"""


def shown(project: Project, *args: str) -> list[str]:
    done = project.ddci("show", *args)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with one run, which tests only look at."""
    made = Project(tmp_path_factory.mktemp("told"))
    made.write(test_a=SUITE, test_b=f"def {LONG}(): assert 0\n")
    made.run(plugins=("rerunfailures",)).check()
    return made


def test_a_run_is_shown_with_its_failures_retries_slowest_tests_and_workers(
    project: Project,
) -> None:
    project.write(test_a=SUITE, test_broken=BROKEN)
    outcome = project.run("--continue-on-collection-errors", plugins=("rerunfailures",))
    outcome.check()
    lines = shown(project)
    counts = "1 failed, 1 error, 8 passed, 1 skipped, 1 flaky, 1 rerun"
    assert lines[0] == f"pipeline {project.directory.name}: error ({counts})"
    fields = dict(re.findall(r"^  (\S+) +(.+)$", "\n".join(lines[1:8]), re.MULTILINE))
    assert fields["id"] == outcome.pipeline["unique_id"]
    assert fields["journal"] == f".ddci/{outcome.journals[0].name} (to be sent: ddci send)"
    tree = section(lines, "stages")
    assert any("✗ test_a.py " in line and "1 failed, 8 passed" in line for line in tree)
    assert any("✗ test_broken.py " in line and "1 error" in line for line in tree)
    assert any("✗ test_fails " in line for line in tree)
    assert any("✓ test_flaky " in line and "flaky, attempt 2" in line for line in tree)
    failures = "\n".join(section(lines, "failures"))
    assert "test_a.py::test_fails" in failures
    assert "AssertionError: [red]not equal[/red]" in failures
    assert "collecting test_broken.py\n" in failures
    assert "ModuleNotFoundError: No module named 'nothing_of_the_kind'" in failures
    retried = section(lines, "retried tests")
    assert retried[0] == "  ✓ test_a.py::test_flaky  passed at attempt 2 of 2, flaky"
    assert retried[1].strip().startswith("AssertionError: assert 1 > 1")
    slowest = section(lines, "slowest tests")
    assert len(slowest) == 5
    assert slowest[0].endswith("test_a.py::test_slow")
    workers = [line.split()[0] for line in lines if " busy, " in line]
    assert workers == (["gw0", "gw1"] if project.distribution else [])


def test_a_run_is_found_by_id_prefix_or_file(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass\n")
    plain.run()
    # Both may begin within one second, which is all that their names tell apart.
    journals = sorted(plain.run().journals, key=lambda path: path.stat().st_mtime_ns)
    found = (re.search(rb'"unique_id":"([^"]+)"', each.read_bytes()) for each in journals)
    first, second = (each[1].decode() for each in found if each)
    for wanted in (first, first[:8], f".ddci/{journals[0].name}"):
        assert any(line.endswith(first) for line in shown(plain, wanted))
    assert any(line.endswith(second) for line in shown(plain, "latest"))
    done = plain.ddci("show", "no-such-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"ddci: no run no-such-run in {plain.directory / '.ddci'}\n"


def test_a_run_that_goes_on_and_the_same_run_killed(project: Project) -> None:
    project.write(test_a=HANGS)
    process = project.start()
    try:
        project.wait_for_journal(process, b'"name":"test_a.py::test_hangs"', b'"level":"job"')
        lines = shown(project)
        assert ": running (1 passed)" in lines[0]
        assert any("▶ test_hangs" in line for line in lines)
        assert any("(being written)" in line for line in lines)
    finally:
        process.kill()
        process.communicate(timeout=60)
    lines = shown(project)
    assert ": canceled (1 canceled, 1 passed)" in lines[0]
    assert any(line.endswith(", then killed") for line in lines)
    assert any("⊘ test_hangs" in line for line in lines)


def test_without_runs_nothing_is_found(plain: Project) -> None:
    done = plain.ddci("show")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"ddci: no runs in {plain.directory / '.ddci'}\n"


def test_a_file_that_is_no_journal_is_an_error(plain: Project) -> None:
    path = plain.file("notes.txt", "hello\n")
    done = plain.ddci("show", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"ddci: {path} is no journal of a run\n"


def test_stacks_attempts_and_numbers_are_shown_as_asked_for(told: Project) -> None:
    lines = shown(told, "--stack", "-v", "--slowest", "2", "--failures", "1")
    assert any(line.strip().startswith("Traceback ") for line in lines)
    assert sum("test_quick[" in line for line in section(lines, "stages")) == 6
    assert len(section(lines, "slowest tests")) == 2


def test_on_a_terminal_it_is_in_colour_and_fits(told: Project) -> None:
    seen = on_a_terminal(told, "show", columns=72)
    assert seen.status == 0
    assert any("\x1b[31m✗\x1b[0m" in line for line in seen.lines)
    bare = [re.sub(r"\x1b\[\d+m", "", line) for line in seen.lines]
    tree = section(bare, "stages")
    assert max(map(len, tree)) <= 72
    assert any("…" in line for line in tree)
    assert any(LONG in line for line in section(bare, "failures"))


def test_no_color_is_respected(told: Project) -> None:
    seen = on_a_terminal(told, "show", env={"NO_COLOR": "1"})
    assert not any("\x1b" in line for line in seen.lines)


def test_a_terminal_without_unicode_gets_ascii(told: Project) -> None:
    done = told.ddci("show", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "|  `- . test_flaky" in done.stdout
    assert done.stdout.isascii()


def test_a_reader_that_has_had_enough_is_no_error(plain: Project) -> None:
    jobs = [event("job", str(number), LONG_AGO_NS) for number in range(3_000)]
    path = write(plain.directory / ".ddci", [], 1)
    path.write_bytes(b"".join(line + b"\n" for line in (header(), *jobs)))
    for command in ("show -v", "search '*' --limit 3000"):
        tool = f"{sys.executable} -m pytest_ddci.cli {command}"
        done = plain.shell(f"{{ {tool}; echo $? >&2; }} | head -n 1")
        assert done.stdout.count("\n") == 1
        assert done.stderr == f"{128 + signal.SIGPIPE}\n"


def test_secrets_of_this_environment_are_not_shown(told: Project) -> None:
    assert "correct-horse" in told.ddci("show").stdout
    done = told.ddci("show", "--stack", "-v", env={"MY_TOKEN": "correct-horse-battery"})
    assert "correct-horse" not in done.stdout
    assert "[/red] [redacted]" in done.stdout


def test_a_shared_run_is_shown_as_one(plain: Project, tmp_path: Path) -> None:
    plain.write(test_a="def test_a(): pass\n", test_b="def test_b(): assert 0\n")
    for shard in ("1", "2"):
        name = {"1": "test_a.py", "2": "test_b.py"}[shard]
        plain.run(name, env={"DDCI_PIPELINE_ID": "shared-1", "DDCI_SHARD": f"{shard}/2"})
    lines = shown(plain, "shared-1")
    assert lines[0] == f"pipeline {tmp_path.name}: error (1 failed, 1 passed)"
    assert sum(line.startswith("  journal") for line in lines) == 2
    plain.ddci("finish", "--pipeline-id", "shared-1")
    finished = shown(plain, "shared-1")
    assert sum(line.startswith("  journal") for line in finished) == 3
    assert [line for line in finished if "✗ test_b.py" in line]
