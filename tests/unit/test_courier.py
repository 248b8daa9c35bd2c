"""The process that delivers for another: what it is told, and how long it is waited for."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.accounting import Accounting
from pytest_ddci.clock import SECOND, Anchor, Deadline
from pytest_ddci.courier import Courier, CourierError, can_start
from pytest_ddci.delivery import DeliveryReport
from pytest_ddci.order import VARIABLE, encode_report
from pytest_ddci.surroundings import Surroundings
from tests.fakes import FakeClock
from tests.unit.test_dispatch import config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

REPORT = DeliveryReport(
    Accounting(emitted=3, delivered=3, emitted_by_level={"job": 3}), delivered=((0, 9),)
)
NOBODY = 0x7FFF_FFFF


class System:
    """What a courier asks of the operating system, with a process that says what it is told to."""

    def __init__(self, said: bytes = b"", *, ends: bool = True) -> None:
        self.said = said
        self.ends = ends
        self.command: Sequence[str] = ()
        self.environ: Mapping[str, str] = {}
        self.killed: list[int] = []
        self.waited: list[int] = []
        self.open: set[int] = set()
        self.forgets_children = False

    def pipe(self) -> tuple[int, int]:
        self.open |= {10, 11}
        return 10, 11

    def read(self, fd: int, size: int) -> bytes:
        assert fd in self.open
        piece, self.said = self.said[:size], self.said[size:]
        return piece

    def close(self, fd: int) -> None:
        self.open.remove(fd)

    def posix_spawn(
        self, path: str, command: Sequence[str], environ: Mapping[str, str], **_: object
    ) -> int:
        assert path == command[0]
        self.command, self.environ = command, environ
        return NOBODY

    def kill(self, pid: int, _: int) -> None:
        self.killed.append(pid)

    def waitpid(self, pid: int, how: int) -> tuple[int, int]:
        self.waited.append(how)
        if self.forgets_children:
            raise ChildProcessError(10, "No child processes")
        return (pid if self.ends or not how else 0), 0


class Poll:
    """Passes time where there is nothing to read."""

    def __init__(self, system: System, clock: FakeClock) -> None:
        self._system = system
        self._clock = clock

    def register(self, fd: int, _: int) -> None:
        assert fd in self._system.open

    def poll(self, milliseconds: int) -> list[int]:
        assert milliseconds > 0
        if self._system.said or self._system.ends:
            return [1]
        self._clock.advance(milliseconds / 1_000)
        return []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def courier(
    system: System,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - any setting
) -> Courier:
    """One that was made while these functions were the system's."""
    surroundings = Surroundings(environ or {})
    with monkeypatch.context() as patch:
        for name in ("pipe", "read", "close", "posix_spawn", "kill", "waitpid"):
            patch.setattr(os, name, getattr(system, name))
        patch.setattr("select.poll", lambda: Poll(system, clock))
        return Courier(config(**more), environ or {}, Anchor(7, 5), surroundings)


def test_its_report_is_what_it_says(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(encode_report(REPORT))
    made = courier(system, clock, monkeypatch)
    assert made.deliver(tmp_path / "run.jsonl", Deadline.after(30, clock)) == REPORT
    assert (system.killed, system.waited) == ([], [os.WNOHANG])
    assert system.open == set()


def test_it_is_told_all_it_must_know_and_the_key_only_by_environment(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(encode_report(REPORT))
    environ = {"HTTPS_PROXY": "http://proxy.example"}
    made = courier(system, clock, monkeypatch, environ, redact=("a+",), url="https://api.example")
    environ.clear()
    deadline = Deadline.after(30, clock)
    made.deliver(tmp_path / "run.jsonl", deadline)
    order = json.loads(system.environ[VARIABLE])
    assert order == {
        "journal": str(tmp_path / "run.jsonl"),
        "url": "https://api.example",
        "gzip": False,
        "redact": ["a+"],
        "redact_env": [],
        "anchor": {"wall_ns": 7, "monotonic_ns": 5},
        "until_ns": deadline.at_ns - SECOND // 2,
    }
    assert system.environ["DD_API_KEY"] == "k"
    assert system.environ["HTTPS_PROXY"] == "http://proxy.example"
    assert system.command[0] == sys.executable
    assert "DD_API_KEY" not in "".join(system.command)


@pytest.mark.parametrize("said", [b"", b"half a rep"])
def test_one_that_says_nothing_to_be_understood_is_an_error(
    said: bytes, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(said)
    with pytest.raises(CourierError, match="another process cannot either"):
        courier(system, clock, monkeypatch).deliver(tmp_path, Deadline.after(30, clock))


def test_one_that_does_not_end_is_ended_after_the_deadline(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(ends=False)
    begun = clock.now_ns()
    with pytest.raises(CourierError, match="it does not answer in time"):
        courier(system, clock, monkeypatch).deliver(tmp_path, Deadline.after(30, clock))
    assert 30 <= (clock.now_ns() - begun) / SECOND < 30.5
    assert (system.killed, system.waited) == ([NOBODY], [os.WNOHANG, 0])
    assert system.open == set()


def test_whoever_is_no_child_any_more_is_not_killed(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(ends=False)
    system.forgets_children = True
    with pytest.raises(CourierError):
        courier(system, clock, monkeypatch).deliver(tmp_path, Deadline.after(1, clock))
    assert system.killed == []


def test_a_deadline_that_comes_nearer_counts(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadline = Deadline.after(30, clock)
    system = System(ends=False)
    begun = clock.now_ns()

    made = courier(system, clock, monkeypatch)
    monkeypatch.setattr(Poll, "register", lambda *_: deadline.hurry(2))
    with pytest.raises(CourierError):
        made.deliver(tmp_path, deadline)
    assert (clock.now_ns() - begun) / SECOND < 2.5


def test_where_none_can_be_started_that_is_the_error(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System()

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(system, "posix_spawn", refuse)
    with pytest.raises(CourierError, match="Operation not permitted"):
        courier(system, clock, monkeypatch).deliver(tmp_path, Deadline.after(30, clock))
    assert system.open == set()


def test_ctrl_c_ends_it(clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(ends=False)
    system.said = b"half a rep"

    def interrupted(*_: int) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(system, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        courier(system, clock, monkeypatch).deliver(tmp_path, Deadline.after(30, clock))
    assert (system.killed, system.waited) == ([NOBODY], [os.WNOHANG, 0])


def test_it_says_what_has_changed(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HTTPS_PROXY": "http://proxy.example"}
    made = courier(System(), clock, monkeypatch, environ)
    environ["HTTPS_PROXY"] = ""
    assert "HTTPS_PROXY is not what it was before the tests" in made.reason()


@pytest.mark.parametrize(
    ("executable", "frozen", "can"),
    [
        ("/usr/bin/python3", False, True),
        ("/venv/bin/pypy3.10", False, True),
        ("/opt/Tool/tool", False, False),
        ("/opt/Tool/python", True, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_only_an_interpreter_is_started(
    executable: str | None, monkeypatch: pytest.MonkeyPatch, *, frozen: bool, can: bool
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    assert can_start() is can
