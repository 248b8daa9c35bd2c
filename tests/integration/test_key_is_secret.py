"""The API key goes into one header of our requests and nowhere else, whatever happens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.intake_server import Fault, IntakeServer

if TYPE_CHECKING:
    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

KEY = "c0ffee5ecre7c0ffee5ecre7c0ffee11"
APP = "a44feedc0dea44feedc0dea44feedc0dea44feed"
LEAKY = """
    import os, pytest
    KEY = os.environ["DD_API_KEY"]

    def test_message(): raise ValueError(f"refused for {KEY}")
    @pytest.mark.parametrize("key", [KEY])
    def test_parameter(key): pass
    def test_step(ddci, record_property):
        record_property("key", KEY)
        ddci.tag("key", KEY)
        with ddci.step(f"login with {KEY}"): pass
    @pytest.mark.skip(reason=f"no {KEY}")
    def test_skipped(): pass
"""


def assert_nowhere(outcome: Outcome, *, on_terminal: bool = True) -> None:
    """Neither key is in any file we wrote, nor in anything printed."""
    for place, _, names in os.walk(outcome.directory / ".ddci"):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:  # noqa: PTH118, PTH123 - os.walk
                content = file.read()
            assert KEY.encode() not in content, name
            assert APP.encode() not in content, name
    if on_terminal:
        assert KEY not in outcome.stdout + outcome.stderr
        assert APP not in outcome.stdout + outcome.stderr
    else:
        assert KEY not in "\n".join(outcome.summary)


def keys(server: IntakeServer) -> dict[str, str]:
    return {"DD_API_KEY": KEY, "DD_APP_KEY": APP, "DDCI_URL": server.url, "NO_PROXY": "127.0.0.1"}


def test_a_delivered_run_shows_no_key(project: Project) -> None:
    project.write(test_a="def test_a(): pass", test_b="def test_b(): assert 0")
    with IntakeServer(key=KEY) as server:
        outcome = project.run("-vv", "--showlocals", env=keys(server))
        assert len(server.of_level("job")) == 2
        assert not [seen for seen in server.seen if KEY.encode() in seen.body]
        assert {seen.headers["DD-API-KEY"] for seen in server.seen} == {KEY}
        assert not [seen for seen in server.seen if APP in str(seen.headers)]
    outcome.check()
    assert_nowhere(outcome)


def test_what_tests_say_of_the_key_is_redacted(project: Project) -> None:
    project.write(test_a=LEAKY)
    with IntakeServer(key=KEY) as server:
        outcome = project.run("--showlocals", "--tb=long", env=keys(server))
        assert len(server.of_level("job")) == 4
        assert not [seen for seen in server.seen if KEY.encode() in seen.body]
    outcome.check(junit=False)  # junitxml does show the key, in the parametrised test's name
    assert_nowhere(outcome, on_terminal=False)  # pytest prints what the tests said


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_a_refusal_that_repeats_the_key_does_not_show_it(status: int, plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    body = b'{"errors":[{"detail":"bad key %s"}]}' % KEY.encode()
    with IntakeServer([Fault(status=status, body=body)] * 60, key=KEY) as server:
        outcome = plain.run("--ddci-timeout=1", env=keys(server))
    assert outcome.exit_status == 0
    assert_nowhere(outcome)


@pytest.mark.parametrize("key", [f"{KEY} {KEY}", f"{KEY}\n{KEY}", f"{KEY}ü"], ids=ascii)
def test_a_malformed_key_is_one_clear_line_and_not_shown(key: str, plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    with IntakeServer(key=KEY) as server:
        outcome = plain.run(env={**keys(server), "DD_API_KEY": key})
        assert server.seen == []
    outcome.check()
    assert_nowhere(outcome)
    assert "one word of printable ASCII" in outcome.said("warning: DD_API_KEY")


def test_an_error_of_our_own_keeps_the_key_out_of_its_traceback(plain: Project) -> None:
    plain.write(
        test_a="def test_a(): pass",
        conftest=f"""
            from pytest_ddci.session import ReportedSession
            def broken(self, ended, progress): raise RuntimeError("leaks {KEY}")
            ReportedSession.finish = broken
        """,
    )
    with IntakeServer(key=KEY) as server:
        outcome = plain.run(env=keys(server))
    assert outcome.exit_status == 0
    assert "RuntimeError: leaks" in outcome.said("reporting stopped")
    assert_nowhere(outcome)


@pytest.mark.parametrize("command", [("send",), ("doctor",), ("doctor", "--check")])
def test_the_command_line_tool_shows_no_key(command: tuple[str, ...], plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    plain.run()
    with IntakeServer(key="another") as server:
        done = plain.ddci(*command, env=keys(server))
    assert KEY not in done.stdout + done.stderr
    assert APP not in done.stdout + done.stderr
