"""Queries that mean harm: answered or refused at once, and nothing is changed by them."""

from __future__ import annotations

from time import process_time

import pytest

from pytest_ddci.local.catalogue import Sql
from pytest_ddci.local.conditions import where
from pytest_ddci.local.parser import NESTING, TERMS
from pytest_ddci.local.query_syntax_error import QuerySyntaxError
from tests.search_table import SearchTable
from tests.searched_documents import DOCUMENTS

DEEP = 10_000
INJECTIONS = [
    "'; DROP TABLE documents; --",
    "' OR '1'='1",
    "') OR TRUE --",
    "x' UNION SELECT 1 --",
    "/* */ DELETE FROM documents",
    "$1 ? :name {0} {1} %s",
    "${x} {{}} \\' \\\\",
    "id",
    "item",
    "key",
    'x" OR "id"="id',
]
COSTLY = {
    "nested parentheses": "(" * DEEP + "a" + ")" * DEEP,
    "opened parentheses": "(" * 60_000,
    "closed parentheses": ")" * 60_000,
    "nested negations": "NOT (" * DEEP + "a" + ")" * DEEP,
    "as deep as allowed": "NOT (a b OR " * NESTING + "c" + ")" * NESTING,
    "groups as deep as allowed": "@a:(b -(c OR " * (NESTING // 2) + "d" + "))" * (NESTING // 2),
    "a megabyte": "a" * 1_000_000,
    "a megabyte of quotes": '"' * 1_000_000,
    "signs": "-" * 60_000,
    "quotes": '"' * 60_001,
    "backslashes": "\\" * 60_001,
    "escapes": "@a:" + "\\*" * 30_000,
    "colons": "a:" * 30_000,
    "gaps": "a" + " “" * 30_000 + "b",
    "a phrase of many words": '"' + "a " * 30_000 + '"',
    "a pattern that backtracks": "@ci.job.name:" + "*a" * 50 + "?b",
    "a long pattern": "@ci.job.name:*" + "a" * 60_000 + "*?b",
    "a long number": "@duration:>" + "9" * 60_000,
    "a number beyond a float": "@duration:>1e" + "9" * 60_000,
    "a long duration": "@duration:>" + "9" * 60_000 + "ms",
    "a long bound": "@a:[" + "9" * 60_000 + " TO *]",
    "a long network": "CIDR(@a,1.2.3.4/" + "9" * 60_000 + ")",
    "many networks": f"CIDR(@a{',1.2.3.4' * 7_000})",
    "many values of one field": "@ci.status:(" + " ".join(map(str, range(TERMS))) + ")",
    "many fields": " OR ".join(f"@a{place}:1" for place in range(TERMS)),
}


@pytest.fixture(scope="module")
def table() -> SearchTable:
    return SearchTable(
        {
            **DOCUMENTS,
            "patient": {
                "ci_level": "job",
                "tags": [],
                "attributes": {"ci": {"job": {"name": "a" * 5_000}}},
            },
        }
    )


@pytest.mark.parametrize("query", COSTLY.values(), ids=COSTLY)
def test_a_costly_query_is_refused_or_answered_soon(query: str, table: SearchTable) -> None:
    start = process_time()
    try:
        sql = where(query, table)
    except QuerySyntaxError as refusal:
        assert len(str(refusal)) < 200  # noqa: PT017 - refused or compiled: either will do
        sql = Sql("FALSE")
    assert process_time() - start < 1
    table.matches(sql)
    assert process_time() - start < 5


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("query", ["{}", "@{}:x", "{}:*", "@a:{}", '@a:"{}"', "CIDR({},1.2.3.4)"])
def test_nothing_of_a_query_becomes_sql(query: str, text: str, table: SearchTable) -> None:
    before = table.found("*")
    for written in (text, text.replace(" ", r"\ ").replace(":", r"\:"), text.replace('"', '\\"')):
        try:
            matches = table.found(query.replace("{}", written, 1))
        except QuerySyntaxError:
            continue
        assert matches == []
    assert table.found("*") == before


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_looks_like_sql_is_found_as_it_is(text: str) -> None:
    document = {"ci_level": "job", "tags": [], "attributes": {"a": text, "env": text, text: "b"}}
    table = SearchTable({"x": document})
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    escaped = "".join(f"\\{character}" for character in text)
    for query in (f"@a:{quoted}", f"env:{quoted}", f"@a:{escaped}", f"env:*{escaped}"):
        assert table.found(query) == ["x"], query
    assert table.found(f'_exists_:"@{quoted[1:]}') == ["x"]
