"""A throw-away project that is run as its user would run it: pytest in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from textwrap import dedent
from typing import TYPE_CHECKING

from tests.intake_server import KEY
from tests.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.intake_server import IntakeServer

_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
)
# How coverage is told to measure a process.
_MEASURED = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_FILE")
_LONGEST = 120
# What takes part without being asked for in every environment: ours, and what it lives with.
_OWN = ("ddci", "xdist")
ALONE = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
"""Keeps out what the machine that runs the tests happens to have installed."""


def with_plugins(wanted: tuple[str, ...] = ()) -> list[str]:
    """The arguments that load our plugin, xdist's and the wanted ones where none loads itself."""
    return [part for name in (*_OWN, *wanted) for part in ("-p", name)]


def without_plugins() -> list[str]:
    """The arguments that keep out all others where plugins load themselves."""
    names = {point.name for point in entry_points(group="pytest11")}
    strangers = sorted(name for name in names if not name.startswith(_OWN))
    return [part for name in strangers for part in ("-p", f"no:{name}")]


class Project:
    """A directory with tests.

    Args:
        directory: its root.
        distribution: arguments that say how its tests are distributed (`-n2` or none).
        autoload: our plugin loads itself, as it does for its users; that takes half as long again.
        covered: its processes count as ours where coverage is measured.
    """

    def __init__(
        self,
        directory: Path,
        distribution: tuple[str, ...] = (),
        *,
        autoload: bool = False,
        covered: bool = True,
    ) -> None:
        self.directory = directory
        self.distribution = distribution
        self.autoload = autoload
        self.covered = covered
        (directory / "pytest.ini").write_text("[pytest]\n")

    def write(self, **files: str) -> None:
        """Write Python files; the keyword is the name without `.py`, `__` stands for `/`."""
        for name, text in files.items():
            self.file(f"{name.replace('__', '/')}.py", text)

    def file(self, name: str, text: str) -> Path:
        """Write any file."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def environ(
        self, server: IntakeServer | None = None, env: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """A clean environment: no CI, no Datadog, no outer pytest."""
        names = (*_KEPT, *_MEASURED) if self.covered else _KEPT
        kept = {name: os.environ[name] for name in names if name in os.environ}
        kept |= {
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_CEILING_DIRECTORIES": str(self.directory.parent),
        }
        if server is not None:
            kept |= {"DD_API_KEY": KEY, "DDCI_URL": server.url, "NO_PROXY": "127.0.0.1"}
        return {**kept, **(env or {})}

    def _environ_of_pytest(
        self, server: IntakeServer | None, env: Mapping[str, str] | None
    ) -> dict[str, str]:
        return {**({} if self.autoload else {ALONE: "1"}), **self.environ(server, env)}

    def command(self, *args: str, plugins: tuple[str, ...] = ()) -> list[str]:
        return [
            sys.executable,
            "-m",
            "pytest",
            *(without_plugins() if self.autoload else with_plugins(plugins)),
            "--junitxml=junit.xml",
            *args,
        ]

    def run(
        self,
        *args: str,
        server: IntakeServer | None = None,
        env: Mapping[str, str] | None = None,
        plugins: tuple[str, ...] = (),
        flag: str = "--ddci",
        cwd: Path | None = None,
    ) -> Outcome:
        """Run `pytest --ddci` with those arguments to its end."""
        before = len(server.seen) if server else 0
        done = subprocess.run(  # noqa: S603 - our own command
            self.command(*([flag] if flag else []), *self.distribution, *args, plugins=plugins),
            cwd=cwd or self.directory,
            env=self._environ_of_pytest(server, env),
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        )
        return self.outcome(done.returncode, done.stdout, done.stderr, server, before)

    def start(
        self,
        *args: str,
        server: IntakeServer | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start `pytest --ddci` in a process group of its own, to be interrupted."""
        return subprocess.Popen(  # noqa: S603 - our own command
            self.command("--ddci", *self.distribution, *args),
            cwd=self.directory,
            env=self._environ_of_pytest(server, env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def terminate(self, process: subprocess.Popen[bytes], *, group: bool = True) -> Outcome:
        """Do what CI does to cancel a job: SIGTERM, to the whole process group or not."""
        (os.killpg if group else os.kill)(process.pid, signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=_LONGEST)
        return self.outcome(process.returncode, stdout, stderr)

    def interrupt(self, process: subprocess.Popen[bytes], *, times: int = 1) -> Outcome:
        """Press Ctrl-C as a terminal does: the whole process group gets it."""
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=_LONGEST)
        return self.outcome(process.returncode, stdout, stderr)

    def wait_for_journal(self, process: subprocess.Popen[bytes], *texts: bytes) -> None:
        """Until a running session's journal has all these texts.

        The journal is asked, not the tests: under xdist the controller hears of a test's start
        only after its worker has begun it.
        """
        limit = time.monotonic() + _LONGEST
        missing = texts
        while missing:
            kept = b"".join(each.read_bytes() for each in self.directory.glob(".ddci/run-*.jsonl"))
            missing = tuple(text for text in texts if text not in kept)
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < limit, missing
            time.sleep(0.02)

    def outcome(
        self,
        status: int,
        stdout: bytes,
        stderr: bytes,
        server: IntakeServer | None = None,
        before: int = 0,
    ) -> Outcome:
        return Outcome(
            exit_status=status,
            stdout=stdout.decode("utf-8", "replace"),
            stderr=stderr.decode("utf-8", "replace"),
            directory=self.directory,
            junit=self.directory / "junit.xml",
            requests=[seen.events for seen in server.seen[before:]] if server else [],
        )

    def ddci(
        self,
        *args: str,
        server: IntakeServer | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line tool."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "pytest_ddci.cli", *args],
            cwd=cwd or self.directory,
            env=self.environ(server, env),
            capture_output=True,
            timeout=_LONGEST,
            check=False,
            text=True,
        )

    def python(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a Python program of the project's."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, *args],
            cwd=self.directory,
            env=self.environ(),
            capture_output=True,
            timeout=_LONGEST,
            check=False,
            text=True,
        )

    def shell(
        self, line: str, *, server: IntakeServer | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a line as a user who copies it from the terminal."""
        return subprocess.run(  # noqa: S602 - that a shell understands it is the point
            line,
            shell=True,
            cwd=cwd or self.directory,
            env=self.environ(server),
            capture_output=True,
            timeout=_LONGEST,
            check=False,
            text=True,
        )

    def start_ddci(self, *args: str, server: IntakeServer) -> subprocess.Popen[bytes]:
        """Start the command line tool, to be interrupted."""
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "pytest_ddci.cli", *args],
            cwd=self.directory,
            env=self.environ(server),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
