"""The short way of an attempt that passed leads where the long one leads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.encoder import Encoder
from pytest_ddci.errors import RedactionError
from pytest_ddci.facts import (
    AttemptPassed,
    AttemptStarted,
    Outcome,
    Phase,
    PhaseEnded,
    Place,
    Source,
    TestInfo,
)
from pytest_ddci.finished import PassedJob
from pytest_ddci.passed import whole
from pytest_ddci.shard import Shard
from tests.builders import MS, T0, assembler, ended, feed, phase
from tests.unit.test_encoder import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    Times = tuple[int, int, int, int, int, int]

NODEID = "a.py::test_a"
TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
KEYS = st.sampled_from(["test.result", "test.class", "test.mark.slow", "", "a:b"]) | TEXT
INFOS = st.builds(
    TestInfo,
    nodeid=st.none() | TEXT.filter(bool),
    source=st.none() | st.builds(Source, TEXT, st.none() | st.integers(1, 10_000)),
    parameters=st.dictionaries(TEXT, TEXT, max_size=3),
    tags=st.dictionaries(KEYS, TEXT, max_size=3),
    metrics=st.dictionaries(KEYS, st.floats(), max_size=2),
)
YEAR = 366 * 86_400 * 1_000_000_000
TIMES = st.lists(st.integers(0, 2 * YEAR) | st.integers(0, MS), min_size=6, max_size=6).map(
    lambda found: tuple(T0 + each for each in found)
)
WORKERS = st.sampled_from(["", "gw0", "gw1"])
JOBS = st.builds(
    PassedJob,
    id=st.just("j-1"),
    name=TEXT,
    stage_id=st.just("s-1"),
    stage_name=TEXT,
    times=TIMES.map(lambda found: tuple(sorted(found))),
    worker=WORKERS,
    info=INFOS,
    number=st.integers(1, 3),
    flaky=st.booleans(),
)


def encoder(shard: Shard | None, redact: Callable[[str], str] = str) -> Encoder:
    made = Encoder(
        replace(HEAD, shard=shard),
        redact,
        lambda source: f"https://src/{source.path}#{source.line}" if source else "https://src",
        lambda path: ["@a"] if path.startswith("a") else [],
    )
    made.fragments.describe_worker(Place(hostname="h", labels=("l",), tags={"os": "x"}), "gw0")
    return made


def earlier(outcome: Outcome, worker: str) -> list[PhaseEnded]:
    return [
        phase(NODEID, which, outcome if which is Phase.CALL else Outcome.PASSED, worker=worker)
        for which in Phase
    ]


@given(
    passed=st.builds(AttemptPassed, st.just(NODEID), TIMES, WORKERS, INFOS),
    before=st.sampled_from([None, Outcome.FAILED, Outcome.RERUN]),
    each=st.booleans(),
)
def test_an_attempt_at_once_is_the_job_that_its_phases_make(
    passed: AttemptPassed, before: Outcome | None, *, each: bool
) -> None:
    worker = passed.worker
    made = []
    for facts in ([passed], passed.phases()):
        target = assembler(NODEID, each=each)
        feed(target, *(earlier(before, worker) if before else ()), AttemptStarted(NODEID, T0))
        made.append((feed(target, *facts), target.finish(ended())))
    assert made[0] == made[1]


@given(job=JOBS, shard=st.none() | st.just(Shard(3, 2)), steps=st.booleans())
def test_its_lines_are_those_of_the_whole_job(
    job: PassedJob, shard: Shard | None, *, steps: bool
) -> None:
    at_once, in_full = encoder(shard), encoder(shard)
    lines = at_once.jobs.passed(job, steps=steps)
    if lines is not None:
        full = whole(job)
        assert lines.split(b"\n") == [
            in_full.jobs.job(full),
            *(in_full.jobs.steps(full) if steps else ()),
        ]
        assert at_once.fragments.left_out == in_full.fragments.left_out


def test_an_ordinary_test_takes_the_short_way() -> None:
    info = TestInfo(source=Source("a.py", 3), parameters={"n": "1"}, tags={"test.class": "T"})
    job = PassedJob("j-1", NODEID, "s-1", "a.py", (1, 2, 3, 4, 5, 6), "", info, 1, flaky=False)
    assert encoder(None).jobs.passed(job, steps=True)


@pytest.mark.parametrize("secret", ["a.py::test_a", "a.py", "word", "success", "pass"])
def test_what_cannot_be_redacted_is_seen_in_every_event_that_has_it(secret: str) -> None:
    def redact(text: str) -> str:
        if secret in text:
            raise RedactionError
        return text

    info = TestInfo(source=Source("b.py", 3), parameters={"n": "word"})
    job = PassedJob("j-1", NODEID, "s-1", "a.py", (1, 2, 3, 4, 5, 6), "", info, 1, flaky=False)
    target = encoder(None, redact)
    seen = []
    for _ in range(3):
        before = target.fragments.unredacted
        target.jobs.passed(job, steps=True)
        seen.append(target.fragments.unredacted > before)
    assert seen == [secret != "success"] * 3
