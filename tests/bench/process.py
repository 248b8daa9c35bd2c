"""One measured process: what the system says it took, and what the meter within it says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench import meter
from tests.bench.environment import arguments, environ, interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.bench.contenders import Contender

_MAIN = "main"
_KIB = 1024
# Tests passed, tests failed: anything else is no measurement.
_ENDED = (0, 1)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took, all processes that it waited for included.

    Attributes:
        wall: seconds from its start to its end.
        cpu: seconds of user and system time.
        peak: megabytes of the largest of the processes.
    """

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a test session took; seconds and megabytes.

    Attributes:
        wall: from start to end.
        cpu: of all its processes.
        peak: of the largest of them.
        start: from the start to the first test.
        end: from the last test to the end.
        loop: CPU time of the process that was started while tests ran.
        workers: the same of all its workers.
    """

    wall: float
    cpu: float
    peak: float
    start: float
    end: float
    loop: float
    workers: float


def use(command: Sequence[str], directory: Path, env: Mapping[str, str]) -> Usage:
    """Run a command to its end.

    Raises:
        RuntimeError: it fails otherwise than by failing tests.
    """
    begun = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=directory,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    if process.returncode not in _ENDED:
        raise RuntimeError(f"exit {process.returncode}: {' '.join(command)} in {directory}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _KIB)


def measure(
    contender: Contender, directory: Path, place: Path, *, workers: int = 0, url: str = ""
) -> Figures:
    """Run the suite in that directory once.

    Raises:
        RuntimeError: as `use`.
    """
    for leftover in (".ddci", ".pytest_cache"):
        shutil.rmtree(directory / leftover, ignore_errors=True)
    figures = place / "figures"
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir()
    env = {**environ(place, contender, url), meter.PLACE: str(figures)}
    command = [interpreter(), *arguments(contender, workers), "-p", meter.__name__]
    begun = time.monotonic()
    used = use(command, directory, env)
    told = {each.stem: json.loads(each.read_text()) for each in figures.glob("*.json")}
    main = told.pop(_MAIN)
    return Figures(
        wall=used.wall,
        cpu=used.cpu,
        peak=used.peak,
        start=main["begun"] - begun,
        end=begun + used.wall - main["ended"],
        loop=main["cpu"],
        workers=sum(each["cpu"] for each in told.values()),
    )
