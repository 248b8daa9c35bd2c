"""Hooks that raise, return garbage or overreach: named in the summary, and nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

SUITE = """
    def test_pass(): pass
    def test_fail(): assert 1 == 2
"""


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("1 / 0", "raised ZeroDivisionError: division by zero"),
        ("'text'", "returned str for a "),
        ("True", "returned bool for a "),
        ("{'level': event.level}", "returned dict for a "),
        ("event.replace(start='soon')", "asked for what the API cannot take"),
        ("event.replace(nonsense=1)", "asked for what the API cannot take"),
        ("event.replace(status='unknown')", "asked for what the API cannot take"),
        ("event.model_copy(update={'tags': 5})", "returned what the API cannot take"),
        ("event.replace(name='other')", "changed the name of a "),
        ("event.model_copy(update={'level': 'other'})", "returned what the API cannot take"),
    ],
)
def test_a_hook_that_misbehaves_is_named_and_changes_nothing(
    answer: str, problem: str, plain: Project
) -> None:
    plain.write(test_a=SUITE)
    expected = plain.run().resources
    for path in (plain.directory / ".ddci").glob("run-*"):
        path.unlink()
    plain.write(conftest=f"def pytest_ddci_event(event): return {answer}")
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == 1
    assert [without_times(each) for each in outcome.resources] == [
        without_times(each) for each in expected
    ]
    complaints = [line for line in outcome.summary if line.startswith("hook pytest_ddci_event ")]
    assert complaints
    assert problem in "\n".join(complaints)


def without_times(resource: dict[str, object]) -> dict[str, object]:
    volatile = {"start", "end", "id", "unique_id", "url", "metrics"}
    return {
        key: value
        for key, value in resource.items()
        if key not in volatile and not key.endswith("_id")
    }


@pytest.mark.parametrize("field", ["id", "unique_id", "pipeline_unique_id", "stage_id", "job_id"])
def test_ids_cannot_be_changed(field: str, plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest=f"""
            def pytest_ddci_event(event):
                return event.replace({field}="mine") if hasattr(event, "{field}") else None
        """,
    )
    outcome = plain.run()
    outcome.check()
    assert any(
        line.startswith(f"hook pytest_ddci_event changed the {field} of a ")
        for line in outcome.summary
    )


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("1 / 0", "raised ZeroDivisionError: division by zero"),
        ("5", "returned 5 instead of a name"),
        ("' '", "returned str instead of a name"),
        ("['x']", "returned ['x'] instead of a name"),
    ],
)
def test_a_stage_hook_that_misbehaves_leaves_the_default(
    answer: str, problem: str, plain: Project
) -> None:
    plain.write(test_a=SUITE, conftest=f"def pytest_ddci_stage_name(nodeid): return {answer}")
    outcome = plain.run()
    outcome.check()
    assert set(outcome.stages) == {"test_a.py"}
    assert outcome.said("hook pytest_ddci_stage_name").startswith(
        f"hook pytest_ddci_stage_name {problem}"
    )


def test_a_pipeline_hook_that_raises_costs_only_what_it_did_not_do(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_pipeline(pipeline):
                pipeline.tags["before"] = "yes"
                raise OSError("no inventory")
        """,
    )
    outcome = plain.run()
    outcome.check()
    assert tags(outcome.pipeline)["before"] == "yes"
    line = outcome.said("hook pytest_ddci_pipeline")
    assert line.startswith("hook pytest_ddci_pipeline raised OSError: no inventory")
    assert "conftest.py:4" in line


@pytest.mark.parametrize(
    "change",
    [
        "pipeline.name = None",
        "pipeline.name = ''",
        "pipeline.name = 5",
        "pipeline.tags = None",
        "pipeline.tags['n'] = 5",
        "pipeline.tags[5] = 'n'",
        "pipeline.metrics['n'] = 'many'",
        "pipeline.metrics = [1]",
        "pipeline.parameters['n'] = object()",
        "pipeline.parameters = 'x'",
    ],
)
def test_garbage_in_the_pipeline_costs_the_change_not_the_report(
    change: str, plain: Project
) -> None:
    plain.write(test_a=SUITE, conftest=f"def pytest_ddci_pipeline(pipeline): {change}")
    outcome = plain.run("--ddci-pipeline-name=suite")
    outcome.check()
    assert outcome.exit_status == 1
    assert outcome.pipeline["name"]
    assert len(outcome.jobs) == 2


def test_a_delivered_hook_that_raises_is_named(plain: Project) -> None:
    plain.write(test_a=SUITE, conftest="def pytest_ddci_delivered(): raise OSError('no mail')")
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == 1
    assert outcome.said("hook").startswith("hook pytest_ddci_delivered raised OSError: no mail")


def test_a_hook_that_always_raises_is_one_line_with_a_count(plain: Project) -> None:
    plain.write(
        test_a="import pytest\n@pytest.mark.parametrize('i', range(30))\ndef test_a(i): pass",
        conftest="def pytest_ddci_event(event): raise OSError('again')",
    )
    outcome = plain.run()
    outcome.check()
    assert outcome.said("hook").endswith("(122 times)")


@pytest.mark.long
def test_slow_hooks_are_waited_for_and_delay_no_delivery(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        test_a=SUITE,
        conftest="""
            import time
            def pytest_ddci_event(event):
                time.sleep(0.2)
                return event.replace(tags=[*event.tags, "slow:yes"])
            def pytest_ddci_redact(text):
                if text == "assert 1 == 2":
                    time.sleep(2)
                return text.replace("1 == 2", "[hidden]")
            def pytest_ddci_delivered(accounting): time.sleep(0.2)
        """,
    )
    # The limit is for what the network may take; hooks are not counted in.
    outcome = plain.run("--ddci-timeout=2", server=server)
    outcome.check()
    assert outcome.exit_status == 1
    assert outcome.said("delivered: 10 of 10 ")
    jobs = server.of_level("job")
    assert [tags(job)["slow"] for job in jobs] == ["yes", "yes"]
    assert jobs[1]["error"]["message"] == "assert [hidden]"
    assert not any(line.startswith("hook ") for line in outcome.summary)
