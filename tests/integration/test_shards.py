"""Several processes that were given one pipeline id are one pipeline; one of them finishes it."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.intake_server import IntakeServer
from tests.outcome import check_ids, check_tree, metrics, tags
from tests.project import Project

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.outcome import Outcome

ID = "shared-1"
# Both machines have the same suite; which tests are a shard's is the splitter's business.
SUITE = """
    import os
    def test_everywhere(): pass
    def test_of_the_first(): assert os.environ.get("DDCI_SHARD") != "1/2"
"""


def machine(tmp_path: Path, name: str, distribution: tuple[str, ...] = ()) -> Project:
    """A directory of its own, with the suite."""
    directory = tmp_path / name
    directory.mkdir()
    project = Project(directory, distribution)
    project.write(test_a=SUITE)
    return project


def run_shard(
    project: Project, shard: str, server: IntakeServer | None = None, **env: str
) -> Outcome:
    env = {"DDCI_PIPELINE_ID": ID, "DDCI_SHARD": shard, "DDCI_PIPELINE_NAME": "shop", **env}
    return project.run(server=server, env=env)


def check(server: IntakeServer) -> dict[str, object]:
    """What all requests together must be: one whole pipeline. Returns its final event."""
    check_ids(server.resources)
    check_tree(server.resources)
    [pipeline] = server.of_level("pipeline")
    return pipeline


@dataclass(frozen=True)
class Shared:
    """Two machines that have shared a pipeline, which was then finished from both journals.

    Attributes:
        outcomes: of the machines.
        before: what the server had received before the pipeline was finished.
        done: what finishing it has said.
        server: what it was sent to.
    """

    outcomes: list[Outcome]
    before: list[dict[str, Any]]
    done: subprocess.CompletedProcess[str]
    server: IntakeServer

    def of_level(self, level: str) -> list[dict[str, Any]]:
        return [each for each in self.before if each["level"] == level]


@pytest.fixture(scope="module", params=[(), ("-n2",)], ids=["plain", "xdist"])
def shared(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Shared]:
    directory = tmp_path_factory.mktemp("shared")
    machines = [machine(directory, name, request.param) for name in ("one", "two")]
    with IntakeServer() as server:
        outcomes = [run_shard(each, f"{n}/2", server) for n, each in enumerate(machines, start=1)]
        before = list(server.resources)
        journals = (".ddci", "../two/.ddci")
        done = machines[0].ddci("finish", f"--pipeline-id={ID}", *journals, server=server)
        assert server.contract_errors == []
        yield Shared(outcomes, before, done, server)


def test_shards_send_all_but_the_pipeline_and_never_share_an_id(shared: Shared) -> None:
    for number, outcome in enumerate(shared.outcomes, start=1):
        assert outcome.said(f"shard {number}/2 of pipeline shop: ")
        assert outcome.said(f"its final event: ddci finish --pipeline-id {ID}")
        assert outcome.said("delivered: ")
    assert shared.of_level("pipeline") == []
    check_ids(shared.before)
    assert len(shared.of_level("job")) == 4
    assert len(shared.of_level("stage")) == 2
    for level in ("stage", "job", "step"):
        shards = [tags(each)["ddci.shard"] for each in shared.of_level(level)]
        assert set(shards) == {"1/2", "2/2"}, level
    assert {each["pipeline_unique_id"] for each in shared.of_level("job")} == {ID}


def test_finish_sends_the_pipeline_of_all_journals(shared: Shared) -> None:
    assert shared.done.returncode == 0, shared.done.stderr
    assert "pipeline shop of 2 parts: error (shard 1/2: 1 failed, 1 passed)" in shared.done.stdout
    pipeline = check(shared.server)
    assert (pipeline["name"], pipeline["status"]) == ("shop", "error")
    assert "test_a.py::test_of_the_first" in str(pipeline["error"])
    counts = metrics(pipeline)
    assert (counts["tests.collected"], counts["tests.passed"], counts["tests.failed"]) == (4, 3, 1)
    assert "ddci.shard" not in tags(pipeline)
    assert tags(pipeline)["ddci.parts"] == "2"


def test_the_process_that_is_told_to_finishes(tmp_path: Path, server: IntakeServer) -> None:
    project = machine(tmp_path, "one")
    run_shard(project, "1/2", server)
    outcome = run_shard(project, "2/2", server, DDCI_FINISH="1")
    assert outcome.exit_status == 0, "its own tests passed"
    assert outcome.said("pipeline shop: error (shard 1/2: 1 failed, 1 passed)")
    pipeline = check(server)
    assert pipeline["status"] == "error"
    assert metrics(pipeline)["tests.collected"] == 4


def test_a_shard_that_nobody_has_heard_of_makes_the_run_incomplete(
    tmp_path: Path, server: IntakeServer
) -> None:
    project = machine(tmp_path, "one")
    run_shard(project, "2/3", server, DDCI_FINISH="1")
    error = check(server)["error"]
    assert isinstance(error, dict)
    assert error["type"] == "IncompleteRun"
    assert "shard 1/3, shard 3/3" in error["message"]


def test_the_shard_of_a_provider_counts_too(tmp_path: Path, server: IntakeServer) -> None:
    env = {"CI": "true", "CIRCLECI": "true", "CIRCLE_NODE_TOTAL": "2", "DDCI_PIPELINE_ID": ID}
    for index in ("0", "1"):
        project = machine(tmp_path, index)
        project.run(server=server, env={**env, "CIRCLE_NODE_INDEX": index})
    assert server.of_level("pipeline") == []
    assert {tags(job)["ddci.shard"] for job in server.of_level("job")} == {"1/2", "2/2"}


def test_a_shard_with_a_pipeline_of_its_own_finishes_it(plain: Project) -> None:
    plain.write(test_a=SUITE)
    outcome = plain.run(env={"DDCI_SHARD": "2/2"})
    outcome.check()
    assert {tags(each)["ddci.shard"] for each in (outcome.pipeline, *outcome.jobs)} == {"2/2"}


def test_an_id_without_shards_is_a_whole_run_unless_told_otherwise(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a=SUITE)
    plain.run(server=server, env={"DDCI_PIPELINE_ID": "whole"}).check()
    unfinished = plain.run("--no-ddci-finish", server=server, env={"DDCI_PIPELINE_ID": ID})
    assert unfinished.said("a part of pipeline ")
    plain.run("--ddci-finish", server=server, env={"DDCI_PIPELINE_ID": ID})
    whole, finished = (each for each in server.of_level("pipeline") if each["status"] != "running")
    assert (whole["unique_id"], finished["unique_id"]) == ("whole", ID)
    assert metrics(finished)["tests.collected"] == 4
    check_ids(server.of_level("stage") + server.of_level("job") + server.of_level("step"))


def test_a_retried_job_replaces_its_first_attempt(tmp_path: Path, server: IntakeServer) -> None:
    project = machine(tmp_path, "one")
    ci = {"GITLAB_CI": "true", "CI_JOB_NAME": "test 1/2"}
    run_shard(project, "1/2", server, **ci, CI_JOB_ID="7")
    project.write(test_a="def test_mended(): pass")
    run_shard(project, "1/2", server, **ci, CI_JOB_ID="8")
    run_shard(project, "2/2", server, DDCI_FINISH="1")
    pipeline = check(server)
    assert pipeline["status"] == "success"
    assert metrics(pipeline)["tests.collected"] == 2


def test_a_killed_shard_is_finished_with_the_rest(tmp_path: Path, server: IntakeServer) -> None:
    one, two = machine(tmp_path, "one"), machine(tmp_path, "two")
    one.write(test_b="import time\ndef test_slow(): time.sleep(60)")
    env = {"DDCI_PIPELINE_ID": ID, "DDCI_SHARD": "1/2", "DDCI_PIPELINE_NAME": "shop"}
    process = one.start(server=server, env=env)
    one.wait_for_journal(process, b"::test_slow")
    busy = two.ddci("finish", f"--pipeline-id={ID}", "../one/.ddci")
    assert busy.returncode == 2
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    run_shard(two, "2/2", server)
    done = two.ddci("finish", f"--pipeline-id={ID}", "../one/.ddci", ".ddci", server=server)
    assert done.returncode == 0, done.stderr
    pipeline = check(server)
    assert pipeline["status"] == "canceled"
    assert metrics(pipeline)["tests.failed"] == 1
    statuses = {job["name"]: job["status"] for job in server.of_level("job")}
    assert statuses["test_b.py::test_slow"] == "canceled"
    assert "killed" in str(pipeline["error"])


def test_finish_without_a_key_keeps_the_event(tmp_path: Path, server: IntakeServer) -> None:
    project = machine(tmp_path, "one")
    run_shard(project, "1/1")
    done = project.ddci("finish", f"--pipeline-id={ID}")
    assert done.returncode == 0, done.stderr
    assert "kept in " in done.stdout
    assert project.ddci("send", server=server).returncode == 0
    assert check(server)["status"] == "success"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "which pipeline?"),
        (["--pipeline-id=nobody"], "nothing is known of pipeline nobody"),
        (["--pipeline-id=x", "missing.jsonl"], "no journal and no directory"),
    ],
)
def test_finish_says_what_it_lacks(plain: Project, args: list[str], words: str) -> None:
    done = plain.ddci("finish", *args)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_shared_pipeline_is_not_announced(tmp_path: Path, server: IntakeServer) -> None:
    run_shard(machine(tmp_path, "one"), "1/2", server, DDCI_RUNNING="1")
    assert server.of_level("pipeline") == []
