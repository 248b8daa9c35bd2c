"""Secrets in what describes a run, ends it or goes wrong in it: none leaves, on any way out."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.intake_server import KEY, IntakeServer
from tests.integration.test_no_secret_leaves import (
    COMMON,
    PLANTED,
    QUIET,
    assert_no_leak,
    environment,
)
from tests.outcome import tags
from tests.planted import HOOK, leaks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.outcome import Outcome
    from tests.planted import Secret
    from tests.project import Project

ONE_LINE = [each for each in PLANTED if "\n" not in each.text]
SMALL = [each for each in ONE_LINE if len(each.text) < 90]
# What is known without a hook.
COMMON_KNOWLEDGE = [each for each in SMALL if not each.text.startswith("<<")]
LONGEST_ARGUMENT = 900

pytestmark = pytest.mark.timeout(120)


def at(place: str, planted: Iterable[Secret]) -> str:
    return " ".join(f"{place}~{each.planted}" for each in planted)


def groups(place: str, planted: list[Secret]) -> list[str]:
    """Texts of bounded length that together hold all of them."""
    texts = [""]
    for each in planted:
        text = at(place, [each])
        if len(texts[-1]) + len(text) > LONGEST_ARGUMENT:
            texts.append("")
        texts[-1] = f"{texts[-1]} {text}".strip()
    return texts


def write(project: Project, conftest: str = "", **files: str) -> None:
    project.write(conftest=COMMON + HOOK.replace("\n", "\n    ") + conftest, **files)
    project.file("planted.json", json.dumps([each.planted for each in PLANTED]))


def seen(outcome: Outcome) -> str:
    return b"\n".join(outcome.journal_lines()).decode()


def missing(place: str, planted: list[Secret], text: str) -> list[str]:
    return [each.text for each in planted if f"{place}~{each.control}" not in text]


def test_tags_metrics_and_parameters_of_the_run(plain: Project) -> None:
    write(
        plain,
        test_a="def test_a(): pass",
        conftest="""
            def pytest_ddci_pipeline(pipeline):
                for n, text in enumerate(PLANTED):
                    pipeline.tags[at("key", text)] = at("tag", text)
                    pipeline.metrics[at("metric", text)] = n
                    pipeline.parameters[at("name", text)] = at("parameter", text)
                    pipeline.parameters[f"list{n}"] = [at("listed", text)]
        """.replace("\n        ", "\n"),
    )
    given = [f"--ddci-tag=t{n}:{at('option', [each])}" for n, each in enumerate(PLANTED)]
    with IntakeServer() as server:
        outcome = plain.run(*QUIET, *given, server=server, env=environment(PLANTED))
        assert_no_leak(outcome, server)
    for place in ("key", "tag", "metric", "name", "parameter", "listed", "option"):
        assert missing(place, PLANTED, seen(outcome)) == [], place


def test_the_names_of_the_run(plain: Project) -> None:
    """Each secret once in each of the settings that hold one text."""
    write(plain, test_a="def test_a(): pass")
    with IntakeServer() as server:
        for text in groups("text", SMALL[::4]):
            values = [text.replace("text~", f"{place}~") for place in ("name", "env", "service")]
            outcome = plain.run(
                *QUIET,
                *(f"--ddci-{option}={value}" for option, value in zip(
                    ("pipeline-name", "env", "service"), values, strict=True)),
                f"--ddci-provider={text}",
                server=server,
                env={**environment(PLANTED), "DD_CI_NODE_LABELS": json.dumps([text])},
            )  # fmt: skip
            assert outcome.exit_status == 0
        assert_no_leak(outcome, server)
    for place in ("name", "env", "service"):
        assert missing(place, SMALL[::4], seen(outcome)) == [], place


def test_ids_of_the_run(plain: Project) -> None:
    write(plain, test_a="def test_a(): pass")
    words = [each for each in SMALL if " " not in each.text and each.text.isprintable()][:60:20]
    with IntakeServer() as server:
        for each in words:
            given = f"{each.control}-{each.text}"
            outcome = plain.run(
                *QUIET,
                f"--ddci-pipeline-id={given}",
                f"--ddci-previous-attempt={given}-0",
                server=server,
                env={**environment(PLANTED), "DDCI_PARENT_PIPELINE_ID": given},
            )
            assert outcome.said("warning: the pipeline id holds a secret")
        assert_no_leak(outcome, server)
    ids = {each["unique_id"] for each in outcome.of("pipeline")}
    assert len(ids) == len(words)
    assert sum(each.control in " ".join(ids) for each in words) == len(words)


def repository(project: Project, message: str, author: str, remote: str) -> None:
    for command in (
        ["init", "-q", "-b", f"b-{ONE_LINE[0].core}"],
        ["remote", "add", "origin", remote],
        ["-c", f"user.name={author}", "-c", f"user.email={author}@acme.example",
         "commit", "-q", "--allow-empty", "-m", message],
    ):  # fmt: skip
        subprocess.run(["git", *command], cwd=project.directory, check=True, timeout=30)  # noqa: S603, S607 - git, on PATH


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_and_its_repository(plain: Project) -> None:
    write(plain, test_a="def test_a(): pass")
    plain.file(".gitignore", "*\n")
    message = "\n".join(at("message", [each]) for each in PLANTED[:60])
    author = at("author", [each for each in SMALL if not set(each.text) & set("<>\n")][:20])
    password = SMALL[10].core
    repository(plain, message, author, f"https://user:{password}@git.example/acme/shop.git")
    with IntakeServer() as server:
        outcome = plain.run(*QUIET, server=server, env=environment(PLANTED))
        assert_no_leak(outcome, server)
    git = outcome.pipeline["git"]
    assert f"message~{PLANTED[0].control} [redacted]" in git["message"]
    assert "author~" in git["author_name"]
    assert git["repository_url"] == "https://git.example/acme/shop.git"
    assert git["branch"] == "b-[redacted]"


def test_what_the_ci_provider_says(plain: Project) -> None:
    write(plain, test_a="def test_a(): pass")
    with IntakeServer() as server:
        for each in SMALL[::40]:
            word = each.core
            outcome = plain.run(
                *QUIET,
                server=server,
                env={
                    **environment(PLANTED),
                    "JENKINS_URL": "https://ci.example/",
                    "BUILD_URL": f"https://user:{word}@ci.example/{word}/1?token={word}",
                    "JOB_NAME": at("job", [each]),
                    "BUILD_NUMBER": f"1{word}",
                    "BUILD_TAG": at("build", [each]),
                    "NODE_NAME": at("node", [each]),
                    "NODE_LABELS": at("labels", [each]),
                    "WORKSPACE": f"/srv/{word}",
                    "GIT_URL": f"https://{word}@git.example/x.git",
                    "GIT_BRANCH": f"origin/{word}",
                    "GIT_COMMIT": "a" * 40,
                    "DD_GIT_COMMIT_AUTHOR_EMAIL": f"{word}@acme.example",
                    "DD_GIT_COMMIT_AUTHOR_DATE": word,
                    "DD_GIT_COMMIT_MESSAGE": at("message", [each]),
                    "DD_GIT_TAG": f"refs/tags/{'x' * (60 - len(word) // 2)}{word}",
                },
            )
        assert_no_leak(outcome, server)
    assert missing("node", SMALL[::40], seen(outcome)) == []


@pytest.mark.parametrize("distribution", [(), ("-n2",)], ids=["plain", "xdist"])
def test_modules_that_cannot_be_collected(distribution: tuple[str, ...], plain: Project) -> None:
    plain.distribution = distribution
    step = 12
    modules = {
        f"test_{n}": f"raise RuntimeError({at('collect', PLANTED[n : n + step])!r})"
        for n in range(0, len(PLANTED), step)
    }
    skipped = {
        f"test_s{n}": "import pytest; pytest.skip("
        f"{at('skip', PLANTED[n : n + step])!r}, allow_module_level=True)"
        for n in range(0, len(PLANTED), step)
    }
    write(plain, **modules, **skipped)
    outcome = plain.run(*QUIET, "--continue-on-collection-errors", env=environment(PLANTED))
    assert_no_leak(outcome)
    for place in ("collect", "skip"):
        assert missing(place, PLANTED, seen(outcome)) == [], place


def test_a_debug_file_of_pytest_has_nothing_of_ours(plain: Project) -> None:
    """`--debug` writes down what hooks are given: ours are given what is redacted."""
    write(plain, test_a="def test_a(): pass")
    given = [f"--ddci-tag=t{n}:{at('option', [each])}" for n, each in enumerate(PLANTED[::10])]
    outcome = plain.run(
        *QUIET, "--debug=debug.txt", "--log-level=DEBUG", "--log-file=log.txt", *given,
        env=environment(PLANTED),
    )  # fmt: skip
    debug = (plain.directory / "debug.txt").read_text()
    ours = "\n".join(debug.partition("pytest_ddci_pipeline")[2].splitlines()[:20])
    assert "PipelineDraft" in ours
    assert leaks([("debug", ours)], PLANTED) == []
    assert_no_leak(outcome)


def test_requests_are_not_logged_with_their_key(plain: Project, server: IntakeServer) -> None:
    write(plain, test_a="import logging\nlogging.basicConfig(level=1)\ndef test_a(): pass")
    outcome = plain.run("--log-level=1", "--log-cli-level=1", "--log-file=log.txt", server=server)
    said = (plain.directory / "log.txt").read_text() + outcome.stdout + outcome.stderr
    assert KEY not in said


def test_the_cache_remembers_no_secret(plain: Project) -> None:
    write(plain, test_a="def test_a(): pass")
    word = SMALL[0].core
    env = {
        **environment(PLANTED),
        "DD_CI_JOB_URL": f"https://ci.example/{word}/7",
        "JENKINS_URL": "x",
    }
    plain.run(*QUIET, env=env)
    kept = [path for path in (plain.directory / ".pytest_cache").rglob("*") if path.is_file()]
    assert kept
    assert leaks([(path.name, path.read_text()) for path in kept], [PLANTED[0], SMALL[0]]) == []


@pytest.mark.parametrize("command", [("send",), ("doctor",), ("doctor", "--json"), ("finish",)])
def test_the_command_line_tool(command: tuple[str, ...], plain: Project) -> None:
    write(plain, test_a="def test_a(): pass")
    env = {
        **environment(PLANTED),
        "DD_TAGS": ",".join(f"t{n}:{each.core}" for n, each in enumerate(SMALL[:60])),
        "DD_SERVICE": at("service", SMALL[::20]),
        "DDCI_TIMEOUT": SMALL[3].core,
        "DDCI_STEPS": at("steps", SMALL[::30]),
        "DDCI_PIPELINE_ID": f"id-{SMALL[4].core}",
        "DD_GIT_TAG": f"refs/heads/{SMALL[5].core}",
    }
    plain.run(*QUIET, env=env)
    done = plain.ddci(*command, env=env)
    assert leaks([("said", done.stdout + done.stderr)], PLANTED) == []
    assert done.stdout + done.stderr


def test_every_job_has_its_tags(plain: Project) -> None:
    """What is redacted in a tag is its value, not the tag."""
    write(
        plain,
        test_a="""
            def test_a(ddci, record_property):
                ddci.tag("db_password", "hunter2-4711")
                record_property("api_key", "0123abcd")
                ddci.tag("token_count", "12 345")
        """,
    )
    found = tags(plain.run().job("test_a"))
    assert found["db_password"] == found["api_key"] == "[redacted]"
    assert found["token_count"] == "12 345"
