"""What users say is secret: names of variables, patterns, and the hook that must not fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

SUITE = """
    import os, pytest
    def test_pass(ddci): ddci.tag("build", os.environ["BUILD_STAMP"])
    def test_fail(): raise ValueError("card 4711-0815 of " + os.environ["BUILD_STAMP"])
"""
STAMP = {"BUILD_STAMP": "zyx-stamp-1"}


@pytest.mark.parametrize(
    ("ini", "environ"),
    [
        ("ddci_redact_env = BUILD_STAMP\n", {}),
        ("ddci_redact_env =\n  OTHER\n  build_*\n", {}),
        ("", {"DDCI_REDACT_ENV": "OTHER, BUILD_ST?MP"}),
        ("ddci_redact_env = !BUILD_STAMP\n", {"DDCI_REDACT_ENV": "BUILD_STAMP"}),
    ],
    ids=["name", "wildcard", "environment", "environment beats ini"],
)
def test_the_user_names_variables(ini: str, environ: dict[str, str], project: Project) -> None:
    project.file("pytest.ini", f"[pytest]\n{ini}")
    project.write(test_a=SUITE)
    outcome = project.run(env={**STAMP, **environ})
    outcome.check()
    assert tags(outcome.job("test_pass"))["build"] == "[redacted]"
    assert outcome.job("test_fail")["error"]["message"] == "card 4711-0815 of [redacted]"


def test_the_user_names_variables_that_hold_no_secret(plain: Project) -> None:
    plain.write(test_a="def test_a(): raise ValueError('https://auth.example/login failed')")
    env = {"AUTH_URL": "https://auth.example/login"}
    [hidden] = [job["error"]["message"] for job in plain.run(env=env).jobs]
    assert hidden == "[redacted] failed"
    outcome = plain.run(env={**env, "DDCI_REDACT_ENV": "!AUTH_URL"})
    assert outcome.jobs[-1]["error"]["message"] == "https://auth.example/login failed"


def test_the_hook_takes_out_what_only_code_can_tell(project: Project) -> None:
    project.write(
        test_a=SUITE,
        conftest="""
            import re
            def pytest_ddci_redact(text, config):
                return re.sub(r"[0-9]{4}-[0-9]{4}", "<card>", text)
        """,
    )
    project.file("other.py", "def pytest_ddci_redact(text): return text.replace('zyx', 'x')")
    outcome = project.run("-p", "other", env={**STAMP, "PYTHONPATH": "."})
    outcome.check()
    assert outcome.job("test_fail")["error"]["message"] == "card <card> of x-stamp-1"
    assert b"0815" not in b"".join(outcome.journal_lines())
    assert "4711" not in outcome.said("pipeline ")


ANSWERS = {"raises": "1 / 0", "returns None": "None", "returns garbage": "[text]"}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_event_that_the_hook_fails_on_is_dropped_and_counted(
    answer: str, project: Project
) -> None:
    project.write(
        test_a=SUITE,
        conftest=f"""
            def pytest_ddci_redact(text):
                return {ANSWERS[answer]} if "4711" in text else text
        """,
    )
    outcome = project.run(env=STAMP)
    assert outcome.exit_status == 1
    assert [job["name"] for job in outcome.jobs] == ["test_a.py::test_pass"]
    assert outcome.said("dropped") == "dropped by a hook: 4 events"
    assert "hook pytest_ddci_redact r" in "\n".join(outcome.summary)
    assert metrics(outcome.pipeline)["tests.failed"] == 1
    assert b"4711" not in b"".join(outcome.journal_lines())
    assert "4711" not in "\n".join(outcome.summary)
    assert outcome.said("events").endswith("1 job, 3 steps")


def test_a_hook_that_always_fails_leaves_the_frame(project: Project) -> None:
    project.write(test_a=SUITE, conftest="def pytest_ddci_redact(text): raise OSError('again')")
    outcome = project.run(env=STAMP)
    assert outcome.exit_status == 1
    assert outcome.jobs == []
    assert outcome.pipeline["name"] == "[redacted]"
    assert outcome.pipeline["status"] == "error"
    assert metrics(outcome.pipeline)["tests.passed"] == 1
    assert outcome.said("dropped") == "dropped by a hook: 8 events"


def test_what_the_hook_fails_on_after_the_event_hook_is_not_written(plain: Project) -> None:
    plain.write(
        test_a=SUITE,
        conftest="""
            def pytest_ddci_event(event): return event.replace(tags=["added:by hook"])
            def pytest_ddci_redact(text):
                if "by hook" in text: raise OSError("unknown text")
                return text
        """,
    )
    outcome = plain.run(env=STAMP)
    assert outcome.jobs == []
    assert b"by hook" not in b"".join(outcome.journal_lines())
    # The pipeline and its stage hold the others together: they are as they were before.
    assert metrics(outcome.pipeline)["tests.passed"] == 1
    assert set(outcome.stages) == {"test_a.py"}


def test_a_pattern_that_meets_the_commits_id_costs_the_git_block_not_the_events(
    plain: Project,
) -> None:
    plain.write(test_a="def test_a(): pass")
    plain.file("pytest.ini", "[pytest]\nddci_redact = [0-9a-f]{32,}\n")
    env = {
        "DD_GIT_REPOSITORY_URL": "https://git.example/acme/shop.git",
        "DD_GIT_COMMIT_SHA": "0123456789abcdef0123456789abcdef01234567",
        "DD_GIT_COMMIT_AUTHOR_EMAIL": "ada@acme.example",
    }
    outcome = plain.run(env=env)
    outcome.check()
    assert "git" not in outcome.pipeline
    assert outcome.said("warning: the events say nothing about git").endswith("id was redacted")
