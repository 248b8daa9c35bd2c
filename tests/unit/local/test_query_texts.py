"""Which documents a query finds: the language by example.

Texts: attributes, names, free text, wildcards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.local.parser import parse
from tests.naive_search import found
from tests.search_table import SEARCH
from tests.searched_documents import DOCUMENTS

if TYPE_CHECKING:
    from tests.search_table import SearchTable

EVERYTHING = " ".join(DOCUMENTS)
PIPELINES = "shop nightly payments"
JOBS = "fast failed slow unicode special operators"
STEPS = "address4 address6 mapped lookalike"


def without(*names: str) -> str:
    """All documents but these."""
    return " ".join(name for name in DOCUMENTS if name not in " ".join(names).split())


ATTRIBUTES = {
    "@ci.status:error": "shop stage failed",
    "@ci.status:Error": "",
    "@ci.status:err": "",
    '@ci.status:"error"': "shop stage failed",
    "@ci.status: error": "shop stage failed",
    r"@ci.status:er\ror": "shop stage failed",
    r"@ci\.status:error": "shop stage failed",
    r"@c\i.status:error": "shop stage failed",
    "@ci.pipeline.name:shop": "shop fast failed slow unicode special operators",
    '@ci.pipeline.name:"Shop nightly"': "nightly",
    '@ci.pipeline.name:"shop nightly"': "",
    r"@ci.pipeline.name:Shop\ nightly": "nightly",
    '@git.branch:"feature/shop nightly"': "payments",
    "@git.branch:release/1.x": "nightly",
    "@git.branch:main": "shop",
    "@git.commit.message:Fix": "",
    "@error.type:AssertionError": "failed",
    "@no.such.attribute:x": "",
    "@ci:error": "",
    '@ci.job.name:"tests/test_cart.py::test_total[*]"': "failed",
    r"@ci.job.name:tests/test_cart.py\:\:test_total\[\*\]": "failed",
    r"@ci.job.name:tests/test_cart.py\:\:test_total\[EUR-1.5\]": "fast",
    r'@ci.job.name:"a+b=c \"quoted\" C:\\temp 100%_done"': "special",
    '@ci.job.name:"AND OR NOT TO"': "operators",
    "@note:100%": "",
    '@note:"100% done"': "special",
    '@note:"100_ done"': "",
    '@note:"-excluded"': "operators",
    r"@note:\-excluded": "operators",
    "@build:42": "address4",
    "@build:042": "address6",
    '@build:""': "lookalike",
}
NAMES_AND_TAGS = {
    "ci_level:pipeline": PIPELINES,
    "ci_level:job": JOBS,
    "ci_level:Job": "",
    "ci_level:(job OR step)": f"{JOBS} {STEPS}",
    "env:prod": "shop stage fast failed",
    "env:Prod": "payments",
    "env:(prod OR staging)": "shop nightly stage fast failed",
    "(env:prod AND -ci_level:job)": "shop stage",
    "team:backend": "shop payments",
    "team:Backend": "shop payments",
    "TEAM:backend": "shop payments",
    "team:back*": "shop payments",
    "team:BACK*": "shop payments",
    "test.result:fail": "failed",
    "test.result:(pass OR skip)": "fast slow",
    "tags:backend": "",
    'tags:"team:backend"': "shop payments",
    r"tags:team\:backend": "shop payments",
    "tags:team*": PIPELINES,
    "tags:version?1.9": "payments",
    "tags:*": "shop nightly payments stage fast failed slow",
    "tags:flaky-suite": "stage",
    "tags:Flaky-Suite": "stage",
    "flaky-suite:*": "",
    "team:*": PIPELINES,
    "-team:* ci_level:(pipeline OR stage)": "stage",
    "service:shop": "",
    r"team\::backend": "",
}
FREE_TEXT = {
    "shop": "shop nightly payments fast failed slow unicode special operators",
    "SHOP": "shop nightly payments fast failed slow unicode special operators",
    "nightly": "nightly",
    "payments": "payments",
    '"payments shop"': "payments",
    '"Shop payments"': "",
    "payments-shop": "payments",
    "shop nightly": "nightly",
    "nightly shop": "nightly",
    '"nightly shop"': "",
    "hello": "failed",
    "HELLO world": "failed",
    '"hello world"': "failed",
    '"hello   world!!!"': "failed",
    '"world hello"': "",
    '"world expected"': "failed",
    '"expected 5 6"': "failed",
    "hello_world": "unicode",
    "ärger": "unicode",
    "GRÖSSE": "",
    "TEST_GRÖßE": "unicode",
    "test_gro": "",
    "naïve": "unicode",
    "test_total": "fast failed",
    "test": "slow",
    "cart": "",
    "test_cart.py": "fast failed",
    '"Test Login"': "slow",
    '"shop Test"': "",
    "hell": "",
    "shop -nightly": "shop payments fast failed slow unicode special operators",
    "hello OR login": "failed slow",
    "main": "",
    "backend": "",
    "ERROR": "",
    '"AND"': "operators",
    '"OR NOT"': "operators",
    "ANDROID": "",
    "and": "operators",
    "“hello world”": "failed",
    "hello “ expected": "failed",
    "100": "special",
    "1.5": "fast",
    "*hello*": "failed unicode",
    "*HELLO*": "failed unicode",
    "shop*": "shop nightly fast failed slow unicode special operators",
    "*shop": "shop payments fast failed slow unicode special operators",
    "*größe*": "unicode",
    "hello*6": "failed",
    "h?llo*": "failed",
    "?hop": "shop fast failed slow unicode special operators",
}
WILDCARDS = {
    "@ci.pipeline.name:shop*": "shop fast failed slow unicode special operators",
    "@ci.pipeline.name:Shop*": "nightly",
    "@ci.pipeline.name:*shop": "shop payments fast failed slow unicode special operators",
    "@ci.pipeline.name:*hop*": "shop nightly payments fast failed slow unicode special operators",
    "@ci.pipeline.name:?hop*": "shop nightly fast failed slow unicode special operators",
    "@ci.pipeline.name:????": "shop fast failed slow unicode special operators",
    "@ci.pipeline.name:???": "",
    "@ci.pipeline.name:Shop?nightly": "nightly",
    "@ci.pipeline.name:S*p*y": "nightly",
    "@ci.pipeline.name:S**y": "nightly",
    '@ci.pipeline.name:"shop*"': "",
    '@ci.job.name:"*total*"': "",
    r"@ci.job.name:*\[\*\]": "failed",
    r"@ci.job.name:*\[EUR-?.?\]": "fast",
    r"@ci.job.name:*\:\:*": "fast failed",
    r"@ci.job.name:*C\:\\temp*": "special",
    "@ci.job.name:*%_done": "special",
    "@ci.job.name:*100*done": "special",
    "@ci.job.name:*_total*": "fast failed",
    "@note:100%*": "special",
    "@note:100_*": "",
    "@ci.job.name:test_gr??e*": "unicode",
    r"@ci.job.name:*na?ve\]": "unicode",
    "@git.commit.message:Fix*7": "shop",
    "@git.commit.message:Fix*Closes?7": "shop",
    "@git.commit.message:*cart??Closes*": "shop",
    "@git.branch:*/*": "nightly payments",
    "@build:?*": "address4 address6 mapped",
    "@build:*42": "address4 address6 mapped",
    "@ci.parameters:BROWSER*": "shop nightly",
    r"@ci.parameters:*\:3": "shop",
    "@ci.pipeline.number:4*": "shop nightly",
    "@ci.pipeline.number:4?": "shop",
    "@ci.pipeline.number:*2": "shop",
    "@coverage:87.*": "fast",
    r"@retries:\-*": "slow",
    "@ci.is_manual:t*": "nightly",
}
EXAMPLES = ATTRIBUTES | NAMES_AND_TAGS | FREE_TEXT | WILDCARDS


@pytest.mark.parametrize(("query", "expected"), EXAMPLES.items(), ids=EXAMPLES)
def test_a_query_finds(query: str, expected: str, searched: SearchTable) -> None:
    assert searched.found(query) == expected.split()


@pytest.mark.parametrize(("query", "expected"), EXAMPLES.items(), ids=EXAMPLES)
def test_the_naive_search_agrees(query: str, expected: str) -> None:
    assert found(SEARCH, parse(query), DOCUMENTS) == expected.split()


@pytest.mark.parametrize(("query", "expected"), FREE_TEXT.items(), ids=FREE_TEXT)
def test_free_text_is_found_in_words_that_are_kept(
    query: str, expected: str, searched_by_words: SearchTable
) -> None:
    assert searched_by_words.found(query) == expected.split()
