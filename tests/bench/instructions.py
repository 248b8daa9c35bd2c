"""How many instructions a test costs: exact where a clock is not, on any machine, however busy.

Two suites of different sizes are run and the difference divided by the tests that one has more,
so that start and end do not count. There are two ways to count:

- `valgrind`: machine instructions, by its cachegrind without a cache (the same count as callgrind's
  in a fifth of the time). What they are worth depends on how Python was compiled; a
  figure holds for one kind of build.
- `bytecodes`: instructions of Python's own machine, for where there is no valgrind. They do not
  know what C code costs but see every line of Python that is executed, and are the same for every
  build of a minor version.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.bench import bytecodes
from tests.bench.environment import arguments, environ, interpreter
from tests.bench.suites import Suite, trivial

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.contenders import Contender

VALGRIND = "valgrind"
BYTECODES = "bytecodes"
# Large enough that what only the first tests cost hardly counts.
_SIZES = (100, 600)
_LONGEST = 600
_OUT = "cachegrind-out-file"
_SUMMARY = re.compile(r"^summary: (\d+)", re.MULTILINE)


def mechanism() -> str:
    """The way to count here."""
    return VALGRIND if shutil.which("valgrind") else BYTECODES


def per_test(
    contenders: Sequence[Contender], place: Path, how: str, sizes: tuple[int, int] = _SIZES
) -> dict[str, float]:
    """The instructions of a test, by the name of the contender.

    Args:
        contenders: who is measured; each runs twice.
        place: an empty directory.
        how: `valgrind` or `bytecodes`.
        sizes: of the two suites.

    Raises:
        RuntimeError: a run failed.
    """
    small, large = sizes
    for number, contender in enumerate(contenders):
        # The first run compiles what the measured ones import.
        _run(contender, place / f"warm-{number}", 1, [interpreter()])
    jobs = [(contender, size) for size in (large, small) for contender in contenders]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = list(pool.map(lambda job: _count(job[0], job[1], place, how), jobs))
    counted = dict(zip(jobs, counts, strict=True))
    return {
        contender.name: (counted[contender, large] - counted[contender, small]) / (large - small)
        for contender in contenders
    }


def _count(contender: Contender, size: int, place: Path, how: str) -> int:
    directory = place / f"{contender.name}-{size}"
    result = place / f"{directory.name}.count"
    if how == BYTECODES:
        _run(contender, directory, size, [interpreter(), bytecodes.__file__, str(result)])
        return int(result.read_text())
    command = [str(shutil.which("valgrind")), "--tool=cachegrind", "--cache-sim=no"]
    _run(contender, directory, size, [*command, f"--{_OUT}={result}", interpreter()])
    found = _SUMMARY.search(result.read_text())
    if found is None:
        raise RuntimeError(f"valgrind counted nothing: {result}")
    return int(found[1])


def _run(contender: Contender, directory: Path, size: int, command: list[str]) -> None:
    Suite("counted", size, trivial).write(directory)
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *arguments(contender)],
        cwd=directory,
        env=environ(directory.parent, contender),
        capture_output=True,
        timeout=_LONGEST,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{done.args}: exit {done.returncode}\n{done.stdout}{done.stderr}")
