"""Finished jobs, stages and the pipeline as lines that the models of the API take."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.context.commits import GitInfo
from pytest_ddci.context.host import HostInfo
from pytest_ddci.context.provider import Relation
from pytest_ddci.context.relations import Relations
from pytest_ddci.context.run_context import RunContext
from pytest_ddci.encoder import Encoder
from pytest_ddci.events import Event
from pytest_ddci.facts import Failure, Place, Source
from pytest_ddci.finished import (
    BegunJob,
    FinishedJob,
    FinishedPipeline,
    FinishedStage,
    FinishedStep,
)
from pytest_ddci.head import Head
from pytest_ddci.machine import this_machine
from pytest_ddci.timestamps import rfc3339
from tests import official_client
from tests.builders import MS, T0

GIT = GitInfo("https://github.com/acme/shop", "a" * 40, "ada@acme.example", branch="main")
NODE = HostInfo("host", None, ("os:linux",), "/w", this_machine())
CONTEXT = RunContext(
    "github", {}, {}, GIT, NODE, Relations(parent=Relation("run-7", "https://x/7"))
)
HEAD = Head(
    unique_id="p-1",
    name="shop",
    start_ns=T0,
    url="https://ci/1",
    env="ci",
    service=None,
    provider="pytest",
    tags={"team": "checkout"},
    metrics={"shards": 2},
    parameters={"browser": "firefox"},
    context=CONTEXT,
    previous=Relation("p-0"),
    partial_retry=True,
)
JOB = FinishedJob(
    id="j-1",
    name="a.py::test_a",
    stage_id="s-1",
    stage_name="a.py",
    start_ns=T0,
    end_ns=T0 + 30 * MS,
    status="success",
)


def encoder(head: Head = HEAD, redact: Any = str) -> Encoder:  # noqa: ANN401 - any callable
    made = Encoder(head, redact, lambda source: f"https://src/{source.path if source else ''}")
    made.fragments.describe_worker(
        Place(hostname="host", labels=(), tags={"runtime.name": "X"}), ""
    )
    return made


def resource(line: bytes) -> dict[str, Any]:
    Event.from_wire(line)
    official_client.parse({"data": [json.loads(line)]})
    found: dict[str, Any] = json.loads(line)["attributes"]["resource"]
    return found


def test_a_job_has_what_ties_it_to_its_parents_and_the_shared_parts() -> None:
    found = resource(encoder().jobs.job(JOB))
    assert (found["pipeline_unique_id"], found["pipeline_name"]) == ("p-1", "shop")
    assert (found["stage_id"], found["stage_name"]) == ("s-1", "a.py")
    assert found["git"]["branch"] == "main"
    assert found["node"]["hostname"] == "host"
    assert found["tags"] == ["team:checkout", "runtime.name:X"]


def test_the_line_is_byte_for_byte_what_the_models_would_write() -> None:
    full = replace(
        JOB,
        failure=Failure("ValueError", "no", "stack"),
        parameters={"a": "1"},
        tags={"k": "v"},
        metrics={"m": 1.5},
    )
    line = encoder().jobs.job(full)
    assert json.loads(Event.from_wire(line).wire()) == json.loads(line)


def test_steps_name_their_job_and_stage() -> None:
    step = FinishedStep(id="j-1-call", name="call", start_ns=T0, end_ns=T0 + MS, status="success")
    (line,) = encoder().jobs.steps(replace(JOB, steps=(step,)))
    found = resource(line)
    assert (found["job_id"], found["job_name"]) == ("j-1", "a.py::test_a")
    assert found["stage_id"] == "s-1"


def test_the_running_and_the_final_pipeline_agree_in_what_must_not_change() -> None:
    made = encoder()
    running = resource(made.running())
    final = resource(made.pipeline(FinishedPipeline(end_ns=T0 + MS, status="success")))
    constant = ("unique_id", "name", "url", "start", "partial_retry", "previous_attempt")
    assert {key: running[key] for key in constant} == {key: final[key] for key in constant}
    assert (running["status"], final["status"]) == ("running", "success")
    assert "end" not in running
    assert final["parent_pipeline"] == {"id": "run-7", "url": "https://x/7"}
    assert final["parameters"] == {"browser": "firefox"}
    assert "shards:2" in final["metrics"]


def test_the_header_of_a_journal_holds_the_running_pipeline_as_a_whole() -> None:
    header = encoder().header(4711)
    assert header["pid"] == 4711
    pipeline = header["pipeline"]
    assert isinstance(pipeline, dict)
    assert pipeline["git"]["sha"] == "a" * 40
    assert pipeline["status"] == "running"


def test_a_stage_carries_its_error_and_its_counts() -> None:
    stage = FinishedStage(
        id="s-1",
        name="a.py",
        start_ns=T0,
        end_ns=T0 + MS,
        status="error",
        failure=Failure("TestsFailed", "1 failed"),
        metrics={"tests.failed": 1},
    )
    found = resource(encoder().stage(stage))
    assert found["error"] == {"message": "1 failed", "type": "TestsFailed", "domain": "user"}
    assert found["metrics"] == ["tests.failed:1"]


def test_a_worker_gives_its_jobs_a_node_of_their_own() -> None:
    made = encoder()
    place = Place(hostname="far", labels=("os:bsd",), tags={"runtime.version": "3.10"})
    made.fragments.describe_worker(place, "gw0")
    found = resource(made.jobs.job(replace(JOB, worker="gw0")))
    assert found["node"]["name"] == "gw0"
    assert found["node"]["labels"] == ["worker:gw0", "os:bsd"]
    assert "runtime.version:3.10" in found["tags"]


def test_every_text_of_the_user_passes_redaction_before_it_is_cut() -> None:
    secret = "hunter2hunter2"
    long = "x" * 4_995 + secret
    job = replace(
        JOB,
        name=f"a.py::test[{secret}]",
        failure=Failure(f"E{secret}", long, f"stack {secret}"),
        source=Source(f"{secret}.py", 1),
        parameters={"p": secret},
        tags={"t": secret, secret: "v"},
        steps=(
            FinishedStep(
                id="x",
                name=secret,
                start_ns=T0,
                end_ns=T0,
                status="error",
                failure=Failure("E", secret),
                tags={"t": secret},
            ),
        ),
    )
    made = encoder(replace(HEAD, name=secret, tags={"a": secret}), lambda t: t.replace(secret, "*"))
    lines = [
        made.jobs.job(job),
        *made.jobs.steps(job),
        made.running(),
        json.dumps(made.header(1)).encode(),
    ]
    lines.append(made.pipeline(FinishedPipeline(end_ns=T0, status="error")))
    lines.append(made.jobs.begun(BegunJob("j-1", secret, "s-1", secret, T0, Source(secret, 1), 1)))
    assert not [line for line in lines if b"hunter2" in line]


def test_what_is_no_metric_or_tag_is_left_out_and_counted() -> None:
    made = encoder()
    found = resource(
        made.jobs.job(replace(JOB, tags={"": "x", "ok": "1"}, metrics={"m": float("nan")}))
    )
    assert "ok:1" in found["tags"]
    assert "metrics" not in found
    assert made.fragments.left_out == 2


@pytest.mark.parametrize(("tag", "branch"), [("v1", None), (None, "main"), ("v1", "main")], ids=str)
def test_git_has_a_tag_or_a_branch(tag: str | None, branch: str | None) -> None:
    context = replace(CONTEXT, git=replace(GIT, tag=tag, branch=branch))
    found = resource(encoder(replace(HEAD, context=context)).jobs.job(JOB))
    assert (found["git"].get("tag"), found["git"].get("branch")) == (tag, None if tag else branch)


ANY = st.text(st.characters(exclude_categories=[]), max_size=50)
MAPS = st.dictionaries(ANY, ANY, max_size=3)


@given(
    name=ANY.filter(bool),
    failure=st.none() | st.builds(Failure, ANY, ANY, ANY),
    parameters=MAPS,
    tags=MAPS,
    metrics=st.dictionaries(ANY, st.floats(), max_size=3),
    start=st.integers(0, 2**61),
    took=st.integers(-5, 2**61),
)
def test_whatever_a_test_is_called_and_says_its_event_is_one_the_api_takes(  # noqa: PLR0913, PLR0917 - all that a test may say
    name: str,
    failure: Failure | None,
    parameters: dict[str, str],
    tags: dict[str, str],
    metrics: dict[str, float],
    start: int,
    took: int,
) -> None:
    job = replace(
        JOB,
        name=name,
        start_ns=start,
        end_ns=start + took,
        failure=failure,
        parameters=parameters,
        tags=tags,
        metrics=metrics,
    )
    found = resource(encoder().jobs.job(job))
    assert found["start"] <= found["end"]
    assert found["end"] >= rfc3339(start)


def owned(owners: list[str], redact: Any = str) -> list[str]:  # noqa: ANN401 - any callable
    """The owners tags of a job whose source file they own."""
    made = Encoder(HEAD, redact, lambda _: "https://x", lambda path: owners * (path == "a.py"))
    made.fragments.describe_worker(Place(hostname="host", labels=(), tags={}), "")
    job = replace(JOB, source=Source("a.py", 3), tags={"test.codeowners": "mine"})
    return [
        tag for tag in resource(made.jobs.job(job))["tags"] if tag.startswith("test.codeowners:")
    ]


def test_a_job_names_the_owners_of_its_source_file() -> None:
    assert owned(["@acme/core", "@ada"]) == ['test.codeowners:["@acme/core", "@ada"]']


def test_where_nobody_owns_the_file_the_users_own_words_stay() -> None:
    assert owned([]) == ["test.codeowners:mine"]


def test_owners_are_redacted_one_by_one_and_stay_a_list() -> None:
    found = owned(["@acme/s3cret", "@ada"], lambda text: re.sub("@acme.*", "[redacted]", text))
    assert found == ['test.codeowners:["[redacted]", "@ada"]']


def test_owners_are_asked_for_once_for_each_file() -> None:
    asked: list[str] = []

    def owners_of(path: str) -> list[str]:
        asked.append(path)
        return ["@ada"]

    made = Encoder(HEAD, str, lambda _: "https://x", owners_of)
    made.fragments.describe_worker(Place(hostname="host", labels=(), tags={}), "")
    for line in (1, 2, 3):
        made.jobs.job(replace(JOB, source=Source("a.py", line)))
    made.jobs.job(replace(JOB, source=Source("b.py")))
    made.jobs.job(JOB)
    assert asked == ["a.py", "b.py"]
