"""Parts of a shared pipeline that are looked up because their journals are not at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.answers import CIEvent
from pytest_ddci.clock import SECOND
from pytest_ddci.contribution import Contribution
from pytest_ddci.errors import ClientError
from pytest_ddci.parts import Parts
from pytest_ddci.searched import look_up, query_of, searched_contributions
from pytest_ddci.shard import Shard
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterable

T0 = 1_800_000_000 * SECOND


def stage(key: str, shard: str = "1/2", *, as_tags: bool = True, **more: Any) -> CIEvent:  # noqa: ANN401 - any JSON
    """A stage as the API shows it: its custom tags in the list, or among the attributes."""
    tags = {"ddci.part": key, "ddci.shard": shard}
    attributes: dict[str, Any] = {
        "start": T0,
        "duration": 10 * SECOND,
        "ci": {"status": "success", "stage": {"name": "test_a.py"}, "pipeline": {"name": "shop"}},
        "tests": {"collected": 3.0, "passed": 3.0},
        **more,
    }
    listed = [f"{name}:{value}" for name, value in tags.items()]
    if not as_tags:
        attributes["ddci"] = {"part": key, "shard": shard}
    return CIEvent.of(
        {
            "attributes": {
                "ci_level": "stage",
                "attributes": attributes,
                "tags": listed if as_tags else [],
            }
        }
    )


@pytest.mark.parametrize("as_tags", [True, False])
def test_the_stages_of_a_process_are_its_part(*, as_tags: bool) -> None:
    failed: dict[str, Any] = {"ci": {"status": "error", "stage": {"name": "test_b.py"}}}
    [found] = searched_contributions(
        "p-1",
        [
            stage("a.1", as_tags=as_tags),
            stage("a.1", as_tags=as_tags, start=T0 + 5 * SECOND, **failed),
        ],
    )
    assert (found.key, found.shard) == ("a.1", Shard(2, 1))
    assert found.resource == {
        "unique_id": "p-1",
        "name": "shop",
        "start": "2027-01-15T08:00:00.000000Z",
        "end": "2027-01-15T08:00:15.000000Z",
        "status": "error",
        "metrics": ["tests.collected:6", "tests.passed:6"],
        "error": {
            "message": "stages that failed:\ntest_b.py",
            "type": "TestsFailed",
            "domain": "unknown",
        },
    }


def test_stages_of_other_runs_are_nobody_s_part() -> None:
    assert searched_contributions("p-1", [CIEvent.of({"attributes": {"tags": ["a:b"]}})]) == []


def test_an_id_is_quoted_within_the_query() -> None:
    assert query_of('a"b\\c') == 'ci_level:stage @ci.pipeline.id:"a\\"b\\\\c"'


def known(index: int) -> Contribution:
    times = {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T08:01:00Z"}
    return Contribution(pipeline_id="p-1", key=f"{index}.1", shard=Shard(2, index), resource=times)


class Search:
    """Answers one after the other, the last one again and again."""

    def __init__(self, *answers: list[CIEvent] | ClientError) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, query: str, seconds: float) -> Iterable[CIEvent]:
        assert "p-1" in query
        assert seconds > 0
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ClientError):
            raise answer
        return answer


def test_it_asks_until_no_shard_is_missing() -> None:
    search = Search([], [], [stage("2.1", "2/2")])
    parts = look_up(Parts([known(1)]), "p-1", search, FakeClock(), 30)
    assert [each.shard for each in parts.known] == [Shard(2, 1), Shard(2, 2)]
    assert (search.asked, parts.problem) == (3, "")


def test_what_a_journal_says_counts_more_than_what_is_found() -> None:
    search = Search([stage("1.1", "1/2"), stage("2.1", "2/2")])
    parts = look_up(Parts([known(1)]), "p-1", search, FakeClock(), 30)
    assert [each.key for each in parts.known] == ["1.1", "2.1"]
    assert parts.known[0] is not None
    assert parts.known[0].resource == known(1).resource


def test_it_gives_up_in_time() -> None:
    clock = FakeClock()
    before = clock.now_ns()
    parts = look_up(Parts([known(1)]), "p-1", Search([]), clock, 30)
    assert [each.key for each in parts.known] == ["1.1"]
    assert clock.now_ns() - before <= 30 * SECOND


def test_a_search_that_fails_is_a_problem_and_no_error() -> None:
    search = Search(ClientError("403 Forbidden"))
    parts = look_up(Parts([known(1)]), "p-1", search, FakeClock(), 30)
    assert [each.key for each in parts.known] == ["1.1"]
    assert parts.problem == "the search failed: 403 Forbidden"
