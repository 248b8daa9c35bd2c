"""Couriers: fresh processes that deliver a journal for one which can no longer do so by itself."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from typing import TYPE_CHECKING

from pytest_ddci.clock import SECOND
from pytest_ddci.errors import DdciError
from pytest_ddci.options import API_KEY
from pytest_ddci.order import VARIABLE, Order, decode_report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_ddci.clock import Anchor, Deadline
    from pytest_ddci.config import Config
    from pytest_ddci.delivery import DeliveryReport
    from pytest_ddci.surroundings import Surroundings

# Standard modules first: what a test directory calls `json.py` is none of the courier's.
_PROGRAM = """
import sys
sys.path[:] = [path for path in sys.path if path]
sys.path += [path for path in {paths!r} if path not in sys.path]
import os
from pytest_ddci.errand import main
main(os.environ)
"""
_MILLISECOND = SECOND // 1_000
_TICK_NS = 250 * _MILLISECOND
_EARLIER_NS = 500 * _MILLISECOND
"""How much earlier than this process a courier stops waiting, so that it is heard in time."""
_SLACK_NS = 200 * _MILLISECOND
_PIECE = 65_536
_NOWHERE = "/dev/null"


class CourierError(DdciError):
    """There is no process to be had, or it came to no end."""


class Courier:
    """Starts a process that sends, with the environment and the modules there are now.

    What it takes to start one is held here, where no test that mocks it finds it.

    Args:
        config: where to send, and what to redact.
        environ: the environment as it is now.
        anchor: of this process's clock.
        surroundings: know whether this process is fit to send.
    """

    def __init__(
        self,
        config: Config,
        environ: Mapping[str, str],
        anchor: Anchor,
        surroundings: Surroundings,
    ) -> None:
        self._config = config
        self._anchor = anchor
        self._surroundings = surroundings
        self._environ = dict(environ)
        paths = [os.path.abspath(path) for path in sys.path]  # noqa: PTH100 - `resolve` follows links
        program = _PROGRAM.format(paths=paths)
        self._command = [sys.executable, "-W", "ignore", "-c", program]
        self._spawn = os.posix_spawn
        self._pipe, self._read, self._close = os.pipe, os.read, os.close
        self._wait, self._kill, self._poll = os.waitpid, os.kill, select.poll

    def reason(self) -> str:
        """Why this process should not send by itself; empty where it may."""
        change = self._surroundings.change()
        return f"{change} is not what it was before the tests" if change else ""

    def deliver(self, journal: Path, deadline: Deadline) -> DeliveryReport:
        """What a fresh process has made of the journal, soon after the deadline at the latest.

        Raises:
            CourierError: there is none, or it says nothing in time; nothing is known to be
                delivered then.
        """
        try:
            return decode_report(self._said(self._order(journal, deadline), deadline))
        except (OSError, ValueError) as error:
            raise CourierError(f"another process cannot either: {error}") from error

    def _order(self, journal: Path, deadline: Deadline) -> dict[str, str]:
        """The environment of a process that is to deliver the journal."""
        config = self._config
        order = Order(
            journal=str(journal),
            url=config.url,
            gzip=config.gzip,
            redact=config.redact,
            redact_env=config.redact_env,
            anchor=self._anchor,
            until_ns=deadline.at_ns - _EARLIER_NS,
        )
        key = config.api_key.reveal() if config.api_key else ""
        return {**self._environ, API_KEY: key, VARIABLE: order.encode()}

    def _said(self, environ: Mapping[str, str], deadline: Deadline) -> bytes:
        """What a process with that environment writes before it ends."""
        ours, theirs = self._pipe()
        try:
            actions = (
                (os.POSIX_SPAWN_DUP2, theirs, 1),
                (os.POSIX_SPAWN_OPEN, 0, _NOWHERE, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, _NOWHERE, os.O_WRONLY, 0),
            )
            try:
                pid = self._spawn(self._command[0], self._command, environ, file_actions=actions)
            finally:
                self._close(theirs)
            try:
                return self._all_of(ours, deadline)
            finally:
                self._end(pid)
        finally:
            self._close(ours)

    def _end(self, pid: int) -> None:
        """Let nothing of a process remain; one that is still there is not waited for.

        Whoever is no child of ours any more, for a test has made the system forget children, must
        not be killed: its number may be another's by now.
        """
        with contextlib.suppress(OSError):
            found, _ = self._wait(pid, os.WNOHANG)
            if not found:
                self._kill(pid, signal.SIGKILL)
                self._wait(pid, 0)

    def _all_of(self, pipe: int, deadline: Deadline) -> bytes:
        poll = self._poll()
        poll.register(pipe, select.POLLIN)
        said = bytearray()
        # Asked anew each time, for a deadline may come nearer.
        while (left_ns := deadline.at_ns + _SLACK_NS - deadline.clock.now_ns()) > 0:
            if poll.poll(min(_TICK_NS, left_ns) // _MILLISECOND + 1):
                piece = self._read(pipe, _PIECE)
                if not piece:
                    return bytes(said)
                said += piece
        raise TimeoutError("it does not answer in time")


def can_start() -> bool:
    """Whether there is an interpreter to start, and a way to start it that no mock reaches."""
    name = os.path.basename(sys.executable or "")  # noqa: PTH119 - a text, no path of interest
    is_python = name.lower().startswith(("python", "pypy")) and not getattr(sys, "frozen", False)
    return is_python and hasattr(os, "posix_spawn") and hasattr(select, "poll")
