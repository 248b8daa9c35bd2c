"""What a query finds in the store is what a look at each document finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.local.columns import FREE_TEXT
from pytest_ddci.local.facets import RESERVED
from pytest_ddci.local.parser import parse
from pytest_ddci.local.store import Store
from tests.naive_search import NaiveSearch
from tests.stored import documents, law, rewrite, sent
from tests.wire import START_NS

if TYPE_CHECKING:
    from pathlib import Path

NAIVE = NaiveSearch(
    free_text=FREE_TEXT,
    reserved=RESERVED,
    durations=frozenset({"duration", "start", "ci.queue_time"}),
)


QUERIES = """
*
ci_level:job
ci_level:(job OR step)
@ci.status:error
-@ci.status:error
@ci.pipeline.id:p-1
@ci.job.name:*x*
@ci.job.name:"a b"
@duration:>=2s
@duration:[1s TO 2s]
@ci.queue_time:>1ms
@_top_level:1
@ci.is_manual:true
@ci.is_manual:*
-@ci.is_manual:*
@ci.parameters:k\\:v
@ci.parameters:*
@ci.node.labels:l1
@ci.node.labels:l*
@t:a
@t:A
@t:*
-@t:a
@t:>a
t:a
T:A
t:*
tags:t\\:a
tags:T*
@m:5
@m:>4
@m:*
m:5
@test.result:fail
test.result:FAIL
@test:*
@duration.call:>0.5
@ci:*
@ci.pipeline:*
env:prod
env:Prod
service:shop
source:pytest
host:h1
status:error
message:boom
a b
"a b"
"b a"
boom
BOOM
bo*
@error.message:boom
@error.message:b??m
@git.branch:main
git.branch:main
@git.repository.name:a/b
@git.repository.id:*
@git.commit.author.date_timestamp:>5
(env:prod OR @t:a) -@ci.status:error
NOT (t:a @m:5)
""".strip().splitlines()
SOME = st.sampled_from
GIT = {
    "repository_url": "https://h.example/a/b.git",
    "sha": "0" * 40,
    "author_email": "a@b.c",
    "author_time": "2027-01-15T08:00:00Z",
    "branch": "main",
}


TAGS = [
    *("t:a", "t:A", "T:b", "test.result:fail", "m:5"),
    *("git.branch:main", "env:prod", "odd", "ci:x"),
]


@st.composite
def events(draw: st.DrawFn) -> list[bytes]:
    """Jobs, and other levels, that have what the queries ask for, or have not."""
    lines = []
    for place in range(draw(st.integers(1, 12))):
        level = draw(SOME(["job", "job", "step", "stage", "pipeline"]))
        fields: dict[str, Any] = {
            "env": draw(SOME([None, "prod", "Prod"])),
            "service": draw(SOME([None, "shop"])),
            "name": draw(SOME(["a b", "x", "a-b!", "wx y"])),
            "status": draw(SOME(["success", "error"])),
            "tags": draw(
                st.lists(
                    SOME(TAGS),
                    max_size=3,
                )
            ),
            "metrics": draw(st.lists(SOME(["m:5", "m:4.5", "t:5", "duration.call:1"]), max_size=2)),
            "parameters": draw(SOME([None, {"k": "v"}, {"k": "w", "l": "v"}])),
            "error": draw(SOME([None, {"message": "boom"}, {"message": "A boom! b"}])),
            "node": draw(SOME([None, {"labels": ["l1", "l2"]}, {"hostname": "h1", "labels": []}])),
            "git": draw(SOME([None, GIT])),
        }
        if level == "pipeline":
            fields |= {"unique_id": f"p-{place}", "is_manual": draw(SOME([None, True, False]))}
        if level == "job":
            fields["queue_time"] = draw(SOME([None, 0, 5]))
        fields = {name: value for name, value in fields.items() if value is not None}
        lines.append(sent(level, str(place), START_NS + draw(st.integers(0, 5)) * SECOND, **fields))
    return lines


@law(4)
@given(lines=events(), pending=SOME([0, 10**9]))
def test_a_query_finds_what_a_look_at_each_document_finds(
    tmp_path: Path, lines: list[bytes], pending: int
) -> None:
    rewrite(tmp_path, lines)
    with Store(tmp_path, pending=pending) as store:
        everything = documents(store)
        for query in QUERIES:
            tree = parse(query)
            wanted = [each for each in everything if NAIVE.matches(tree, each)]
            assert documents(store, query) == wanted, query
