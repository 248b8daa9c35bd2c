"""Secrets in what ends a run or goes wrong beside its tests: none leaves, on any way out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.intake_server import KEY, Fault, IntakeServer
from tests.integration.test_no_secret_leaves import PLANTED, QUIET, assert_no_leak, environment
from tests.integration.test_no_secret_of_the_run_leaves import (
    COMMON_KNOWLEDGE,
    ONE_LINE,
    SMALL,
    at,
    missing,
    seen,
    write,
)
from tests.planted import leaks

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.timeout(120)

ENDS = {
    "exit": "pytest.exit(TEXT)",
    "interrupt": "raise KeyboardInterrupt(TEXT)",
    "system exit": "raise SystemExit(TEXT)",
    "failed": "pytest.fail(TEXT, pytrace=False)",
}


@pytest.mark.parametrize("end", ENDS)
def test_the_reason_why_a_run_ends(end: str, project: Project) -> None:
    text = at("reason", SMALL[::8])
    write(
        project,
        test_a=f"import pytest\nTEXT = {text!r}\ndef test_a(): {ENDS[end]}",
    )
    outcome = project.run(env=environment(PLANTED))
    assert_no_leak(outcome, ours_only=True)
    assert "reason~" in seen(outcome)


def test_a_worker_that_dies_in_a_test_with_a_secret_in_its_id(plain: Project) -> None:
    plain.distribution = ("-n2",)
    write(
        plain,
        test_a="""
            import json, os, pytest
            from pathlib import Path
            TEXTS = json.loads(Path(__file__).with_name("planted.json").read_text())[::40]
            @pytest.mark.parametrize("text", TEXTS, ids=["id~" + text for text in TEXTS])
            def test_dies(text): os._exit(3)
        """,
    )
    outcome = plain.run("--max-worker-restart=20", env=environment(PLANTED))
    assert_no_leak(outcome, ours_only=True)
    assert missing("id", PLANTED[::40], seen(outcome)) == []
    assert {job["error"]["type"] for job in outcome.jobs} == {"WorkerCrashed"}


BROKEN = {
    "internal error": "def pytest_runtest_protocol(): raise RuntimeError(TEXT)",
    "our error": """
from pytest_ddci.session import ReportedSession
def broken(*_): raise RuntimeError(TEXT)
ReportedSession.finish = broken
""",
    "our error at the start": """
from pytest_ddci.session import ReportedSession
def broken(*_): raise RuntimeError(TEXT)
ReportedSession.start = broken
""",
    "a hook": "def pytest_ddci_event(event): raise RuntimeError(TEXT)",
    "a hook's odd error": """
from pytest_ddci import InvalidEventError
def pytest_ddci_event(event): raise InvalidEventError(TEXT)
""",
    "a hook's names": "def pytest_ddci_stage_name(): return [TEXT]",
    "a hook's end": "def pytest_ddci_delivered(): raise RuntimeError(TEXT)",
    "a hook's redaction": "def pytest_ddci_redact(text, config): raise RuntimeError(TEXT)",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_errors_beside_the_tests(broken: str, project: Project) -> None:
    text = at("error", COMMON_KNOWLEDGE[::5])
    project.write(conftest=f"TEXT = {text!r}\n{BROKEN[broken]}\n", test_a="def test_a(): 1")
    outcome = project.run(env=environment(PLANTED))
    assert_no_leak(outcome, ours_only=True)
    assert "error~" in "\n".join(outcome.summary) + seen(outcome)


ECHO = json.dumps({"errors": [{"detail": at("echo", ONE_LINE)[:6_000]}]}).encode()


@pytest.mark.parametrize("status", [200, 307, 400, 403, 413, 415, 429, 500])
def test_a_server_that_repeats_what_it_was_sent(status: int, plain: Project) -> None:
    write(plain, test_a="def test_a(): pass")
    body = ECHO if status != 415 else b"<html>%s %s" % (KEY.encode(), ECHO)
    headers = {"Location": f"https://{SMALL[0].core}@x.example/{SMALL[1].core}"}
    faults = [Fault(status=status, body=body, headers=headers)] * 80
    with IntakeServer(faults) as server:
        outcome = plain.run(*QUIET, "--ddci-timeout=2", server=server, env=environment(PLANTED))
        done = plain.ddci("send", "--timeout=2", server=server, env=environment(PLANTED))
        assert_no_leak(outcome, server)
        assert leaks([("send", done.stdout + done.stderr)], PLANTED) == []
        files = list((plain.directory / ".ddci").iterdir())
        assert not [path for path in files if KEY.encode() in path.read_bytes()]
