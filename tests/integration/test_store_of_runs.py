"""The store's answers about runs of pytest: all that was sent, under the names of the read side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_ddci.local.store import Store
from pytest_ddci.timestamps import parse_rfc3339
from tests.stored import aggregated, documents

if TYPE_CHECKING:
    from tests.project import Project

SUITE = """
    import pytest

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_size(size, ddci):
        ddci.tag("flavour", "sweet" if size > 1 else "sour")
        ddci.metric("weight", size * 1.5)
        with ddci.step("measure"):
            pass

    def test_fail(): assert 1 == 2
    def test_setup_error(nobody): pass
    @pytest.mark.skip
    def test_skip(): pass
"""
COMMON = {
    "status": "ci.status",
    "pipeline_unique_id": "ci.pipeline.id",
    "pipeline_name": "ci.pipeline.name",
    "stage_id": "ci.stage.id",
    "stage_name": "ci.stage.name",
    "job_id": "ci.job.id",
    "job_name": "ci.job.name",
}
OWN = {
    "pipeline": {"unique_id": "id", "name": "name", "url": "url"},
    "stage": {"id": "id", "name": "name"},
    "job": {"id": "id", "name": "name", "url": "url"},
    "step": {"id": "id", "name": "name"},
}


def at(tree: dict[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON
    found: Any = tree
    for name in path.split("."):
        found = found[name]
    return found


def test_every_event_is_shown_as_it_was_sent(project: Project) -> None:
    project.write(test_a=SUITE, test_b="def test_one(): pass")
    outcome = project.run("--ddci-env=ci", "--ddci-service=shop", "--ddci-tag=team:core")
    outcome.check()
    with Store(outcome.journals[0].parent) as store:
        found = {
            (each["ci_level"], at(each["attributes"], f"ci.{each['ci_level']}.id")): each
            for each in documents(store)
        }
    sent = {
        (each["level"], each.get("unique_id") or each["id"]): each for each in outcome.resources
    }
    assert found.keys() == sent.keys()
    for key, resource in sent.items():
        attributes, level = found[key]["attributes"], resource["level"]
        paths = COMMON | {name: f"ci.{level}.{path}" for name, path in OWN[level].items()}
        for name, path in paths.items():
            if name in resource:
                assert at(attributes, path) == resource[name]
        assert found[key]["tags"] == resource.get("tags", [])
        assert attributes["start"] == parse_rfc3339(resource["start"])
        ended = parse_rfc3339(resource["end"])
        assert attributes["start"] + attributes["duration"] == ended
        assert attributes.get("error") == resource.get("error")
        assert attributes["ci"]["node"]["hostname"] == resource["node"]["hostname"]
        assert (attributes["env"], attributes["service"], attributes["team"]) == (
            "ci",
            "shop",
            "core",
        )


def test_questions_about_a_run_are_answered(project: Project) -> None:
    project.write(test_a=SUITE)
    outcome = project.run()
    outcome.check()
    with Store(outcome.journals[0].parent) as store:
        failed = documents(store, "ci_level:job @test.result:fail -@error.type:AssertionError")
        assert [each["attributes"]["ci"]["job"]["name"] for each in failed] == [
            "test_a.py::test_setup_error"
        ]
        by_result = {"compute": [{"aggregation": "count"}], "group_by": [{"facet": "test.result"}]}
        counted = aggregated(store, by_result, "ci_level:job")
        assert Counter({each["by"]["test.result"]: each["computes"]["c0"] for each in counted}) == {
            "pass": 3,
            "fail": 2,
            "skip": 1,
        }
        weighed = {"compute": [{"aggregation": "sum", "metric": "@weight"}]}
        assert aggregated(store, weighed, "@flavour:sweet") == [{"by": {}, "computes": {"c0": 7.5}}]
        assert len(documents(store, "ci_level:step @ci.step.name:measure @ci.status:success")) == 3
