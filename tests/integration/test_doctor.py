"""`ddci doctor`: what a run here would report, and whether the API answers."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_ddci import __version__
from tests.intake_server import Fault, IntakeServer, RefusalError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
    "GITHUB_REF_NAME": "main",
    "GITHUB_REF_TYPE": "branch",
}


def repository(project: Project) -> None:
    """A commit on a branch of a repository with a remote, all settings of the machine apart."""
    git = ("git", "-c", "user.email=dev@acme.example", "-c", "user.name=Dev")
    for command in (
        (*git, "init", "-q", "-b", "trunk"),
        (*git, "remote", "add", "origin", "https://github.com/acme/shop.git"),
        (*git, "commit", "-q", "--allow-empty", "-m", "first"),
    ):
        subprocess.run(command, cwd=project.directory, check=True)  # noqa: S603 - our own command


def said(project: Project, *args: str, env: dict[str, str] | None = None) -> list[str]:
    done = project.ddci("doctor", *args, env=env)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()


def rows(lines: list[str]) -> dict[str, tuple[str, str]]:
    """Value and source of each line; the last of equal names."""
    found = (re.fullmatch(r"  (\S.*?) {2,}(.*?)(?:  \((.*)\))?", line) for line in lines)
    return {each[1]: (each[2], each[3] or "") for each in found if each}


def test_it_says_what_a_run_here_would_report(plain: Project) -> None:
    lines = said(plain)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    assert lines[0] == f"pytest-ddci {__version__}, {python}"
    assert [lines[i + 1] for i, line in enumerate(lines[:-1]) if not line] == [
        "settings",
        "CI",
        "git",
        "missing for a full git block",
        "node",
        "relations",
        "delivery",
    ]
    found = rows(lines)
    assert found["configuration"][0] == str(plain.directory / "pytest.ini")
    assert found["enabled"] == ("no", "default")
    assert found["DD_API_KEY"] == ("not set: events stay here", "default")
    assert found["pipeline_name"] == (plain.directory.name, "default: the root directory")
    assert found["block"][0].startswith("not reported: ")
    assert found["hostname"] == (platform.node(), "platform")
    assert found["journals"] == ("0 files, 0 undelivered", str(plain.directory / ".ddci"))


def test_it_reads_what_a_run_reads(plain: Project) -> None:
    plain.file("pytest.ini", "[pytest]\nddci = true\nddci_service = shop\nddci_dir = kept\n")
    env = {"DD_SITE": "datadoghq.eu", "DD_ENV": "qa", "DD_API_KEY": "k" * 32}
    found = rows(said(plain, "--timeout=7", env=env))
    assert found["enabled"] == ("yes", "ddci in pytest.ini")
    assert found["DD_API_KEY"] == ("set", "DD_API_KEY")
    assert found["site"] == ("datadoghq.eu", "DD_SITE")
    assert found["url"] == ("https://api.datadoghq.eu", "default: of the site, DD_SITE")
    assert found["service"] == ("shop", "ddci_service in pytest.ini")
    assert found["pipeline_name"][0] == "shop"
    assert found["env"] == ("qa", "DD_ENV")
    assert found["timeout"] == ("7", "--timeout")
    assert found["journals"] == ("0 files, 0 undelivered", str(plain.directory / "kept"))


def test_it_knows_the_ci_and_the_commit_by_their_variables(plain: Project) -> None:
    found = rows(said(plain, env={**GITHUB, "DD_GIT_BRANCH": "trunk"}))
    assert found["ci.provider.name"] == ("github", "GITHUB_ACTIONS")
    assert found["sha"] == (GITHUB["GITHUB_SHA"], "GITHUB_SHA")
    assert found["branch"] == ("trunk", "DD_GIT_BRANCH")
    where = ("https://github.com/acme/shop.git", "GITHUB_SERVER_URL + GITHUB_REPOSITORY")
    assert found["repository_url"] == where
    assert found["author_email"] == (
        "required: git finds no working tree here",
        "set DD_GIT_COMMIT_AUTHOR_EMAIL",
    )


def test_it_asks_git(plain: Project) -> None:
    repository(plain)
    found = rows(said(plain))
    assert found["block"] == ("reported", "")
    assert found["repository_url"] == ("https://github.com/acme/shop.git", "git")
    assert found["branch"] == ("trunk", "git")
    assert found["author_email"] == ("dev@acme.example", "git")
    assert found["pipeline_name"] == ("shop", "default: the repository, git")


def test_it_says_that_git_refuses(plain: Project) -> None:
    repository(plain)
    found = rows(said(plain, env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}))
    assert "safe.directory" in found["sha"][0]
    assert found["sha"][1] == "set DD_GIT_COMMIT_SHA"


def test_it_says_that_there_is_no_git(plain: Project, tmp_path: Path) -> None:
    repository(plain)
    found = rows(said(plain, env={"PATH": str(tmp_path)}))
    assert found["sha"][0] == "required: git could not be run: is it installed, and on PATH?"


def test_hostile_values_stay_on_their_line(plain: Project) -> None:
    hostile = "a\x1b]0;title\x07\nFAKE  line  (default)\r\u202e" + "x" * 100_000
    secret = "s3cr3t-s3cr3t-s3cr3t"
    env = {**GITHUB, "GITHUB_WORKFLOW": hostile, "GITHUB_JOB": secret, "MY_TOKEN": secret}
    lines = said(plain, env=env)
    value, source = rows(lines)["ci.pipeline.name"]
    assert value.startswith(r"a\x1b]0;title\x07\nFAKE \x20line \x20(default)\r\u202exxx")
    assert len(value) < 300
    assert source == "GITHUB_WORKFLOW"
    assert rows(lines)["ci.job.name"] == ("[redacted]", "GITHUB_JOB")
    assert "FAKE" not in rows(lines)
    assert all(line.isprintable() for line in lines)


def test_it_speaks_to_machines(plain: Project) -> None:
    env = {**GITHUB, "GITHUB_WORKFLOW": "a\nb", "DD_API_KEY": "k" * 32}
    report = json.loads("\n".join(said(plain, "--json", env=env)))
    found = {each["name"]: each for each in report["ci"]}
    assert found["ci.pipeline.name"]["value"] == "a\nb"
    assert found["ci.pipeline.name"]["source"] == "GITHUB_WORKFLOW"
    assert report["missing"][0]["source"] == "set DD_GIT_COMMIT_AUTHOR_EMAIL"
    assert "k" * 32 not in str(report)


def test_machines_are_told_what_the_api_answered(plain: Project) -> None:
    with IntakeServer([Fault(status=403)]) as server:
        done = plain.ddci("doctor", "--check", "--json", server=server)
    answer = json.loads(done.stdout)["check"]
    assert done.returncode == 1
    assert not answer["accepted"]
    assert "DD_API_KEY" in answer["said"][0]


def test_it_counts_journals(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    plain.run()
    with IntakeServer() as server:
        plain.run(server=server)
    assert rows(said(plain))["journals"][0] == "2 files, 1 undelivered"


def test_it_says_what_a_key_was_answered(plain: Project) -> None:
    with IntakeServer() as server:
        done = plain.ddci("doctor", "--check", server=server)
        assert [seen.body for seen in server.seen] == [b'{"data":[]}'] * 2
        assert [seen.raw[:2] == b"\x1f\x8b" for seen in server.seen] == [False, True]
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2].startswith("API: answers and takes the key")
    assert done.stdout.splitlines()[-1] == "gzip: understood, --ddci-gzip can be turned on"


@pytest.mark.parametrize("status", [400, 415, 500])
def test_it_advises_against_gzip_where_that_is_refused(status: int, plain: Project) -> None:
    with IntakeServer([None, Fault(status=status, body=b"not JSON")]) as server:
        done = plain.ddci("doctor", "--check", server=server)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("gzip: leave --ddci-gzip off (")


def test_an_api_that_takes_an_empty_batch_is_fine(plain: Project) -> None:
    accepted = Fault(status=202, body=b"{}")
    with IntakeServer([accepted, accepted]) as server:
        done = plain.ddci("doctor", "--check", server=server)
    assert done.stdout.splitlines()[-2:] == [
        "API: answers and takes the key",
        "gzip: understood, --ddci-gzip can be turned on",
    ]


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_told(status: int, plain: Project) -> None:
    with IntakeServer([Fault(status=status)]) as server:
        done = plain.ddci("doctor", "--check", server=server)
        assert len(server.seen) == 1
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("API: ")
    assert "DD_API_KEY" in done.stdout.splitlines()[-1]


def test_an_api_that_is_not_there_is_told_within_the_timeout(plain: Project) -> None:
    env = {"DD_API_KEY": "k" * 32, "DDCI_URL": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    done = plain.ddci("doctor", "--check", "--timeout=2", env=env)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("API: no answer from 127.0.0.1:9")


def test_a_check_needs_a_key(plain: Project) -> None:
    done = plain.ddci("doctor", "--check")
    assert done.returncode == 2
    assert done.stderr == "ddci: DD_API_KEY is not set: nothing can be sent\n"


def test_wrong_variables_are_warned_about(plain: Project) -> None:
    lines = said(plain, env={"DDCI_TIMEOUT": "soon", "DD_API_KEY": "two words"})
    assert "warning: DDCI_TIMEOUT='soon' ignored: expected a number of seconds > 0 and <= 3600" in (
        lines
    )
    assert "warning: DD_API_KEY ignored: a key is one word of printable ASCII characters" in lines


@pytest.mark.parametrize("command", ["send", "doctor"])
def test_a_wrong_ini_value_is_an_error_that_names_it(command: str, plain: Project) -> None:
    plain.file("pytest.ini", "[pytest]\nddci_timeout = soon\n")
    done = plain.ddci(command)
    assert done.returncode == 2
    assert "ini option ddci_timeout = 'soon': expected a number of seconds" in done.stderr


@pytest.mark.parametrize("command", ["send", "doctor"])
def test_a_wrong_flag_is_an_error_that_names_it(command: str, plain: Project) -> None:
    done = plain.ddci(command, "--timeout=soon")
    assert done.returncode == 2
    assert "--timeout: 'soon': expected a number of seconds" in done.stderr


def test_a_server_that_does_not_unpack_is_not_mistaken_for_one_that_does(plain: Project) -> None:
    with IntakeServer() as server:
        check = server.check

        def unpacked(path: str, headers: dict[str, str], body: bytes) -> list[dict[str, object]]:
            if headers.get("Content-Encoding") == "gzip":
                raise RefusalError(400, "malformed JSON: line 1 column 1 (char 0)")
            return check(path, headers, body)

        server.check = unpacked  # type: ignore[assignment,method-assign] # a simpler server
        done = plain.ddci("doctor", "--check", server=server)
    assert "leave --ddci-gzip off" in done.stdout.splitlines()[-1]
