"""Runs in which something of ours raises, and what the same run is without us."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.outcome import Outcome

SUITE = """
    import pytest
    def test_pass(): pass
    def test_fail(): assert 1 == 2
    @pytest.mark.skip
    def test_skip(): pass
    @pytest.fixture
    def broken():
        yield
        raise OSError
    def test_teardown(broken): pass
    def test_deselected(): pass
"""
# A plugin that is there before ours is. It puts an error behind the guard of a method that has
# one, and in the place of anything else.
BREAKER = """
    import importlib, os

    def break_(target):
        module, _, path = target.partition(":")
        owner = importlib.import_module(module)
        *classes, name = path.split(".")
        for each in classes:
            owner = getattr(owner, each)
        def broken(*args, **kwargs):
            raise RuntimeError(f"injected into {name}")
        method = getattr(owner, name)
        if hasattr(method, "__wrapped__"):
            names = method.__code__.co_freevars
            method.__closure__[names.index("hook")].cell_contents = broken
        else:
            setattr(owner, name, broken)

    for target in os.environ.get("BREAK", "").split():
        break_(target)
"""
# After everybody has put back what they had changed.
LEFT = """

    import signal

    def tell():
        print("left:", sorted(name for name in os.environ if name.startswith("DDCI_")))
        print("left:", signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM))

    def pytest_configure(config):
        config.add_cleanup(tell)
"""
ARGUMENTS = (
    "-p",
    "breaker",
    # The breaker imports ours before pytest does.
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "--no-header",
    "-k",
    "not deselected",
)


@dataclass(frozen=True)
class Appearance:
    """What a user sees of a run to the byte, our own lines, times and addresses apart."""

    status: int
    left: list[str]
    stdout: str
    stderr: str
    junit: str


def appearance(outcome: Outcome) -> Appearance:
    left = re.compile(r"^left: .*\n", re.MULTILINE)
    stdout = re.sub(r"^ddci: .*\n", "", outcome.stdout, flags=re.MULTILINE)
    junit = outcome.junit.read_text(encoding="utf-8")
    return Appearance(
        outcome.exit_status,
        left.findall(stdout),
        _without_chance(left.sub("", stdout)),
        _without_chance(outcome.stderr),
        re.sub(r'\b(time|timestamp)="[^"]*"', r'\1=""', _without_chance(junit)),
    )


def _without_chance(text: str) -> str:
    text = re.sub(r"\b0x[0-9a-f]+", "ADDRESS", text)
    # How much is left of the line depends on how long the time is.
    return re.sub(r"=+ (.*) in [\d.]+s( \([\d:]+\))? =+", r"= \1 in TIME =", text)


class Breaking:
    """One suite, run again and again in one place, with and without us.

    Args:
        directory: where.
        distribution: `-n1` or nothing: with one worker the order is always the same.
        files: what it consists of.
    """

    def __init__(
        self, directory: Path, distribution: tuple[str, ...], files: Mapping[str, str]
    ) -> None:
        # Only where it loads itself is there anything to be broken before it is there.
        self.project = Project(directory, distribution, autoload=True)
        self.project.write(breaker=BREAKER.rstrip() + LEFT, **files)
        self._without_us: Appearance | None = None

    @property
    def without_us(self) -> Appearance:
        """What it looks like when the plugin is off."""
        if self._without_us is None:
            self._without_us = appearance(self._run("", "-p", "no:ddci"))
            assert self._without_us.left
        return self._without_us

    def broken(self, target: str, *, flag: str = "--ddci") -> Outcome:
        """A run with a fault inside, which must look as if we were not there."""
        expected = self.without_us
        (self.project.directory / "junit.xml").unlink()
        outcome = self._run(target, flag=flag)
        seen = appearance(outcome)
        if target.endswith("pytest_unconfigure"):
            # Who cannot put things back does not.
            seen = replace(seen, left=expected.left)
        assert seen == expected
        return outcome

    def _run(self, target: str, *args: str, flag: str = "") -> Outcome:
        env = {"BREAK": target, "DDCI_ENABLED": "true"}
        return self.project.run(*ARGUMENTS, *args, env=env, flag=flag)
