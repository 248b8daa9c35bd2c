"""A git that is missing, refuses, hangs or says odd things leaves the run as it is."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

SUITE = "def test_pass(): pass\ndef test_fail(): assert 1 == 2\n"
PROGRAMS = {
    "missing": "",
    "hanging": "#!/bin/sh\nexec sleep 300\n",
    "refusing": "#!/bin/sh\necho 'fatal: detected dubious ownership in repository' >&2\nexit 128\n",
    "talking": "#!/bin/sh\nhead -c 20000000 /dev/urandom\n",
}
LONGEST = 60
"""Seconds: far less than the program hangs, far more than a run takes."""


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_in_the_place_of_git_costs_no_test_and_no_event(
    program: str, plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=SUITE)
    # The interpreter is named by its whole path; the shell's own programs stay where they are.
    path = plain.directory / "bin"
    path.mkdir()
    for name in ("sh", "sleep", "head"):
        (path / name).symlink_to(str(shutil.which(name)))
    if program:
        plain.file("bin/git", program).chmod(0o755)
    begun = time.monotonic()
    outcome = plain.run(server=server, env={"PATH": str(path)})
    assert time.monotonic() - begun < LONGEST
    outcome.check()
    assert outcome.exit_status == 1
    assert outcome.stderr == ""
    assert "git" not in outcome.pipeline
    assert server.of_level("job") == outcome.jobs


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_commit_of_odd_and_long_words_is_reported(plain: Project, server: IntakeServer) -> None:
    plain.write(test_a=SUITE)
    message = "Subject \x07\x1b[31m\n\n" + "body \u65e5 " * 2_000
    for command in (
        ("init", "-q", "-b", "odd\u00e9/branch"),
        ("commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", message),
        ("remote", "add", "origin", "https://github.com/acme/rocket.git"),
        ("checkout", "-q", "--detach"),
    ):
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@acme.example")
        subprocess.run(  # noqa: S603 - constant commands
            [str(shutil.which("git")), *who, *command],
            cwd=plain.directory,
            env=plain.environ(),
            check=True,
        )
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.exit_status == 1
    git = server.of_level("pipeline")[0]["git"]
    assert git["message"].startswith("Subject \x07\x1b[31m\n\nbody \u65e5 ")
    assert len(git["message"]) <= 5_000
    assert "\x1b" not in outcome.stdout
