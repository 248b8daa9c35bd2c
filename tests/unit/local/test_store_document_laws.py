"""Whatever the write side takes is shown by the read side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.local.store import Store
from pytest_ddci.timestamps import rfc3339
from tests.stored import documents, law, rewrite, sent

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters=".:"), min_size=1
)
MOMENTS = st.integers(-(10**15), 4 * 10**15).map(lambda microseconds: microseconds * 1_000)
LENGTHS = st.integers(0, 10**12).map(lambda microseconds: microseconds * 1_000)
TAGS = st.builds("x.{}:{}".format, KEYS, TEXT.filter(str.strip))
REALS = st.floats(allow_nan=False, allow_infinity=False)
METRICS = st.builds("y.{}:{!r}".format, KEYS, REALS | st.integers(-(10**15), 10**15))


@law(10)
@given(
    fields=st.fixed_dictionaries(
        {
            "name": TEXT.filter(str.strip),
            "tags": st.lists(TAGS, max_size=3),
            "metrics": st.lists(METRICS, max_size=3),
            "parameters": st.dictionaries(TEXT, TEXT, max_size=3),
            "error": st.fixed_dictionaries({"message": TEXT, "stack": TEXT}),
        }
    ),
    start=MOMENTS,
    lasted=LENGTHS,
)
def test_whatever_is_sent_is_shown(
    tmp_path: Path, fields: dict[str, Any], start: int, lasted: int
) -> None:
    line = sent("job", "a", **fields | {"start": rfc3339(start), "end": rfc3339(start + lasted)})
    resource = json.loads(line)["attributes"]["resource"]
    rewrite(tmp_path, [line])
    with Store(tmp_path) as store:
        (found,) = documents(store)
    attributes = found["attributes"]
    assert (attributes["start"], attributes["duration"]) == (start, lasted)
    assert attributes["ci"]["job"]["name"] == resource["name"]
    assert attributes["error"] == resource["error"]
    assert found["tags"] == resource["tags"]
    parameters = [f"{key}:{value}" for key, value in resource["parameters"].items()]
    assert attributes["ci"].get("parameters", []) == parameters
    told: dict[str, list[str]] = {}
    for tag in resource["tags"]:
        key, _, value = tag.removeprefix("x.").partition(":")
        told.setdefault(key, []).extend([value] if value not in told.get(key, []) else [])
    assert attributes.get("x", {}) == {
        key: values[0] if len(values) == 1 else values for key, values in told.items()
    }
    numbers: dict[str, float] = {}
    for metric in resource["metrics"]:
        key, _, number = metric.removeprefix("y.").partition(":")
        numbers.setdefault(key, float(number))
    assert attributes.get("y", {}) == numbers
