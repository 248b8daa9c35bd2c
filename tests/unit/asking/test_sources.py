"""Whom questions go to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.asking.questions import Datadog, Journals
from pytest_ddci.asking.sources import EVER, RECENT, opened
from pytest_ddci.clock import SystemClock
from pytest_ddci.config import resolve
from pytest_ddci.errors import ConfigError
from pytest_ddci.journal import Journal
from pytest_ddci.queries import AggregateRequest, SearchRequest
from tests.read_api import API_KEY, APP_KEY, ReadApi, events
from tests.stored import write
from tests.wire import START_NS, event, header

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ddci.config import Config
    from pytest_ddci.options import Option

BOTH = {"DD_API_KEY": API_KEY, "DD_APP_KEY": APP_KEY}


class Nothing:
    """Neither a command line nor an ini file."""

    def cli(self, _: Option) -> object:
        return None

    def ini(self, _: Option) -> object:
        return None


def config(**environ: str) -> Config:
    return resolve(Nothing(), environ)


def test_with_both_keys_datadog_is_asked_about_the_last_days(tmp_path: Path) -> None:
    with opened(config(**BOTH, DD_SITE="datadoghq.eu"), tmp_path, SystemClock()) as source:
        assert isinstance(source.questions, Datadog)
        assert (source.name, source.since) == ("Datadog (https://api.datadoghq.eu)", RECENT)
        assert source.problems() == []


@pytest.mark.parametrize("keys", [{}, {"DD_API_KEY": API_KEY}, {"DD_APP_KEY": APP_KEY}])
def test_without_both_keys_the_journals_are_asked_about_everything(
    keys: dict[str, str], tmp_path: Path
) -> None:
    with opened(config(**keys), tmp_path, SystemClock()) as source:
        assert isinstance(source.questions, Journals)
        assert (source.name, source.since) == (f"the journals in {tmp_path}", EVER)


def test_the_journals_are_asked_in_spite_of_keys(tmp_path: Path) -> None:
    with opened(config(**BOTH), tmp_path, SystemClock(), local=True) as source:
        assert isinstance(source.questions, Journals)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "DD_API_KEY is not set: Datadog cannot be asked"),
        ({"DD_API_KEY": API_KEY}, "DD_APP_KEY is not set: Datadog cannot be asked"),
        ({**BOTH, "DD_APP_KEY": "two words"}, "DD_APP_KEY is malformed: Datadog cannot be asked"),
    ],
    ids=["none", "one", "malformed"],
)
def test_datadog_is_not_asked_without_keys(
    keys: dict[str, str], words: str, tmp_path: Path
) -> None:
    with (
        pytest.raises(ConfigError, match=f"^{words}$"),
        opened(config(**keys), tmp_path, SystemClock(), remote=True),
    ):
        pass


def test_without_duckdb_the_journals_cannot_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("pytest_ddci.local.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    words = r"^asking the journals needs duckdb: pip install 'pytest-ddci\[local\]'$"
    with pytest.raises(ConfigError, match=words), opened(config(), tmp_path, SystemClock()):
        pass


def test_journals_answer_with_models_and_tell_what_they_could_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "journals", [event("job", "a"), b"garbage"])
    with opened(config(), path.parent, SystemClock()) as source:
        request = SearchRequest.of({"filter": {"from": "0", "to": "now+9999d"}})
        [found] = source.questions.events(request).data
        assert found.get("@ci.job.id") == "a"
        count = AggregateRequest.of(
            {"compute": [{"aggregation": "count"}], "filter": {"from": "0", "to": "now+9999d"}}
        )
        [bucket] = source.questions.aggregate(count).buckets
        assert bucket.computes == {"c0": 1}
        assert source.problems() == ["run-20270115T080001Z-00000001: 1 line that cannot be read"]


@pytest.mark.parametrize(
    ("killed", "words"),
    [
        (0, []),
        (1, ["a run that was killed counts as running until `ddci send`"]),
        (2, ["2 killed runs count as running until `ddci send`"]),
    ],
)
def test_runs_that_nobody_writes_any_more_are_told_of(
    tmp_path: Path, killed: int, words: list[str]
) -> None:
    for number in range(killed + 1):
        head = header()
        head["pipeline"] |= {"unique_id": f"p-{number}"}  # type: ignore[operator] # a dict
        journal = Journal.create(tmp_path, head, start_ns=START_NS)
        if number == killed:
            journal.append([event("pipeline", unique_id=f"p-{number}")])
        journal.close()
    with opened(config(), tmp_path, SystemClock()) as source:
        assert source.problems() == words


def test_datadog_is_asked_what_the_request_says() -> None:
    from pytest_ddci.client import Client  # noqa: PLC0415 - not needed by the others

    api = ReadApi(events("1", after="next"))
    request = SearchRequest.of(
        {
            "filter": {"query": "a:b", "from": "5", "to": "6"},
            "sort": "timestamp",
            "page": {"limit": 7, "cursor": "c"},
        }
    )
    with Client(API_KEY, APP_KEY, transport=api) as client:
        assert [each.id for each in Datadog(client).events(request).data] == ["1"]
    assert api.bodies == [request.body()]
