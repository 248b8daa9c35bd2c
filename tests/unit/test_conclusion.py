"""The final event of a shared pipeline: the sum of what its processes say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.conclusion import conclude
from pytest_ddci.contribution import Contribution
from pytest_ddci.shard import Shard

BASE: dict[str, Any] = {
    "level": "pipeline",
    "unique_id": "p-1",
    "name": "shop",
    "partial_retry": False,
    "tags": ["team:checkout", "pytest.exit_status:1", "ddci.recovered:true"],
    "metrics": ["coverage:81.5", "tests.passed:999"],
    "error": {"message": "of one process"},
}
STATUSES = ["success", "error", "canceled", "skipped"]


def part(index: int = 1, total: int = 2, **said: Any) -> Contribution:  # noqa: ANN401 - as BASE
    resource = {"start": "T1", "end": "T2", "status": "success", **said}
    return Contribution(
        pipeline_id="p-1", key=f"{index}.1", shard=Shard(total, index), resource=resource
    )


def failed(message: str, kind: str = "TestsFailed", domain: str = "user") -> dict[str, str]:
    return {"message": message, "type": kind, "domain": domain}


def test_it_spans_all_processes() -> None:
    found = conclude(BASE, [part(1, start="T3", end="T5"), part(2, start="T2", end="T4")])
    assert (found["start"], found["end"]) == ("T2", "T5")


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["success", "success"], "success"),
        (["success", "error"], "error"),
        (["canceled", "error"], "error"),
        (["success", "canceled"], "canceled"),
        (["success", "skipped"], "success"),
        (["skipped", "skipped"], "skipped"),
    ],
)
def test_the_worst_status_is_that_of_all(statuses: list[str], expected: str) -> None:
    parts = [part(n, status=status) for n, status in enumerate(statuses, start=1)]
    assert conclude(BASE, parts)["status"] == expected


@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6), st.randoms())
def test_the_order_of_the_processes_does_not_matter(statuses: list[str], random: Any) -> None:  # noqa: ANN401 - hypothesis' own
    parts = [
        part(n, len(statuses), status=status, metrics=(f"tests.passed:{n}",))
        for n, status in enumerate(statuses, start=1)
    ]
    before = conclude(BASE, parts)
    random.shuffle(parts)
    assert conclude(BASE, parts) == before


def test_counts_are_added_up_and_other_metrics_stay() -> None:
    found = conclude(
        BASE,
        [
            part(1, metrics=("tests.passed:3", "tests.duration:1.5", "coverage:1")),
            part(2, metrics=("tests.passed:4", "tests.failed:1", "tests.duration:0.25")),
        ],
    )
    assert found["metrics"] == [
        "coverage:81.5",
        "tests.passed:7",
        "tests.duration:1.75",
        "tests.failed:1",
    ]


def test_failures_are_told_shard_by_shard() -> None:
    found = conclude(
        BASE,
        [
            part(1, status="error", error=failed("1 failed:\na.py::t")),
            part(2, status="error", error=failed("2 failed:\nb.py::t")),
        ],
    )
    assert found["error"] == failed("shard 1/2: 1 failed:\na.py::t\nshard 2/2: 2 failed:\nb.py::t")


def test_what_broke_a_process_gives_the_type() -> None:
    crash = failed("worker gw0 died", "IncompleteRun", "provider")
    found = conclude(
        BASE,
        [part(1, status="error", error=failed("1 failed")), part(2, status="error", error=crash)],
    )
    assert (found["error"]["type"], found["error"]["domain"]) == ("IncompleteRun", "provider")


def test_a_missing_shard_makes_it_an_incomplete_run() -> None:
    found = conclude(BASE, [part(1, 3), part(3, 3)])
    assert found["status"] == "error"
    assert found["error"] == {
        "message": "1 parts of the run were never heard of: shard 2/3",
        "type": "IncompleteRun",
        "domain": "provider",
    }


def test_a_process_that_still_runs_is_missing_too() -> None:
    found = conclude(BASE, [part(1, 2)], unheard=["shard 2/2", "run-x.jsonl"])
    assert "2 parts" in found["error"]["message"]
    assert "shard 2/2, run-x.jsonl" in found["error"]["message"]


def test_a_success_has_no_error_and_only_the_tags_of_all() -> None:
    found = conclude(BASE, [part(1), part(2)])
    assert "error" not in found
    assert found["tags"] == ["team:checkout", "ddci.parts:2"]


def test_a_message_stays_within_the_limit_of_the_api() -> None:
    many = [part(n, 900, status="error", error=failed("x" * 100)) for n in range(1, 901)]
    assert len(conclude(BASE, many)["error"]["message"]) <= 5_000
