"""Which documents a query finds: the language by example.

Numbers, ranges, existence, lists, addresses, and how all of it is combined.
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


EVERYTHING_AND_NOTHING = {
    "": EVERYTHING,
    "  \t\n": EVERYTHING,
    "*": EVERYTHING,
    "*:*": EVERYTHING,
    "**": EVERYTHING,
    "(*)": EVERYTHING,
    "* AND *:*": EVERYTHING,
    "@ci.status:(*:*)": EVERYTHING,
    "-*": "",
    "NOT *": "",
    "NOT *:*": "",
    "* -*": "",
    "nothing_like_that OR *": EVERYTHING,
}
NUMBERS = {
    "@ci.pipeline.number:42": "shop",
    '@ci.pipeline.number:"42"': "shop",
    "@ci.pipeline.number:42.0": "shop",
    "@ci.pipeline.number:4.2e1": "shop",
    "@ci.pipeline.number:042": "shop",
    "@ci.pipeline.number:x42": "",
    "@ci.pipeline.number:(7 OR 42)": "shop payments",
    "@retries:0": "fast",
    "@retries:-5": "slow",
    r"@retries:\-5": "slow",
    '@retries:"-5"': "slow",
    "@retries:7": "unicode",
    "@retries:>0": "failed unicode special",
    "@retries:>=0": "fast failed unicode special",
    "@retries:<0": "slow",
    "@retries:<=0": "fast slow",
    "@retries:>-5": "fast failed unicode special",
    "@retries:>=-5": "fast failed slow unicode special",
    r"@retries:>=\-5": "fast failed slow unicode special",
    '@retries:>="-5"': "fast failed slow unicode special",
    "@retries:>10": "special",
    "@retries:>many": "",
    "@retries:>=many": "special",
    "@retries:<lots": "unicode",
    "@balance:-0.5": "slow",
    "@balance:<-0.4": "slow",
    "@balance:<-5E-1": "",
    "@balance:<=-5E-1": "slow",
    "@coverage:>87": "fast",
    "@coverage:87.25": "fast",
    "@coverage:>1e2": "",
    "@duration:2000000": "fast",
    "@duration:2ms": "fast",
    "@duration:>2ms": "shop nightly payments stage failed unicode special",
    "@duration:>=2ms": "shop nightly payments stage fast failed unicode special",
    "@duration:<2ms": "slow operators",
    "@duration:<=2ms": "fast slow operators",
    "@duration:<1us": "slow operators",
    "@duration:1ns": "operators",
    "@duration:>=7days": "nightly",
    "@duration:>1d": "nightly payments",
    "@duration:>1min": "shop nightly payments",
    "@duration:1.5s": "failed",
    "@duration:>64.999s": "shop nightly payments",
    "@duration:<1e999": "shop nightly payments stage fast failed slow unicode special operators",
    "@duration:0": "slow",
    "@duration:abc": "",
    "@duration:(<1ms OR >1h)": "nightly payments slow operators",
    "@duration:(>=2ms <1m)": "stage fast failed unicode special",
    "version:>=1.9": "payments",
    "version:>1.x": "",
    "version:<1.x": "nightly payments",
    "test.attempt:>1": "failed",
}
RANGES = {
    "@duration:[2ms TO 1500ms]": "fast failed unicode",
    "@duration:{2ms TO 1500ms}": "unicode",
    "@duration:[2000000 TO 1.5s]": "fast failed unicode",
    "@duration:[7days TO *]": "nightly",
    "@duration:[* TO 0]": "slow",
    "@duration:{* TO 1ns}": "slow",
    "@duration:[* TO *]": "shop nightly payments stage fast failed slow unicode special operators",
    "@duration:[5s TO 2ms]": "",
    "@duration:[ 2ms  TO\n1500ms ]": "fast failed unicode",
    '@duration:["2ms" TO "1500ms"]': "fast failed unicode",
    "@retries:[-5 TO 2]": "fast failed slow",
    "@retries:{-5 TO 2}": "fast",
    r"@retries:[\-5 TO 2]": "fast failed slow",
    "@retries:[0 TO *]": "fast failed unicode special",
    "@ci.pipeline.number:[7 TO 42]": "shop payments",
    "@ci.pipeline.number:{7 TO 42}": "",
    "-@ci.pipeline.number:[8 TO *] ci_level:pipeline": "payments",
    "@ci.status:[a TO f]": "shop payments stage failed",
    "@ci.status:{canceled TO error}": "",
    "@ci.status:[canceled TO error]": "shop payments stage failed",
    '@ci.pipeline.name:["Shop a" TO "Shop z"]': "nightly",
    "@build:[40 TO 50]": "address4 address6",
    "@build:[x TO *]": "mapped",
    "@ci.status:[e* TO f*]": "shop stage failed",
    "@ci.status:[a TO *]": without(STEPS, "bare"),
    r"@ci.status:[a TO \*]": "",
    '@ci.status:[a TO "*"]': "",
    "test.result:[p TO z]": "fast slow",
    "@duration:([0 TO 1] OR [7d TO *])": "nightly slow operators",
}
EXISTENCE = {
    "@ci.status:*": without(STEPS, "bare"),
    "-@ci.status:*": f"{STEPS} bare",
    "NOT @ci.status:*": f"{STEPS} bare",
    "@ci.status:**": without(STEPS, "bare"),
    "_exists_:@ci.status": without(STEPS, "bare"),
    '_exists_:"@ci.status"': without(STEPS, "bare"),
    "_missing_:@ci.status": f"{STEPS} bare",
    "-_missing_:@ci.status": without(STEPS, "bare"),
    "_exists_:team": PIPELINES,
    "_exists_:(team OR test.result)": f"{PIPELINES} fast failed slow",
    "_missing_:env": f"slow unicode special operators {STEPS} bare",
    "@retries:*": "fast failed slow unicode special",
    "@balance:*": "slow",
    "@build:*": STEPS,
    "@ci.parameters:*": "shop nightly",
    "@ci.is_manual:*": "shop nightly",
    "-@retries:* ci_level:job": "operators",
    "@error.message:* -@error.type:*": "unicode",
    "env:*": "shop nightly payments stage fast failed",
    "ci_level:*": EVERYTHING,
    "@no.such:*": "",
    "-@no.such:*": EVERYTHING,
}
BOOLEANS_AND_LISTS = {
    "@ci.is_manual:true": "nightly",
    "@ci.is_manual:false": "shop",
    '@ci.is_manual:"true"': "nightly",
    "@ci.is_manual:True": "",
    "@ci.is_manual:1": "",
    "-@ci.is_manual:true": without("nightly"),
    '@ci.parameters:"BROWSER:firefox"': "shop",
    r"@ci.parameters:BROWSER\:chrome": "nightly",
    '@ci.parameters:("BROWSER:chrome" OR "RETRIES:3")': "shop nightly",
    '@ci.parameters:("BROWSER:firefox" "RETRIES:3")': "shop",
    '-@ci.parameters:"RETRIES:3" @ci.parameters:*': "nightly",
    "@client.ip:10.0.0.1": "address6",
    "@client.ip:10*": "address6",
}
COMBINATIONS = {
    "@ci.status:error ci_level:job": "failed",
    "@ci.status:error AND ci_level:job": "failed",
    "@ci.status:error && ci_level:job": "failed",
    "@ci.status:skipped OR ci_level:stage": "stage slow",
    "@ci.status:skipped || ci_level:stage": "stage slow",
    "@ci.status:skipped OR ci_level:stage env:staging": "slow",
    "ci_level:stage env:staging OR @ci.status:skipped": "slow",
    "(@ci.status:skipped OR ci_level:stage) env:prod": "stage",
    "env:prod (@ci.status:skipped OR ci_level:stage)": "stage",
    "ci_level:pipeline -env:prod": "nightly payments",
    "ci_level:pipeline - env:prod": "nightly payments",
    "ci_level:pipeline NOT env:prod": "nightly payments",
    "ci_level:pipeline AND NOT env:prod": "nightly payments",
    "+ci_level:pipeline -env:prod": "nightly payments",
    "ci_level:pipeline -(env:prod OR env:staging)": "payments",
    "NOT(ci_level:job) NOT(ci_level:step)": "shop nightly payments stage bare",
    "-env:prod -env:staging ci_level:pipeline": "payments",
    "-(-ci_level:stage)": "stage",
    "NOT (NOT ci_level:stage)": "stage",
    "ci_level:pipeline OR -ci_level:job": without(JOBS),
    "@ci.status:(error OR canceled)": "shop payments stage failed",
    "@ci.status:(error canceled)": "",
    "@ci.status:(-error) ci_level:pipeline": "nightly payments",
    "@ci.status:(NOT error AND NOT success) ci_level:pipeline": "payments",
    "@ci.status:(error OR -(success OR skipped)) ci_level:pipeline": "shop payments",
    "@ci.status:(error OR (canceled OR skipped))": "shop payments stage failed slow",
    "@ci.status: (error OR canceled)": "shop payments stage failed",
    "-@ci.status:(error OR canceled) ci_level:pipeline": "nightly",
    "@ci.status:(error OR env:staging)": "shop nightly stage failed",
    "@ci.status:(error OR e* OR s*d)": "shop stage failed slow",
    "((((ci_level:stage))))": "stage",
    "(ci_level:stage)(env:prod)": "stage",
    "shop (nightly)": "nightly",
    "shop nightly ci_level:pipeline": "nightly",
    "ci_level:pipeline shop -nightly -payments": "shop",
    "hello AND world OR login": "failed slow",
    "login OR hello world": "failed slow",
    "(login OR hello) world": "failed",
    "shop or nightly": "",
    "shop AND not AND nightly": "",
}
NETWORKS = {
    "CIDR(@client.ip,13.0.0.0/8)": "address4",
    "CIDR(@client.ip, 13.0.0.0/8)": "address4",
    "CIDR( @client.ip , 13.0.0.0/8 , 10.0.0.0/8 )": "address4 address6",
    "CIDR(@client.ip,13.1.2.3)": "address4",
    "CIDR(@client.ip,13.9.9.9/8)": "address4",
    "CIDR(@client.ip,13.0.0.0/255.0.0.0)": "address4",
    r"CIDR(@client\.ip,13.0.0.0/8)": "address4",
    "@build:(CIDR(@client.ip,13.0.0.0/8) OR 042)": "address4 address6",
    "CIDR(@client.ip,13.1.2.3/32)": "address4",
    "CIDR(@client.ip,13.1.2.2/31)": "address4",
    "CIDR(@client.ip,13.1.2.4/30)": "",
    "CIDR(@client.ip,0.0.0.0/0)": "address4 address6",
    "CIDR(@client.ip,2001:db8::/32)": "address6",
    "CIDR(@client.ip,2001:db8::2/127)": "",
    "CIDR(@client.ip,::/0)": "address6 mapped",
    "CIDR(@client.ip,::ffff:0:0/96)": "mapped",
    "CIDR(@client.ip,1.2.3.0/24)": "",
    "CIDR(@client.ip,13.0.0.0/8,2001:db8::/32)": "address4 address6",
    "-CIDR(@client.ip,13.0.0.0/8) ci_level:step": "address6 mapped lookalike",
    "ci_level:step NOT(CIDR(@client.ip, 13.0.0.0/8))": "address6 mapped lookalike",
    "CIDR(@duration,13.0.0.0/8)": "",
    "CIDR(env,13.0.0.0/8)": "",
}
VALUES = NUMBERS | RANGES | EXISTENCE | BOOLEANS_AND_LISTS | NETWORKS
EXAMPLES = EVERYTHING_AND_NOTHING | VALUES | COMBINATIONS


@pytest.mark.parametrize(("query", "expected"), EXAMPLES.items(), ids=EXAMPLES)
def test_a_query_finds(query: str, expected: str, searched: SearchTable) -> None:
    assert searched.found(query) == expected.split()


@pytest.mark.parametrize(("query", "expected"), EXAMPLES.items(), ids=EXAMPLES)
def test_the_naive_search_agrees(query: str, expected: str) -> None:
    assert found(SEARCH, parse(query), DOCUMENTS) == expected.split()
