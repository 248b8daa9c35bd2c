"""Names and values that would be SQL, if anything of a user's ever became SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.store import Store
from tests.stored import ALWAYS, aggregated, documents, ids, sent, write
from tests.wire import START_NS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = {
    "a quote": "it's",
    "quotes": "\"x\" 'y'",
    "a statement": "'; DROP TABLE live.events; --",
    "an identifier": '"; DELETE FROM live.events; --',
    "a comment": "/* x */ -- y",
    "a place": "? $1 {0} {} %s :name",
    "a pattern": "%_*?[a]\\",
    "NUL": "a\x00b",
    "a line break": "a\r\nb",
    "not ASCII": "é漢😀",
    "a file": "/etc/passwd",
    "a function": "read_text('/etc/passwd')",
    "empty": "",
    "dots": "..a..",
    "a colon": "a:b",
    "long": "x" * 100_000,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    directory = tmp_path_factory.mktemp("hostile")
    write(
        directory,
        [
            sent("job", "a", START_NS, tags=["t:x"], metrics=["m:1"], name="one"),
            sent("job", "b", START_NS + SECOND, tags=["t:y"], metrics=["m:2"], name="two"),
        ],
    )
    with Store(directory) as made:
        yield made


@pytest.fixture(autouse=True)
def unchanged(store: Store) -> Iterator[None]:
    """Whatever is asked, nothing is changed by it."""
    yield
    assert ids(store) == ["b", "a"]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("sign", ["@", ""], ids=["attribute", "name"])
def test_a_facet_or_a_metric_of_any_name_is_just_not_there(
    store: Store, name: str, sign: str
) -> None:
    body = {
        "compute": [
            {"aggregation": "sum", "metric": f"{sign}{name}" or "@"},
            {"aggregation": "cardinality", "metric": f"{sign}{name}" or "@"},
        ],
        "group_by": [
            {
                "facet": f"{sign}{name}" or "@",
                "missing": "none",
                "sort": {
                    "type": "measure",
                    "aggregation": "most_frequent",
                    "metric": f"{sign}{name}" or "@",
                },
            }
        ],
    }
    assert aggregated(store, body) == [
        {"by": {f"{sign}{name}" or "@": "none"}, "computes": {"c0": None, "c1": 0}}
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_text_is_a_key_for_what_is_missing_or_total(store: Store, text: str) -> None:
    body: dict[str, Any] = {"group_by": [{"facet": "@u", "missing": text, "total": f"{text}!"}]}
    assert [each["by"] for each in aggregated(store, body)] == [{"@u": text}, {"@u": f"{text}!"}]


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_lone_surrogates_are_in_no_event(store: Store, text: str) -> None:
    assert store.catalogue.attribute(text) == store.catalogue.name(text) == ()
    body = {"group_by": [{"facet": "@u", "missing": text, "total": text}]}
    assert [each["by"] for each in aggregated(store, body)] == [{"@u": text}] * 2


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_text_that_is_sent_comes_back_and_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "other").mkdir()
    line = sent("job", "a", name=f"n{text}", parameters={text: text}, tags=[f"k.{text}:{text}"])
    write(tmp_path / "other", [line])
    with Store(tmp_path / "other") as store:
        (document,) = documents(store)
        job = document["attributes"]["ci"]["job"]
        condition = Sql('"ci.job.name" = ?', (job["name"],))
        assert len(store.search(condition, ALWAYS).data) == 1
        body = {"group_by": [{"facet": "@ci.job.name"}, {"facet": "@ci.parameters"}]}
        (bucket,) = aggregated(store, body)
        assert bucket["by"]["@ci.job.name"] == job["name"]
        assert [bucket["by"]["@ci.parameters"]] == document["attributes"]["ci"]["parameters"]
        for tag in document["tags"]:
            key, _, value = tag.partition(":")
            (bucket,) = aggregated(store, {"group_by": [{"facet": f"@{key}"}]})
            assert bucket["by"] == {f"@{key}": value}


def test_the_numbers_of_parameters_do_not_depend_on_texts(store: Store) -> None:
    condition = Sql("'a ? b' = ? AND '?' || ? = ?", ("a ? b", "x", "?x"))
    assert len(store.search(condition, ALWAYS).data) == 2
