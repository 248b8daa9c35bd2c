"""What `ddci doctor` says: every value with its source, and how the API answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_ddci import __version__
from pytest_ddci.case import BY_FIELD
from pytest_ddci.config import resolve
from pytest_ddci.diagnosis import diagnose, warnings
from pytest_ddci.doctor import check, examine, report_json, report_text
from pytest_ddci.inifile import IniFile
from pytest_ddci.intake import Intake
from pytest_ddci.journal import Journal
from pytest_ddci.options import OPTIONS
from tests.fakes import FakeClock
from tests.unit.test_config import KEY, FakeSource
from tests.wire import START_NS, header

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_ddci.case import Case


def case(
    directory: Path,
    environ: dict[str, str] | None = None,
    *,
    typed: dict[str, object] | None = None,
    ini: dict[str, object] | None = None,
) -> Case:
    """What the doctor finds in a directory."""
    environ = environ or {}
    by_key = {option.ini: option.field for option in OPTIONS}
    written = {by_key[key]: value for key, value in (ini or {}).items() if key in by_key}
    source = FakeSource(typed or {}, written)
    file = IniFile(directory, directory / "pytest.ini", ini) if ini else IniFile(directory)
    return examine(resolve(source, environ), source, file, environ, FakeClock())


def rows(case: Case, title: str) -> dict[str, tuple[str, str]]:
    """Value and source of each finding in a section; the last of equal names."""
    [section] = [each for each in diagnose(case) if each.key == title]
    return {found.name: (found.value, found.source) for found in section.findings}


def test_it_begins_with_the_version(tmp_path: Path) -> None:
    first = next(report_text(case(tmp_path), str))

    assert first.startswith(f"pytest-ddci {__version__}, ")


def test_every_option_is_there_once(tmp_path: Path) -> None:
    named = [found.name for section in diagnose(case(tmp_path)) for found in section.findings]

    assert {name: named.count(name) for name in BY_FIELD} == dict.fromkeys(BY_FIELD, 1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("none", "default")),
        ({"ini": {"ddci_service": "a"}}, ("a", "ddci_service in pytest.ini")),
        ({"ini": {"ddci_service": "a"}, "environ": {"DD_SERVICE": "b"}}, ("b", "DD_SERVICE")),
        ({"environ": {"DD_SERVICE": "b"}, "typed": {"service": "c"}}, ("c", "--service")),
    ],
    ids=["default", "ini file", "environment", "command line"],
)
def test_a_setting_names_who_is_right(
    given: dict[str, Any], expected: tuple[str, str], tmp_path: Path
) -> None:
    assert rows(case(tmp_path, **given), "settings")["service"] == expected


def test_each_item_of_a_repeated_setting_has_its_own_source(tmp_path: Path) -> None:
    found = case(
        tmp_path,
        {"DD_TAGS": "team:red,tier:1"},
        ini={"ddci_tags": "team:blue\nowner:ann"},
    )
    tags = {
        (each.value, each.source)
        for section in diagnose(found)
        for each in section.findings
        if each.name == "tags"
    }

    assert tags == {
        ("team:red", "DD_TAGS"),
        ("tier:1", "DD_TAGS"),
        ("owner:ann", "ddci_tags in pytest.ini"),
    }


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DDCI_PIPELINE_NAME": "p", "DD_SERVICE": "s"}, ("p", "DDCI_PIPELINE_NAME")),
        ({"DD_SERVICE": "s"}, ("s", "default: the service, DD_SERVICE")),
        (
            {"DD_GIT_REPOSITORY_URL": "https://x.example/a/r"},
            ("r", "default: the repository, DD_GIT_REPOSITORY_URL"),
        ),
        ({}, ("root", "default: the root directory")),
    ],
    ids=["given", "service", "repository", "directory"],
)
def test_the_name_of_the_pipeline_says_what_it_is_made_of(
    environ: dict[str, str], expected: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "root").mkdir()

    assert rows(case(tmp_path / "root", environ), "settings")["pipeline_name"] == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("not set: events stay here", "default")),
        ({"DD_API_KEY": KEY}, ("set", "DD_API_KEY")),
        ({"DD_API_KEY": "two words"}, ("set to what is no key: events stay here", "DD_API_KEY")),
    ],
    ids=["unset", "set", "wrong"],
)
def test_of_a_key_only_whether_it_is_set_is_told(
    environ: dict[str, str], expected: tuple[str, str], tmp_path: Path
) -> None:
    found = case(tmp_path, environ)

    assert rows(found, "delivery")["DD_API_KEY"] == expected
    assert environ.get("DD_API_KEY", KEY) not in "\n".join(report_text(found, str))
    assert environ.get("DD_API_KEY", KEY) not in str(report_json(found, str))


def test_what_follows_from_another_setting_says_so(tmp_path: Path) -> None:
    found = rows(case(tmp_path, {"DD_SITE": "datadoghq.eu", "DD_API_KEY": KEY}), "delivery")

    assert found["url"] == ("https://api.datadoghq.eu", "default: of the site, DD_SITE")
    assert found["running"] == ("yes", "default: there is a key")


def test_journals_are_counted(tmp_path: Path) -> None:
    Journal.create(tmp_path / ".ddci", header(), start_ns=START_NS).close()
    Journal.create(tmp_path / ".ddci", header(), start_ns=START_NS).retire()

    expected = ("2 files, 1 undelivered", str(tmp_path / ".ddci"))
    assert rows(case(tmp_path), "delivery")["journals"] == expected


def test_the_directory_is_relative_to_the_root(tmp_path: Path) -> None:
    found = rows(case(tmp_path, {"DDCI_DIR": "kept"}), "delivery")

    assert found["journals"][1] == str(tmp_path / "kept")


def test_outside_ci_it_says_so(tmp_path: Path) -> None:
    assert rows(case(tmp_path), "ci")["ci.provider.name"][0] == "none"


def test_the_node_has_the_platforms_labels_and_the_providers(tmp_path: Path) -> None:
    environ = {"GITLAB_CI": "true", "CI_RUNNER_TAGS": '["big"]', "CI_PROJECT_DIR": "/builds/x"}
    [node] = [each for each in diagnose(case(tmp_path, environ)) if each.key == "node"]
    labels = {found.value.partition(":")[0]: found.source for found in node.findings}

    assert labels["big"] == "CI_RUNNER_TAGS"
    assert labels["os"] == labels["arch"] == labels["python"] == "platform"
    assert rows(case(tmp_path, environ), "node")["workspace"] == ("/builds/x", "CI_PROJECT_DIR")


def test_relations_name_their_variables(tmp_path: Path) -> None:
    environ = {
        "BUILDKITE": "true",
        "BUILDKITE_BUILD_ID": "b-2",
        "BUILDKITE_REBUILT_FROM_BUILD_ID": "b-1",
        "BUILDKITE_RETRY_COUNT": "0",
        "BUILDKITE_SOURCE": "ui",
        "BUILDKITE_PARALLEL_JOB": "0",
        "BUILDKITE_PARALLEL_JOB_COUNT": "3",
    }
    found = rows(case(tmp_path, environ), "relations")

    assert found["parent_pipeline.id"] == ("b-2", "BUILDKITE_BUILD_ID")
    assert found["previous_attempt.id"] == ("b-1", "BUILDKITE_REBUILT_FROM_BUILD_ID")
    assert found["partial_retry"] == ("no", "BUILDKITE_RETRY_COUNT")
    assert found["provider.trigger"] == ("manual", "BUILDKITE_SOURCE")
    assert found["is_manual"] == ("yes", "BUILDKITE_SOURCE")
    assert found["shard"] == ("1/3", "BUILDKITE_PARALLEL_JOB + BUILDKITE_PARALLEL_JOB_COUNT")


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": "a" * 40,
    "GITHUB_BASE_REF": "main",
}


def test_the_page_is_the_jobs_and_the_attempt_before_has_its_own(tmp_path: Path) -> None:
    found = rows(case(tmp_path, GITHUB), "relations")
    run = "GITHUB_REPOSITORY + GITHUB_RUN_ID + GITHUB_RUN_ATTEMPT"

    assert found["page"][1] == "GITHUB_REPOSITORY + GITHUB_SHA"
    assert found["previous_attempt.url"] == (
        "https://github.com/acme/shop/actions/runs/77/attempts/1",
        run,
    )
    assert rows(case(tmp_path), "relations")["page"] == (
        "Datadog's page of the pipeline",
        "default",
    )


def test_an_earlier_id_of_our_own_comes_from_ours_and_the_providers(tmp_path: Path) -> None:
    found = rows(case(tmp_path, {**GITHUB, "DDCI_PIPELINE_ID": "unit-77-2"}), "relations")

    assert found["previous_attempt.id"] == (
        "unit-77-1",
        "DDCI_PIPELINE_ID + GITHUB_RUN_ID + GITHUB_RUN_ATTEMPT",
    )


def test_what_else_is_known_of_the_commit_follows_the_block(tmp_path: Path) -> None:
    found = rows(case(tmp_path, GITHUB), "git")

    assert found["sha"] == ("a" * 40, "GITHUB_SHA")
    assert found["git.pull_request.base_branch"] == ("main", "GITHUB_BASE_REF")
    assert "git.commit.sha" not in found


def test_a_workspace_that_git_knows_comes_from_git(tmp_path: Path) -> None:
    found = case(tmp_path)
    context = replace(found.context, sources={"ci.workspace_path": "git"})

    assert rows(replace(found, context=context), "node")["workspace"][1] == "git"
    assert rows(found, "node")["workspace"][1] == "root directory"


def test_relations_that_are_given_beat_the_providers(tmp_path: Path) -> None:
    environ = {
        "DDCI_PARENT_PIPELINE_ID": "p",
        "DDCI_PREVIOUS_ATTEMPT": "q",
        "DDCI_PIPELINE_ID": "i",
        "DDCI_SHARD": "2/4",
    }
    found = rows(case(tmp_path, environ), "relations")

    assert found["parent_pipeline.id"] == ("p", "DDCI_PARENT_PIPELINE_ID")
    assert found["previous_attempt.id"] == ("q", "DDCI_PREVIOUS_ATTEMPT")
    assert found["pipeline_id"] == ("i", "DDCI_PIPELINE_ID")
    assert found["shard"] == ("2/4", "DDCI_SHARD")


def test_warnings_come_last(tmp_path: Path) -> None:
    found = list(report_text(case(tmp_path, {"DDCI_GZIP": "perhaps"}), str))

    assert found[-1] == "warning: DDCI_GZIP='perhaps' ignored: expected true or false"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"ini": {"addopts": "-ra --ddci --ddci-tag=a:b"}}, "addopts in pytest.ini"),
        ({"ini": {"addopts": ["-ra", "--ddci", "--ddci-tag=a:b"]}}, "addopts in pytest.ini"),
        ({"environ": {"PYTEST_ADDOPTS": "--ddci --ddci-tag a:b"}}, "PYTEST_ADDOPTS"),
    ],
    ids=["ini", "toml", "environment"],
)
def test_options_that_only_pytest_reads_are_warned_about(
    given: dict[str, Any], place: str, tmp_path: Path
) -> None:
    expected = f"{place} has --ddci, --ddci-tag: pytest reads that, `ddci` does not"

    assert warnings(case(tmp_path, **given)) == [expected]
    assert warnings(case(tmp_path, ini={"addopts": "-ra"})) == []


def asked(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[bool, list[str]]:
    clock = FakeClock()
    transport = httpx.MockTransport(answer)
    with Intake("https://api.example", KEY, clock=clock, transport=transport) as intake:
        return check(intake, clock, 5.0)


def is_packed(request: httpx.Request) -> bool:
    return str(request.headers.get("Content-Encoding")) == "gzip"


def refusal(status: int, detail: str) -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"detail": detail}]})


def test_an_api_that_takes_both_is_told_as_such() -> None:
    assert asked(lambda _: httpx.Response(202, json={})) == (
        True,
        ["API: answers and takes the key", "gzip: understood, --ddci-gzip can be turned on"],
    )


def test_a_refusal_of_the_empty_batch_means_that_the_key_was_good() -> None:
    accepted, said = asked(lambda _: refusal(400, "data is required"))
    assert accepted
    assert said[0].startswith("API: answers and takes the key (it says: ")
    assert "data is required" in said[0]
    assert said[1] == "gzip: understood, --ddci-gzip can be turned on"


@pytest.mark.parametrize(
    ("plain", "packed"),
    [
        (httpx.Response(202), refusal(400, "malformed JSON")),
        (refusal(400, "data is required"), refusal(400, "malformed JSON")),
        (httpx.Response(202), httpx.Response(415)),
        (httpx.Response(202), httpx.Response(500)),
    ],
    ids=["400", "both 400", "415", "500"],
)
def test_another_answer_to_a_compressed_body_speaks_against_compression(
    plain: httpx.Response, packed: httpx.Response
) -> None:
    accepted, said = asked(lambda request: packed if is_packed(request) else plain)
    assert accepted
    assert said[1].startswith("gzip: leave --ddci-gzip off (")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_an_api_that_does_not_take_the_key_is_not_asked_again(status: int) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status)

    accepted, [said] = asked(answer)
    assert not accepted
    assert said.startswith("API: ")
    assert str(status) in said
    assert len(requests) == 1


def test_silence_is_told() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    accepted, [said] = asked(silent)
    assert not accepted
    assert said.startswith("API: no answer from api.example")
