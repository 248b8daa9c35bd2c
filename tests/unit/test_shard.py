"""Which of how many: the user's word, the providers' variables, and who is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.shard import MOST, Shard, missing_shards, parse_shard, provided_shard


@pytest.mark.parametrize(
    ("text", "shard"),
    [("2/8", Shard(8, 2)), ("0/8", Shard(8, 0)), ("8/8", Shard(8, 8)), (" 1 / 1 ", Shard(1, 1))],
)
def test_a_shard_is_a_number_of_a_total(text: str, shard: Shard) -> None:
    assert parse_shard(text) == shard


@pytest.mark.parametrize(
    "text", ["", "2", "9/8", "0/0", "a/b", "-1/2", "1/2/3", "1.0/2", "²/8", f"1/{MOST + 1}"]
)
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="K/N"):
        parse_shard(text)


@given(st.integers(1, MOST).flatmap(lambda n: st.builds(Shard, st.just(n), st.integers(0, n))))
def test_a_shard_reads_as_it_is_written(shard: Shard) -> None:
    assert parse_shard(str(shard)) == shard


@pytest.mark.parametrize(
    ("provider", "environ", "shard"),
    [
        ("gitlab", {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"}, Shard(4, 1)),
        ("gitlab", {"CI_NODE_INDEX": "4", "CI_NODE_TOTAL": "4"}, Shard(4, 4)),
        ("circleci", {"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "4"}, Shard(4, 1)),
        ("circleci", {"CIRCLE_NODE_INDEX": "3", "CIRCLE_NODE_TOTAL": "4"}, Shard(4, 4)),
        (
            "buildkite",
            {"BUILDKITE_PARALLEL_JOB": "1", "BUILDKITE_PARALLEL_JOB_COUNT": "2"},
            Shard(2, 2),
        ),
        (None, {"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "2"}, Shard(2, 0)),
        ("github", {"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "2"}, Shard(2, 1)),
    ],
)
def test_a_provider_tells_its_shard(
    provider: str | None, environ: dict[str, str], shard: Shard
) -> None:
    assert provided_shard(environ, provider) == shard


def test_the_variables_of_the_run_s_own_provider_come_first() -> None:
    environ = {
        "CIRCLE_NODE_INDEX": "0",
        "CIRCLE_NODE_TOTAL": "4",
        "CI_NODE_INDEX": "2",
        "CI_NODE_TOTAL": "3",
    }
    assert provided_shard(environ, "gitlab") == Shard(3, 2)
    assert provided_shard(environ, "circleci") == Shard(4, 1)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "1"},
        {"CIRCLE_NODE_INDEX": "4", "CIRCLE_NODE_TOTAL": "4"},
        {"CI_NODE_TOTAL": "1"},
        {"CI_NODE_INDEX": "1"},
        {"CI_NODE_INDEX": "x", "CI_NODE_TOTAL": "2"},
    ],
)
def test_a_job_without_parallel_ones_is_no_shard(environ: dict[str, str]) -> None:
    assert provided_shard(environ, "circleci") is None


def test_missing_are_those_of_the_totals_that_the_others_name() -> None:
    assert missing_shards([Shard(3, 1), Shard(3, 3)]) == [Shard(3, 2)]
    assert missing_shards([Shard(3, 0), Shard(3, 2)]) == [Shard(3, 1)]
    assert missing_shards([Shard(2, 1), Shard(2, 2), Shard(3, 2), Shard(3, 3)]) == [Shard(3, 1)]
    assert missing_shards([]) == []
