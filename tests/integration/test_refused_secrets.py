"""A secret in the wrong place is refused without being repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.options import OPTIONS
from tests.option_cases import BY_FIELD

if TYPE_CHECKING:
    from tests.project import Project

KEY = "3f1d5a7c9e0b2d4f6a8c1e3b5d7f9a0b"
PASSWORD = "hunter22/hunter22"
HELD = {"MY_PASSWORD": PASSWORD}
FIELDS = [option.field for option in OPTIONS if option.flag and option.shape != "switch"]
# Any text will do for these, so that nothing is refused.
TEXTS = {"pipeline_name", "pipeline_id", "previous_attempt", "env", "service", "provider", "dir"}
REFUSING = [field for field in FIELDS if field not in TEXTS]
WRONG = {
    "the password of a url": f"ftp://user:{PASSWORD}@host",
    "a key": KEY,
    "a value of the environment": PASSWORD,
    "its repr": repr(f"{PASSWORD}'\""),
}


def assert_silent(said: str) -> None:
    assert said
    assert KEY not in said
    assert PASSWORD not in said
    assert "hunter22" not in said


@pytest.mark.parametrize("wrong", WRONG)
def test_on_the_command_line(wrong: str, plain: Project) -> None:
    for field in REFUSING:
        flag = BY_FIELD[field].flag or ""
        value = WRONG[wrong].replace(":", "") if field in {"tags", "metrics"} else WRONG[wrong]
        outcome = plain.run(f"{flag}={value}", env=HELD)
        assert outcome.exit_status == 4, (field, outcome.stdout)
        assert flag in outcome.stderr
        assert_silent(outcome.stdout + outcome.stderr)


@pytest.mark.parametrize("wrong", WRONG)
def test_in_the_ini_file(wrong: str, plain: Project) -> None:
    for field in ("url", "timeout", "ddci"):
        key = "ddci" if field == "ddci" else BY_FIELD[field].ini
        plain.file("pytest.ini", f"[pytest]\n{key} = {WRONG[wrong]}\n")
        outcome = plain.run(env=HELD, flag="" if field == "ddci" else "--ddci")
        assert outcome.exit_status == 4
        assert_silent(outcome.stdout + outcome.stderr)


@pytest.mark.parametrize("wrong", WRONG)
def test_in_the_environment(wrong: str, plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    refused = {BY_FIELD[field].environ or "": WRONG[wrong] for field in ("url", "timeout", "steps")}
    outcome = plain.run(env={**HELD, **refused, "DD_SITE": WRONG[wrong]})
    assert len([line for line in outcome.summary if line.startswith("warning:")]) == 4
    assert_silent(outcome.stdout + outcome.stderr)
    off = plain.run(env={**HELD, "DDCI_ENABLED": WRONG[wrong]}, flag="")
    assert off.said("warning: DDCI_ENABLED=")
    assert_silent(off.stdout + off.stderr)


@pytest.mark.parametrize("wrong", WRONG)
def test_given_to_the_command_line_tool(wrong: str, plain: Project) -> None:
    for arguments in (
        ("send", f"--url={WRONG[wrong]}"),
        ("send", "--timeout", WRONG[wrong]),
        ("send", f"--unknown={WRONG[wrong]}", f"--api-key={WRONG[wrong]}"),
        (WRONG[wrong],),
    ):
        done = plain.ddci(*arguments, env=HELD)
        assert done.returncode == 2, done.stdout + done.stderr
        assert_silent(done.stdout + done.stderr)


@pytest.mark.parametrize("arguments", [("send", "no/such/file-{}"), ("finish", "--pipeline-id={}")])
def test_a_value_of_the_environment_that_is_a_name(
    arguments: tuple[str, ...], plain: Project
) -> None:
    done = plain.ddci(*(each.format(PASSWORD) for each in arguments), env=HELD)
    assert done.returncode == 2
    assert_silent(done.stdout + done.stderr)


def test_an_unexpected_error_of_the_tool_is_shown_without_secrets(plain: Project) -> None:
    plain.file("pytest.ini", f"[pytest]\nddci_dir = {'x' * 900}/{PASSWORD}\n")
    done = plain.ddci("send", env={**HELD, "DD_API_KEY": KEY})
    assert_silent(done.stdout + done.stderr)


@pytest.mark.parametrize("key", [f"{KEY} {KEY}", f"{KEY}\n{KEY}", f"{KEY}ü"], ids=ascii)
def test_a_malformed_key_is_not_called_a_missing_one(key: str, plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    outcome = plain.run(env={"DD_API_KEY": key})
    assert outcome.said("kept: ").endswith("(DD_API_KEY is malformed)")
    done = plain.ddci("send", env={"DD_API_KEY": key})
    assert done.returncode == 2
    assert done.stderr == "ddci: DD_API_KEY is malformed: nothing can be sent\n"
    for said in (outcome.stdout, outcome.stderr, done.stdout, done.stderr):
        assert KEY not in said
