"""The suites that are measured, written to disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MODULE = 100
_FRAMES = 30
_HUGE = 2_000_000


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite of tests.

    Attributes:
        name: what the command line calls it.
        tests: how many.
        module: the source of the module of that number with that many tests.
        distributed: whether it is measured with `-n 2` too.
        rounds: how often it is measured, as a part of what is asked for.
    """

    name: str
    tests: int
    module: Callable[[int], str]
    distributed: bool = False
    rounds: float = 1.0

    def part(self, divisor: int) -> Suite:
        """The same with fewer tests."""
        return replace(self, tests=max(self.tests // divisor, 1))

    def write(self, directory: Path) -> None:
        """Write it, in modules of at most 100 tests."""
        directory.mkdir(parents=True)
        (directory / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
        for number, start in enumerate(range(0, self.tests, _MODULE)):
            source = self.module(min(_MODULE, self.tests - start))
            (directory / f"test_{number:04}.py").write_text(source, encoding="ascii")


def suites() -> dict[str, Suite]:
    """All of them by name."""
    made = (
        Suite("one", 1, trivial),
        Suite("trivial", 10_000, trivial, distributed=True),
        Suite("mixed", 2_000, mixed, distributed=True),
        Suite("deep", 1_000, deep),
        Suite("huge", 20, huge),
        Suite("many", 50_000, trivial, rounds=0.4),
    )
    return {suite.name: suite for suite in made}


def trivial(tests: int) -> str:
    """Tests that do nothing, half of them parametrised."""
    parametrised = tests // 2
    lines = ["import pytest"]
    lines += [
        f"def test_{number}():\n    assert {number} + 1" for number in range(tests - parametrised)
    ]
    if parametrised:
        lines.append(f'@pytest.mark.parametrize("value", range({parametrised}))')
        lines.append("def test_value(value):\n    assert value + 1")
    return "\n".join(lines) + "\n"


def mixed(tests: int) -> str:
    """Of 100 tests 20 fail deeply, 20 write, 10 are skipped, 5 fail in setup, 5 in teardown."""
    counts = {
        "assert_deep": tests * 20 // 100,
        "write": tests * 20 // 100,
        "skip": tests * 10 // 100,
        "broken_setup": tests * 5 // 100,
        "broken_teardown": tests * 5 // 100,
    }
    bodies = {
        "assert_deep": f"():\n    dive({_FRAMES})",
        "write": '():\n    print("written\\n" * 20)\n    logging.warning("logged")',
        "skip": '():\n    pytest.skip("not today")',
        "broken_setup": "(broken_setup):\n    pass",
        "broken_teardown": "(broken_teardown):\n    pass",
    }
    tested = [
        f"def test_{name}_{number}{bodies[name]}"
        for name, count in counts.items()
        for number in range(count)
    ]
    return "\n".join([_MIXED, *tested, trivial(tests - sum(counts.values()))])


def deep(tests: int) -> str:
    """Tests that all fail, thirty frames down."""
    tested = [f"def test_{number}():\n    dive({_FRAMES})" for number in range(tests)]
    return "\n".join([_MIXED, *tested]) + "\n"


def huge(tests: int) -> str:
    """Tests that all fail with a message of two million characters."""
    words = "expected 17 apples in the basket of the customer, found 16\\n"
    tested = [
        f'def test_{number}():\n    raise ValueError("{words}" * {_HUGE // (len(words) - 1)})'
        for number in range(tests)
    ]
    return "\n".join(tested) + "\n"


_MIXED = dedent("""\
    import logging
    import pytest

    def dive(depth):
        found = {"depth": depth, "basket": ["apple", "pear"]}
        if depth <= 1:
            assert found["basket"] == ["apple", "plum"]
        dive(depth - 1)

    @pytest.fixture
    def broken_setup():
        raise RuntimeError("the database does not answer")

    @pytest.fixture
    def broken_teardown():
        yield
        raise RuntimeError("the database does not close")
    """)
