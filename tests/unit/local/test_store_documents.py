"""What was sent, as the read side shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.clock import SECOND
from pytest_ddci.local.sql import TRUE
from pytest_ddci.local.store import Store
from tests.stored import ALWAYS, documents, sent, write
from tests.wire import PIPELINE, START_NS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIT = {
    "repository_url": "https://github.com/DataDog/repo.git",
    "sha": "0123456789abcdef0123456789abcdef01234567",
    "message": "Fix it",
    "branch": "main",
    "default_branch": "master",
    "author_name": "Ada",
    "author_email": "ada@example.com",
    "author_time": "2022-10-07T13:30:54Z",
    "committer_name": "Bob",
    "committer_email": "bob@example.com",
    "commit_time": "2022-10-07T15:30:54.500+02:00",
}
NODE = {"hostname": "h1", "name": "n1", "labels": ["os:linux", "big"], "workspace": "/w"}
ERROR = {"message": "it broke", "type": "Broken", "stack": "line 1\nline 2", "domain": "user"}
COMMON: dict[str, Any] = {"env": "prod", "service": "shop", "provider_name": "pytest"}
SPAN = {"start": START_NS, "duration": SECOND}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as made:
        yield made


def shown(store: Store, directory: Path, line: bytes) -> dict[str, Any]:
    """The attributes of the only event."""
    write(directory, [line])
    (document,) = documents(store)
    attributes: dict[str, Any] = document["attributes"]
    return attributes


def test_an_event_has_an_id_a_type_and_its_level(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [sent("job", "a", tags=["team:a", "team:a", "b:c"])])
    (found,) = store.search(TRUE, ALWAYS).data
    assert list(found) == ["id", "type", "attributes"]
    assert found["type"] == "cipipeline"
    assert found["attributes"]["ci_level"] == "job"
    assert found["attributes"]["tags"] == ["team:a", "team:a", "b:c"]


def test_a_pipeline_with_all_its_fields(store: Store, tmp_path: Path) -> None:
    line = sent(
        "pipeline",
        **COMMON,
        pipeline_id="77",
        partial_retry=True,
        is_manual=True,
        queue_time=1_500,
        previous_attempt={"id": "p-0", "url": "https://ci.example/0"},
        parent_pipeline={"id": "up", "url": "https://ci.example/up"},
        parameters={"A": "1", "B": "x:y"},
        git=GIT,
        node=NODE,
        error=ERROR,
    )
    assert shown(store, tmp_path, line) == {
        "_top_level": 1,
        "env": "prod",
        "service": "shop",
        **SPAN,
        "ci": {
            "status": "success",
            "pipeline": {
                "id": "p-1",
                "name": "suite",
                "number": "77",
                "url": PIPELINE["url"],
                "downstream": True,
                "parent": {"id": "up", "url": "https://ci.example/up"},
                "previous_attempt": {"id": "p-0", "url": "https://ci.example/0"},
            },
            "is_manual": True,
            "partial_pipeline": "retry",
            "queue_time": 1_500_000_000,
            "parameters": ["A:1", "B:x:y"],
            "provider": {"name": "pytest", "instance": "shop"},
            "node": {"name": "n1", "hostname": "h1", "labels": ["os:linux", "big"]},
            "workspace_path": "/w",
        },
        "error": ERROR,
        "git": {
            "repository_url": "https://github.com/DataDog/repo.git",
            "repository": {
                "id": "github.com/DataDog/repo",
                "name": "DataDog/repo",
                "host": "github.com",
                "path": "/DataDog/repo.git",
                "scheme": "https",
            },
            "branch": "main",
            "default_branch": "master",
            "commit": {
                "sha": GIT["sha"],
                "message": "Fix it",
                "author": {
                    "name": "Ada",
                    "email": "ada@example.com",
                    "date": "2022-10-07T13:30:54.000000Z",
                    "date_timestamp": 1_665_149_454_000,
                },
                "committer": {
                    "name": "Bob",
                    "email": "bob@example.com",
                    "date": "2022-10-07T13:30:54.500000Z",
                    "date_timestamp": 1_665_149_454_500,
                },
            },
        },
    }


def test_a_stage(store: Store, tmp_path: Path) -> None:
    line = sent("stage", "s", name="lint", dependencies=["s-0", "s-1"], queue_time=0)
    assert shown(store, tmp_path, line) == {
        **SPAN,
        "ci": {
            "status": "success",
            "pipeline": {"id": "p-1", "name": "suite"},
            "stage": {"id": "s", "name": "lint"},
            "queue_time": 0,
            "dependencies": ["s-0", "s-1"],
            "provider": {"name": "pytest"},
        },
    }


def test_a_job(store: Store, tmp_path: Path) -> None:
    line = sent("job", "j", name="test_a.py::test", status="error", error={"type": "E"})
    assert shown(store, tmp_path, line) == {
        **SPAN,
        "ci": {
            "status": "error",
            "pipeline": {"id": "p-1", "name": "suite"},
            "stage": {"id": "s-1", "name": "test_a.py"},
            "job": {"id": "j", "name": "test_a.py::test", "url": "https://ci.example/job"},
            "provider": {"name": "pytest"},
        },
        "error": {"type": "E"},
    }


def test_a_step(store: Store, tmp_path: Path) -> None:
    below: dict[str, Any] = {"job_id": "j", "job_name": "the job"}
    below |= {"stage_id": "s", "stage_name": "the stage"}
    line = sent("step", "x", name="call", url="https://ci.example/step", **below)
    assert shown(store, tmp_path, line) == {
        **SPAN,
        "ci": {
            "status": "success",
            "pipeline": {"id": "p-1", "name": "suite"},
            "stage": {"id": "s", "name": "the stage"},
            "job": {"id": "j", "name": "the job"},
            "step": {"id": "x", "name": "call", "url": "https://ci.example/step"},
            "provider": {"name": "pytest"},
        },
    }


def test_a_running_pipeline_has_no_duration(store: Store, tmp_path: Path) -> None:
    found = shown(store, tmp_path, sent("pipeline", status="running", end=None))
    assert found["start"] == START_NS
    assert "duration" not in found


PARTIAL = {
    "a partial retry": ({"partial_retry": True}, "retry"),
    "a blocked one": ({"status": "blocked"}, "paused"),
    "a resumed one": ({"is_resumed": True}, "resumed"),
    "a retry that is blocked": ({"partial_retry": True, "status": "blocked"}, "retry"),
    "any other": ({}, None),
}


@pytest.mark.parametrize(("fields", "word"), PARTIAL.values(), ids=PARTIAL)
def test_what_part_of_a_pipeline_it_is(
    store: Store, tmp_path: Path, fields: dict[str, Any], word: str | None
) -> None:
    found = shown(store, tmp_path, sent("pipeline", **fields))
    assert found["ci"].get("partial_pipeline") == word


URLS = {
    "https://github.com/a/b.git": ("https", "github.com", "a/b", "/a/b.git"),
    "https://github.com/a/b": ("https", "github.com", "a/b", "/a/b"),
    "git@github.com:a/b.git": (None, "github.com", "a/b", "/a/b.git"),
    "ssh://git@host.example:2222/g/s/r.git": ("ssh", "host.example", "g/s/r", "/g/s/r.git"),
    "https://dev.azure.com/o/p/_git/r": ("https", "dev.azure.com", "o/p/_git/r", "/o/p/_git/r"),
}


@pytest.mark.parametrize(("url", "parts"), URLS.items(), ids=URLS)
def test_the_parts_of_a_repository(
    store: Store, tmp_path: Path, url: str, parts: tuple[str | None, ...]
) -> None:
    found = shown(store, tmp_path, sent("job", "a", git={**GIT, "repository_url": url}))
    scheme, host, name, path = parts
    expected = {"id": f"{host}/{name}", "name": name, "host": host, "path": path}
    assert found["git"]["repository"] == expected | ({"scheme": scheme} if scheme else {})


@pytest.mark.parametrize("url", ["file:///srv/git/a", "/srv/git/a", "C:\\git\\a"])
def test_a_repository_without_a_host_has_no_parts(store: Store, tmp_path: Path, url: str) -> None:
    found = shown(store, tmp_path, sent("job", "a", git={**GIT, "repository_url": url}))
    assert "repository" not in found["git"]


TAGS = {
    "a tag": (["team:core"], [], {"team": "core"}),
    "a path": (["test.result:pass"], [], {"test": {"result": "pass"}}),
    "several values": (["t:a", "t:b", "t:a"], [], {"t": ["a", "b"]}),
    "colons in the value": (["u:http://x:1"], [], {"u": "http://x:1"}),
    "an empty value is none": (["u:"], [], {}),
    "a metric": ([], ["m:5", "n:2.5"], {"m": 5, "n": 2.5}),
    "the first of two metrics": ([], ["m:5", "m:6"], {"m": 5}),
    "a tag and a metric": (["x:a"], ["x:1"], {"x": ["a", 1]}),
    "a branch that is a leaf": (
        ["a.b.c:3", "a:1", "a.b:2"],
        [],
        {"a": "1", "a.b": "2", "a.b.c": "3"},
    ),
    "below a number": ([], ["duration.call:1.5"], {"duration.call": 1.5}),
    "beside attributes": (["ci.team:x", "git.pr:7"], [], {"git": {"pr": "7"}}),
    "in the place of a branch": (["ci:x", "ci.pipeline:y"], [], {}),
}


@pytest.mark.parametrize(("tags", "metrics", "expected"), TAGS.values(), ids=TAGS)
def test_tags_and_metrics_are_attributes(
    store: Store, tmp_path: Path, tags: list[str], metrics: list[str], expected: dict[str, Any]
) -> None:
    found = shown(store, tmp_path, sent("job", "a", tags=tags, metrics=metrics))
    ci = found.pop("ci")
    assert {name: value for name, value in found.items() if name not in SPAN} == expected
    assert found["duration"] == SECOND
    assert ci.get("team") == ("x" if "ci.team:x" in tags else None)


def test_a_tag_says_what_the_event_itself_does_not(store: Store, tmp_path: Path) -> None:
    tags = ["git.branch:topic", "env:ci", "ci.status:odd", "ci.is_manual:yes", "ci.node.labels:x"]
    found = shown(store, tmp_path, sent("job", "a", tags=tags))
    assert found["git"] == {"branch": "topic"}
    assert found["env"] == "ci"
    assert found["ci"]["status"] == "success"
    assert not {"is_manual", "node"} & set(found["ci"])
