"""`ddci serve` in a process of its own, as its user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
    "COVERAGE_FILE",
)
_LONGEST = 60
_DIRECT = build_opener(ProxyHandler({}))


class Served:
    """A running server; a context manager that listens from the moment it is made.

    Attributes:
        url: scheme, host and port.
        said: the lines before it listened, and the one that says so.

    Args:
        directory: the project's root directory.
        args: of `ddci serve`; the port is a free one.
        env: the environment, besides what a process needs.
    """

    def __init__(self, directory: Path, *args: str, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "pytest_ddci.cli", "serve", "--port=0", *args],
            cwd=directory,
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {**(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline()]
        while self.said[-1] and " listening on " not in self.said[-1]:
            self.said.append(self.process.stdout.readline())
        if not self.said[-1]:
            raise AssertionError(self.process.communicate())
        self.url = self.said[-1].split(" listening on ")[1].partition(",")[0]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal and wait: exit status, and what it has said since it listened."""
        self.process.send_signal(number)
        stdout, stderr = self.process.communicate(timeout=_LONGEST)
        return self.process.returncode, stdout, stderr

    def environ(self, key: str = "any") -> dict[str, str]:
        """Variables with which a session reports to it."""
        keys = {"DD_API_KEY": key, "DD_APP_KEY": "any"}
        return {**keys, "DDCI_URL": self.url, "NO_PROXY": "127.0.0.1"}

    def ask(self, path: str, body: object = None, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """The document that answers a GET, or a POST with a body."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, headers)  # noqa: S310 - our own server
        with _DIRECT.open(request, timeout=_LONGEST) as answer:
            return json.load(answer)

    def __enter__(self) -> Served:  # noqa: PYI034 - 3.10 has no Self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.stop()
