"""The real git: a child process without shell, prompt, locks or a say in when we go on."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.context.git import GitAnswer

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

# A hook of git runs its programs with these set, for the repository of the hook.
_NOT_OURS = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}
    | {"GIT_PREFIX", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF"}
)
_SETTINGS = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
_MOST_BYTES = 4 * 1024 * 1024
"""Of an answer; a longer one is cut."""


class SubprocessGit:
    """Runs the git found on the environment's `PATH`.

    Args:
        environ: the environment git is given, but for what would point it elsewhere.
    """

    __slots__ = ("_environ", "_program")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {k: v for k, v in environ.items() if k not in _NOT_OURS} | _SETTINGS
        program = shutil.which("git", path=environ.get("PATH", os.defpath))
        # Never a `git` that lies in the directory under test.
        self._program = program if program and Path(program).is_absolute() else None

    def __call__(self, args: Sequence[str], cwd: str, timeout: float) -> GitAnswer | None:
        """Run `git <args>` in that directory for at most that many seconds."""
        import subprocess  # noqa: PLC0415 - costs milliseconds, needed once a run at most

        if self._program is None:
            return None
        try:
            process = subprocess.Popen(  # noqa: S603 - arguments are constants, program absolute
                [self._program, "--no-pager", *args],
                cwd=cwd,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError):
            return None
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return None
        return GitAnswer(process.returncode, out[:_MOST_BYTES], err[:_MOST_BYTES])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started, without waiting for whoever still holds its pipes."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
