"""The locale, its encoding and the umask that pytest is started with."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

ASCII = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ENVIRONMENTS = {
    "C": ASCII,
    "C and ASCII": {**ASCII, "PYTHONIOENCODING": "ascii"},
    "a Windows console": {**ASCII, "PYTHONIOENCODING": "cp1252"},
}
SUITE = """
    import pytest
    @pytest.mark.parametrize("size", ["gr\\u00f6\\u00dfe", "\\U0001f600"])
    def test_size(size): assert size == "\\U0001f600", "\\u65e5\\u672c"
"""


@pytest.mark.parametrize("env", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_texts_arrive_whatever_the_locale_can_say(
    env: dict[str, str], plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=SUITE)
    bare = plain.run(flag="", env=env)
    outcome = plain.run(server=server, env=env)
    outcome.check()
    assert outcome.exit_status == bare.exit_status == 1
    assert "stopped" not in "".join(outcome.summary)
    assert server.of_level("job") == outcome.jobs
    (failed,) = [job for job in outcome.jobs if job["status"] == "error"]
    assert failed["error"]["message"].startswith("\u65e5\u672c\n")


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_journals_are_private_under_any_umask(umask: int, plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    runner = "import os, sys; os.umask(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", runner, str(umask), *plain.command("--ddci")],
        cwd=plain.directory,
        env=plain.environ(),
        capture_output=True,
        check=False,
    )
    outcome = plain.outcome(done.returncode, done.stdout, done.stderr)
    outcome.check()
    assert outcome.exit_status == 0
    directory = plain.directory / ".ddci"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}
