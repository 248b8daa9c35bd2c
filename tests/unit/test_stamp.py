"""What crosses from the process that runs a test to the one that reports it."""

from __future__ import annotations

import execnet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci import stamp
from pytest_ddci.facts import CustomStep, Failure, Notes, Place, Source, TestInfo
from pytest_ddci.stamp import Stamp

TEXT = st.text(st.characters(exclude_categories=[]))  # lone surrogates and NUL included
TAGS = st.dictionaries(TEXT, TEXT, max_size=3)
PLAIN_TAGS = st.dictionaries(st.text(st.characters(max_codepoint=127)), st.text("ab"), max_size=3)
NUMBERS = st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=3)
NS = st.integers(0, 2**62)
FAILURES = st.builds(Failure, TEXT, TEXT, TEXT, st.sampled_from(["user", "provider"]))
STEPS = st.builds(CustomStep, TEXT, NS, NS, st.none() | FAILURES)
INFOS = st.builds(
    TestInfo,
    nodeid=st.none() | TEXT,
    source=st.none() | st.builds(Source, TEXT, st.none() | st.integers(1, 10_000)),
    parameters=TAGS,
    tags=TAGS,
    metrics=NUMBERS,
)
STAMPS = st.builds(
    Stamp,
    start_ns=NS,
    end_ns=NS,
    took_ns=NS,
    failure=st.none() | FAILURES,
    info=st.none() | INFOS,
    notes=st.none()
    | st.builds(Notes, tags=TAGS, metrics=NUMBERS, steps=st.lists(STEPS, max_size=2).map(tuple)),
    place=st.none()
    | st.builds(Place, hostname=TEXT, labels=st.lists(TEXT, max_size=2).map(tuple), tags=TAGS),
)


@given(STAMPS)
def test_a_stamp_arrives_as_it_was_sent(made: Stamp) -> None:
    assert stamp.decode(stamp.encode(made)) == made


@given(STAMPS)
def test_a_stamp_is_one_ascii_string_that_execnet_takes(made: Stamp) -> None:
    text = stamp.encode(made)
    assert type(text) is str
    assert text.isascii()


@given(NS, NS, st.none() | st.integers(1, 10_000), PLAIN_TAGS, PLAIN_TAGS)
def test_what_is_plain_crosses_as_one_text(
    start_ns: int,
    end_ns: int,
    line: int | None,
    parameters: dict[str, str],
    tags: dict[str, str],
) -> None:
    value = [start_ns, end_ns, "a.py", line, parameters, tags]
    info = TestInfo(source=Source("a.py", line), parameters=parameters, tags=tags)
    expected = Stamp(start_ns, end_ns, end_ns - start_ns, info=info)
    text = stamp.pack(value)
    assert text.isascii()
    assert stamp.unpack(text) == value
    assert stamp.decode(execnet.loads(execnet.dumps(text))) == expected
    assert stamp.decode(value) == expected


@given(NS, NS)
def test_times_alone_cross_too(start_ns: int, end_ns: int) -> None:
    assert stamp.unpack(stamp.pack([start_ns, end_ns])) == [start_ns, end_ns]


@given(st.integers(10**18, 9 * 10**18), st.floats(0, 1e6))
def test_an_end_crosses_as_a_number_and_the_duration_says_the_begin(
    end_ns: int, seconds: float
) -> None:
    value = execnet.loads(execnet.dumps(stamp.moment(end_ns)))
    made = stamp.decode(value, seconds)
    assert 0 <= end_ns - made.end_ns < 1_000
    assert made.end_ns - made.start_ns == made.took_ns == int(seconds * 1e9)
    assert stamp.span(value, seconds) == [made.start_ns, made.end_ns]


@pytest.mark.parametrize("seconds", [None, 1, "1"])
def test_an_end_without_a_duration_is_a_begin_too(seconds: object) -> None:
    assert stamp.span(5.0, seconds) is None
    assert stamp.decode(5.0, seconds) == Stamp(5_000, 5_000)


@given(STAMPS)
def test_what_is_not_plain_is_not_taken_for_it(made: Stamp) -> None:
    assert stamp.unpack(stamp.encode(made)) is None


@pytest.mark.parametrize(("seconds", "took_ns"), [(-1.0, 0), (0.5, 500), (7.0, 900)])
def test_a_duration_is_not_negative_and_not_longer_than_its_phase(
    seconds: float, took_ns: int
) -> None:
    assert stamp.within(seconds / 1e6, 900) == took_ns
