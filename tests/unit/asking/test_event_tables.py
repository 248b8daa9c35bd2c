"""Events as tables."""

from __future__ import annotations

from datetime import timezone
from typing import Any

import pytest

from pytest_ddci.answers import CIEvent
from pytest_ddci.asking.event_tables import events_table, short_id
from pytest_ddci.screen.canvas import Canvas
from pytest_ddci.screen.surface import Surface

RUN = "98c3c967-45a2-4e8b-87e8-529de129bb36"
SECOND = 1_000_000_000


def event(level: str, ci: dict[str, Any] | None = None, **attributes: Any) -> CIEvent:  # noqa: ANN401 - any JSON
    pipeline = {"id": RUN, "name": "shop"}
    tree = {
        "start": 1_800_000_000 * SECOND,
        "duration": 1_500_000_000,
        "ci": {"status": "error", "pipeline": pipeline, **(ci or {})},
        **attributes,
    }
    return CIEvent.of({"id": "1", "attributes": {"ci_level": level, "attributes": tree}})


def told(*events: CIEvent) -> list[dict[str, str]]:
    """The rows of a table, by the titles of its columns."""
    canvas = Canvas(Surface(zone=timezone.utc), lambda each: each.replace("hunter2", "[x]"), 0)
    table = events_table(events, canvas)
    titles = [column.title for column in table.columns]
    return [dict(zip(titles, (piece.text for piece in row), strict=True)) for row in table.rows]


def test_pipelines_have_counts_branch_and_commit() -> None:
    git = {"branch": "main", "commit": {"sha": "0123456789abcdef"}}
    [row] = told(event("pipeline", git=git, tests={"failed": 1, "passed": 2}))
    assert row == {
        "when": "2027-01-15 08:00:00",
        "status": "error",
        "took": "1.50 s",
        "pipeline": "shop",
        "tests": "1 failed, 2 passed",
        "branch": "main",
        "commit": "0123456",
        "run": "98c3c967",
    }


def test_a_tag_stands_in_for_a_branch() -> None:
    assert told(event("pipeline", git={"tag": "v1"}))[0]["branch"] == "v1"


def test_jobs_have_their_error() -> None:
    job = {"job": {"name": "a.py::x"}}
    error = {"type": "AssertionError", "message": "\nassert 1 == 2\n  where"}
    [row] = told(event("job", job, error=error))
    assert (row["job"], row["error"]) == ("a.py::x", "AssertionError: assert 1 == 2")


def test_stages_and_steps_have_their_names() -> None:
    assert told(event("stage", {"stage": {"name": "a.py"}}))[0]["stage"] == "a.py"
    step = {"step": {"name": "setup"}, "job": {"name": "a.py::x"}}
    [row] = told(event("step", step))
    assert (row["step"], row["job"]) == ("setup", "a.py::x")


def test_mixed_levels_have_what_all_of_them_have() -> None:
    ci = {"stage": {"name": "a.py"}, "job": {"name": "a.py::x"}}
    rows = told(event("pipeline"), event("stage", ci), event("job", ci), event("custom", ci))
    assert [(row["level"], row["name"]) for row in rows] == [
        ("pipeline", "shop"),
        ("stage", "a.py"),
        ("job", "a.py::x"),
        ("custom", "a.py::x"),
    ]


def test_columns_without_anything_are_left_out() -> None:
    assert "branch" not in told(event("pipeline"))[0]


def test_a_running_pipeline_has_no_duration() -> None:
    [row] = told(event("pipeline", {"status": "running", "pipeline": {"id": "x"}}, duration=None))
    assert "took" not in row


@pytest.mark.parametrize(
    ("identifier", "shown"), [(RUN, "98c3c967"), ("unit-77-1", "unit-77-1"), ("", "")]
)
def test_ids_are_short_where_that_is_enough(identifier: str, shown: str) -> None:
    assert short_id(identifier) == shown


def test_an_event_without_anything_is_a_row() -> None:
    assert told(CIEvent.of({})) == [{"when": ""}]


def test_values_of_any_type_harm_nobody() -> None:
    [row] = told(event("job", {"job": {"name": ["a"]}, "status": 3}, start="x", duration="y"))
    assert (row["job"], row["status"]) == ("['a']", "3")


def test_secrets_and_escape_sequences_stay_out() -> None:
    text = "\x1b[2Jhunter2\n[red]"
    ci = {"job": {"name": text}, "status": text, "pipeline": {"id": text, "name": text}}
    git = {"branch": text, "commit": {"sha": text}}
    error = {"type": text, "message": text}
    for level in ("pipeline", "stage", "job", "step", text):
        [row] = told(event(level, ci, git=git, error=error))
        assert all(each.isprintable() and "hunter2" not in each for each in row.values())


def test_a_long_text_is_cut_after_it_was_redacted() -> None:
    message = "x" * 115 + "hunter2"
    [row] = told(event("job", error={"message": message}))
    assert row["error"].endswith("x[x]")
