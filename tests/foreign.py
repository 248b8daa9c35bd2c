"""The main job on a test suite that is not ours: `python -m tests.foreign [NAME==VERSION]`.

Takes the source distribution of a package from the registry, runs its own tests with `--ddci` and
`--junitxml` in one process and in every dist mode of xdist, and compares them test by test. The
package itself must be installed.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.outcome import Outcome, junit_results
from tests.project import ALONE, with_plugins

_MODES = {
    "plain": ("-p", "no:xdist"),
    **{
        mode: ("-n2", "--dist", mode)
        for mode in ("load", "loadfile", "loadscope", "loadgroup", "worksteal", "each")
    },
}
_LONGEST = 300
# What a package calls the directory of its tests.
_TESTS = ("testing", "tests", "test")


def main(argv: list[str]) -> int:
    """Run and compare; 0 when every mode agrees with junitxml and with the plain run."""
    package = argv[0] if argv else f"pluggy=={importlib.metadata.version('pluggy')}"
    problems = 0
    with tempfile.TemporaryDirectory() as place:
        root = _unpack(package, Path(place))
        expected = _run(root, "plain").statuses()
        for mode in _MODES:
            outcome = _run(root, mode)
            outcome.check(junit=False)
            executions = 2 if mode == "each" else 1
            same = outcome.statuses() == {
                name: executions * count for name, count in expected.items()
            }
            agrees = set(junit_results(outcome.junit)) == set(outcome.as_junit())
            problems += not (same and agrees and outcome.jobs)
            print(  # noqa: T201 - a command speaks
                f"{package} {mode}: exit {outcome.exit_status}, {len(outcome.jobs)} jobs, "
                f"as junitxml: {agrees}, as plain: {same}"
            )
    return 1 if problems else 0


def _unpack(package: str, place: Path) -> Path:
    """The unpacked source distribution."""
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
         "--dest", str(place), package],
        check=True,
    )  # fmt: skip
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(place)  # noqa: S202 - what pip has just verified
    return place / archive.name.removesuffix(".tar.gz")


def _run(root: Path, mode: str) -> Outcome:
    shutil.rmtree(root / ".ddci", ignore_errors=True)
    tests = next(name for name in _TESTS if (root / name).is_dir())
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pytest", *with_plugins(), "-p", "no:cacheprovider", "--ddci",
         "--no-ddci-running", "--ddci-dry-run", "--junitxml=junit.xml", *_MODES[mode], tests],
        cwd=root,
        env={**os.environ, ALONE: "1"},
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )  # fmt: skip
    return Outcome(
        exit_status=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
        directory=root,
        junit=root / "junit.xml",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
