"""The four hooks a conftest may implement, and what becomes of those that misbehave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    def test_pass(): pass
    def test_fail(): assert 1 == 2
"""


def test_the_pipeline_hook_changes_it_before_it_starts(
    project: Project, server: IntakeServer
) -> None:
    project.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_pipeline(pipeline, config):
                pipeline.name += "-nightly"
                pipeline.tags["team"] = "core"
                pipeline.metrics["shards"] = 3
                pipeline.parameters["target"] = config.rootpath.name
        """,
    )
    outcome = project.run("--ddci-pipeline-name=suite", server=server)
    outcome.check()
    running, final = (each for each in server.resources if each["level"] == "pipeline")
    for event in (running, final):
        assert event["name"] == "suite-nightly"
        assert tags(event)["team"] == "core"
        assert metrics(event)["shards"] == 3
        assert event["parameters"] == {"target": project.directory.name}
    assert {tags(job)["team"] for job in outcome.jobs} == {"core"}
    assert outcome.said("pipeline ").startswith("pipeline suite-nightly: error")


def test_the_event_hook_changes_events_of_every_level(project: Project) -> None:
    project.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_event(event, config):
                return event.replace(tags=[*(event.tags or ()), f"seen:{event.level}"])
        """,
    )
    outcome = project.run()
    outcome.check()
    assert {(each["level"], tags(each)["seen"]) for each in outcome.resources} == {
        (level, level) for level in ("pipeline", "stage", "job", "step")
    }


def test_the_running_event_passes_through_the_event_hook(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_event(event):
                if event.status == "running":
                    return event.replace(tags=["first:yes"])
        """,
    )
    plain.run(server=server).check()
    assert server.seen[0].resources[0]["tags"] == ["first:yes"]
    assert "first:yes" not in server.of_level("pipeline")[0]["tags"]


def test_a_dropped_job_takes_its_steps_along_and_is_counted(project: Project) -> None:
    project.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_event(event):
                return False if event.level == "job" and "test_pass" in event.name else None
        """,
    )
    outcome = project.run()
    assert [job["name"] for job in outcome.jobs] == ["test_a.py::test_fail"]
    assert len(outcome.of("step")) == 3
    assert outcome.said("dropped by a hook") == "dropped by a hook: 4 events"
    assert metrics(outcome.pipeline)["tests.passed"] == 1
    assert outcome.said("events").endswith("1 job, 3 steps")


def test_a_dropped_step_is_only_itself(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_event(event):
                return False if event.level == "step" and event.name != "call" else None
        """,
    )
    outcome = plain.run()
    outcome.check()
    assert [step["name"] for step in outcome.of("step")] == ["call", "call"]
    assert outcome.said("dropped by a hook") == "dropped by a hook: 4 events"


def test_a_dropped_announcement_is_not_sent(plain: Project, server: IntakeServer) -> None:
    plain.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_event(event):
                return False if event.status == "running" else None
        """,
    )
    plain.run(server=server).check()
    assert len(server.seen) == 1
    assert len(server.of_level("pipeline")) == 1


def test_stages_and_the_pipeline_cannot_be_dropped(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest="def pytest_ddci_event(event): return None if event.level == 'job' else False",
    )
    outcome = plain.run()
    outcome.check()
    for level in ("stage", "pipeline"):
        assert f"hook pytest_ddci_event dropped a {level}, which holds the others" in "\n".join(
            outcome.summary
        )


def test_the_first_answer_that_is_not_none_counts(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest="def pytest_ddci_event(event): return event.replace(tags=['by:outer'])",
    )
    plain.file("other.py", "def pytest_ddci_event(event): return event.replace(tags=['by:other'])")
    outcome = plain.run("-p", "other", env={"PYTHONPATH": "."})
    assert outcome.job("test_pass")["tags"] == ["by:outer"]


def test_a_secret_that_a_hook_adds_is_redacted(plain: Project) -> None:
    secret = "hunter2-hunter2-hunter2"
    plain.write(
        test_a=SUITE,
        conftest="""
            import os
            def pytest_ddci_pipeline(pipeline):
                pipeline.tags["password"] = os.environ["SERVICE_PASSWORD"]
                pipeline.parameters["password"] = os.environ["SERVICE_PASSWORD"]
            def pytest_ddci_event(event):
                tags = [*(event.tags or ()), "login:" + os.environ["SERVICE_PASSWORD"]]
                return event.replace(tags=tags)
            def pytest_ddci_stage_name(nodeid, default):
                return "stage " + os.environ["SERVICE_PASSWORD"]
            def pytest_ddci_delivered(accounting):
                raise RuntimeError("no mail for " + os.environ["SERVICE_PASSWORD"])
        """,
    )
    outcome = plain.run(env={"SERVICE_PASSWORD": secret})
    assert secret.encode() not in b"".join(outcome.journal_lines())
    assert secret not in outcome.stdout
    assert "login" in tags(outcome.job("test_pass"))


def test_the_stage_hook_names_stages(project: Project) -> None:
    project.write(
        test_a=SUITE,
        test_b="def test_b(): pass",
        conftest="""
            def pytest_ddci_stage_name(nodeid, default):
                return "first" if default == "test_a.py" else None
        """,
    )
    outcome = project.run()
    outcome.check()
    assert set(outcome.stages) == {"first", "test_b.py"}
    assert {job["stage_name"] for job in outcome.jobs} == {"first", "test_b.py"}


def test_one_stage_may_hold_tests_of_many_modules(project: Project) -> None:
    project.write(
        test_a=SUITE,
        test_b="def test_b(): pass",
        conftest="def pytest_ddci_stage_name(nodeid): return nodeid.rpartition('_')[2]",
    )
    outcome = project.run()
    outcome.check()
    assert set(outcome.stages) == {"pass", "fail", "b"}


def test_the_delivered_hook_gets_the_accounting(project: Project, server: IntakeServer) -> None:
    project.write(
        test_a=SUITE,
        conftest="""
            import dataclasses, json
            def pytest_ddci_delivered(accounting, config):
                config.rootpath.joinpath("told.json").write_text(
                    json.dumps(dataclasses.asdict(accounting)))
        """,
    )
    outcome = project.run(server=server)
    outcome.check()
    told = json.loads((project.directory / "told.json").read_text())
    assert told["emitted"] == told["delivered"] == len(outcome.resources)
    assert told["kept"] == told["rejected"] == 0
    assert told["emitted_by_level"] == {"pipeline": 1, "stage": 1, "job": 2, "step": 6}
    assert told["requests"] == 1
    assert told["sent_bytes"] == len(server.seen[-1].body)
    assert told["problem"] is None


def test_hooks_are_known_and_not_called_without_the_plugin_on(project: Project) -> None:
    project.write(
        test_a="def test_a(): pass",
        conftest="""
            def pytest_ddci_pipeline(pipeline, config): 1 / 0
            def pytest_ddci_event(event, config): 1 / 0
            def pytest_ddci_stage_name(nodeid, default, config): 1 / 0
            def pytest_ddci_delivered(accounting, config): 1 / 0
        """,
    )
    outcome = project.run(flag="")
    assert outcome.exit_status == 0
    assert outcome.journals == []
