"""What `ddci send` takes for the journal of a large run that was never delivered."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.bench.contenders import DDCI, DDCI_SENT
from tests.bench.environment import environ, interpreter
from tests.bench.intake import SlowIntake
from tests.bench.process import Usage, measure, use
from tests.bench.suites import Suite, trivial

if TYPE_CHECKING:
    from pathlib import Path

TESTS = 25_000
"""Four events each, and those of stages and pipeline."""


def send(place: Path, tests: int, rounds: int) -> tuple[list[Usage], SlowIntake]:
    """Send one journal again and again.

    Returns:
        What each took, and the intake that got the last one.
    """
    suite = place / "sending"
    Suite("sending", tests, trivial).write(suite)
    measure(DDCI, suite, place)
    used, journals = [], suite / ".ddci"
    for number in range(rounds):
        copy = place / f"journals-{number}"
        shutil.copytree(journals, copy)
        intake = SlowIntake()
        command = [interpreter(), "-m", "pytest_ddci.cli", "send", str(copy)]
        used.append(use(command, place, environ(place, DDCI_SENT, intake.url)))
        intake.close()
    return used, intake
