"""Everything that is measured in one go, printed as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import instructions, table, targets
from tests.bench.contenders import DDCI, DDCI_SENT, JUNITXML, PLAINLY, contenders
from tests.bench.intake import SlowIntake
from tests.bench.process import measure
from tests.bench.rounds import Rounds
from tests.bench.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.contenders import Contender
    from tests.bench.process import Figures
    from tests.bench.suites import Suite

COUNTED = (PLAINLY, DDCI, JUNITXML)
"""Whose instructions are counted."""

_WORKERS = 2


class Campaign:
    """Measures, prints tables, and at the end which targets are kept to.

    Args:
        place: an empty directory.
        rounds: how often each contender runs on each suite.
        say: prints.
    """

    def __init__(self, place: Path, rounds: int, say: Callable[[str], None]) -> None:
        self._place = place
        self._rounds = rounds
        self._say = say
        self._contenders = contenders()
        self._measured: dict[tuple[str, int], Rounds] = {}
        self._targets: list[targets.Target] = []

    def warm_up(self, suite: Suite) -> None:
        """Run everybody once, so that modules are compiled and files are in memory."""
        self._run(suite, 0, 1)

    def run(self, suite: Suite) -> None:
        """Measure a suite in one process and, if it is meant for that, with two workers."""
        for workers in (0, _WORKERS) if suite.distributed else (0,):
            rounds, intake = self._run(suite, workers, max(round(self._rounds * suite.rounds), 1))
            self._measured[suite.name, workers] = rounds
            title = f"{suite.name}, -n {workers}" if workers else suite.name
            self._say(table.figures(title, rounds))
            self._say(table.sent(intake) + "\n")

    def send(self, tests: int) -> None:
        """Measure `ddci send`."""
        used, intake = send(self._place, tests, self._rounds)
        self._say(f"`ddci send`: {table.sent(intake)}\n")
        self._targets += targets.of_sending(used, intake.events)

    def count(self) -> None:
        """Count instructions."""
        how = instructions.mechanism()
        counted = instructions.per_test(COUNTED, self._place / "counted", how)
        self._say(table.instructions(how, counted) + "\n")
        if how == instructions.VALGRIND:
            self._targets.append(targets.of_instructions(counted))

    def end(self) -> None:
        """Say which targets are kept to."""
        self._say("\n".join(map(str, [*targets.of_runs(self._measured), *self._targets])))

    def _run(self, suite: Suite, workers: int, count: int) -> tuple[Rounds, SlowIntake]:
        """The runs, and the intake that got what the last one sent."""
        directory = self._place / suite.name
        if not directory.exists():
            suite.write(directory)
            measure(PLAINLY, directory, self._place)
        rounds, intake = Rounds(suite.tests), SlowIntake()

        def once(contender: Contender) -> Figures:
            nonlocal intake
            if contender != DDCI_SENT:
                return measure(contender, directory, self._place, workers=workers)
            intake.close()
            intake = SlowIntake()
            return measure(contender, directory, self._place, workers=workers, url=intake.url)

        rounds.run(self._contenders, count, once)
        intake.close()
        return rounds, intake
