"""`ddci doctor`: what a run here would report, and whether the API answers."""

from __future__ import annotations

import platform
import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_ddci import __version__
from tests.intake_server import Fault, IntakeServer, RefusalError

if TYPE_CHECKING:
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


def said(project: Project, *args: str, env: dict[str, str] | None = None) -> list[str]:
    done = project.ddci("doctor", *args, env=env)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()


def test_it_says_what_a_run_here_would_report(plain: Project) -> None:
    lines = said(plain)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    assert lines[0] == f"pytest-ddci {__version__}, {python}"
    assert lines[1:9] == [
        f"configuration: {plain.directory / 'pytest.ini'}",
        "reported without --ddci: no",
        "API key: DD_API_KEY is not set: events stay here",
        "site: datadoghq.com, requests go to https://api.datadoghq.com",
        f"pipeline name: {plain.directory.name}",
        "env: none, service: none",
        "provider name: pytest",
        "CI provider: none",
    ]
    assert lines[9].startswith("git: not reported: ")
    assert lines[10] == f"journals: {plain.directory / '.ddci'} (0 files, 0 undelivered)"


def test_it_reads_what_a_run_reads(plain: Project) -> None:
    plain.file("pytest.ini", "[pytest]\nddci = true\nddci_service = shop\nddci_dir = kept\n")
    lines = said(plain, env={"DD_SITE": "datadoghq.eu", "DD_ENV": "qa", "DD_API_KEY": "k" * 32})
    assert "reported without --ddci: yes" in lines
    assert "API key: set" in lines
    assert "site: datadoghq.eu, requests go to https://api.datadoghq.eu" in lines
    assert "pipeline name: shop" in lines
    assert "env: qa, service: shop" in lines
    assert f"journals: {plain.directory / 'kept'} (0 files, 0 undelivered)" in lines


def test_it_knows_the_ci_and_the_commit(plain: Project) -> None:
    lines = said(plain, env=GITHUB)
    assert "CI provider: github" in lines
    assert any(line.startswith("CI page: https://github.com/acme/shop/") for line in lines)


def test_it_asks_git(plain: Project) -> None:
    git = ("git", "-c", "user.email=dev@acme.example", "-c", "user.name=Dev")
    for command in (
        (*git, "init", "-q", "-b", "trunk"),
        (*git, "remote", "add", "origin", "https://github.com/acme/shop.git"),
        (*git, "commit", "-q", "--allow-empty", "-m", "first"),
    ):
        subprocess.run(command, cwd=plain.directory, check=True)  # noqa: S603 - our own command
    lines = said(plain)
    assert "git repository_url: https://github.com/acme/shop.git" in lines
    assert "git branch: trunk" in lines
    assert "git author_email: dev@acme.example" in lines
    assert "pipeline name: shop" in lines


def test_it_counts_journals(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    plain.run()
    with IntakeServer() as server:
        plain.run(server=server)
    assert said(plain)[-1].endswith("(2 files, 1 undelivered)")


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
