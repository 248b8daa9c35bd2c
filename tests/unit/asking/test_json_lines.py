"""Answers for machines."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.answers import Bucket, CIEvent
from pytest_ddci.asking.json_lines import json_line

TEXT = st.text(max_size=5)
JSON = st.recursive(
    st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(TEXT, JSON | st.none() | st.booleans(), max_size=3), st.lists(TEXT))
def test_an_event_is_as_the_api_shows_it(tree: dict[str, Any], tags: list[str]) -> None:
    shown = {
        "id": "AgAA",
        "type": "cipipeline",
        "attributes": {"ci_level": "job", "tags": tags, "attributes": tree},
        "unknown": 1,
    }
    line = json_line(CIEvent.of(shown), str)
    assert json.loads(line) == shown
    assert line.isascii()
    assert line.isprintable()


def test_a_bucket_is_as_the_api_shows_it() -> None:
    points = [{"time": "2026-11-22T04:00:00.000Z", "value": 1.5}]
    shown = {"by": {"@a": "x", "@b": 3}, "computes": {"c0": 3, "c1": 2.5, "c2": "t", "c3": points}}
    assert json.loads(json_line(Bucket.of(shown), str)) == shown


def test_secrets_are_taken_out_and_it_stays_json() -> None:
    tree = {"message": 'a "hunter2"', "hunter2": [{"x": "hunter2\n"}], "n": 2}
    event = CIEvent.of({"attributes": {"attributes": tree}})
    line = json_line(event, lambda text: text.replace("hunter2", '"[x]"'))
    assert json.loads(line)["attributes"]["attributes"] == {
        "message": 'a ""[x]""',
        '"[x]"': [{"x": '"[x]"\n'}],
        "n": 2,
    }
