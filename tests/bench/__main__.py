"""What reporting costs: `python -m tests.bench [--quick] [SUITE ...]`.

Runs plain pytest, this plugin in its modes, `--junitxml` and the peers that are installed on
suites of its own, in turn, and prints medians of what each adds to plain pytest. `--check` only
counts instructions, and fails when a test costs 5 % more of them than what is kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import instructions, kept, table
from tests.bench.campaign import COUNTED, Campaign
from tests.bench.sending import TESTS
from tests.bench.suites import suites

_COUNTING = "instructions"
_SENDING = "send"
_QUICK = 10


def main(argv: list[str]) -> int:
    """Measure what is asked for; 1 when `--check` finds that a test has become dearer."""
    known = suites()
    every = [*known, _SENDING, _COUNTING]
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(every)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the tests, three rounds")
    parser.add_argument("--rounds", type=int, help="how often each is run; 7")
    parser.add_argument("--check", action="store_true", help="fail when a test has become dearer")
    parser.add_argument("--keep", action="store_true", help="keep what --check compares with")
    said = parser.parse_args(argv)
    if unknown := sorted(set(said.suites).difference(every)):
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(every)}")
    part = _QUICK if said.quick else 1
    with tempfile.TemporaryDirectory(prefix="ddci-bench-") as place:
        if said.keep:
            return _keep(Path(place))
        if said.check:
            return _check(Path(place))
        campaign = Campaign(Path(place), said.rounds or (3 if said.quick else 7), _say)
        campaign.warm_up(known["one"])
        for name in said.suites or every:
            if name == _COUNTING:
                campaign.count()
            elif name == _SENDING:
                campaign.send(TESTS // part)
            else:
                campaign.run(known[name].part(part))
        campaign.end()
    return 0


def _check(place: Path) -> int:
    figures = kept.read()
    how = kept.mechanism(instructions.mechanism(), figures)
    counted = instructions.per_test(COUNTED, place / how, how)
    verdict = kept.judge(kept.cost(counted), figures.get(how, {}).get(kept.build(how)))
    _say(table.instructions(how, counted))
    _say(f"this plugin over plain pytest: {verdict.words}")
    return 0 if verdict.passes else 1


def _keep(place: Path) -> int:
    for how in dict.fromkeys((instructions.mechanism(), instructions.BYTECODES)):
        counted = instructions.per_test(COUNTED, place / how, how)
        _say(table.instructions(how, counted))
        kept.keep(how, counted)
    return 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
