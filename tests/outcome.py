"""What a run came to, read from everything it left: requests, journals, junitxml, terminal."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from pytest_ddci.events import Event
from tests import official_client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LEVELS = ("pipeline", "stage", "job", "step")
_ID = {"pipeline": "unique_id", "stage": "id", "job": "id", "step": "id"}
_JUNIT_OF_STATUS = {"success": "passed", "error": "failed", "skipped": "skipped"}

Resource = dict[str, Any]


_SECOND = len("run-20261122T054000Z")


@dataclass(kw_only=True)
class Outcome:
    """One finished run; events are those of its journal, or of the server where it delivered."""

    exit_status: int
    stdout: str
    stderr: str
    directory: Path
    junit: Path
    requests: list[list[dict[str, Any]]] = field(default_factory=list)

    @property
    def journals(self) -> list[Path]:
        # Names tell seconds apart; of two runs in one second the later one was written to last.
        found = self.directory.glob(".ddci/run-*.jsonl")
        return sorted(found, key=lambda path: (path.name[:_SECOND], path.stat().st_mtime_ns))

    def journal_lines(self) -> list[bytes]:
        return [line for path in self.journals for line in path.read_bytes().splitlines()]

    @property
    def resources(self) -> list[Resource]:
        """The finished events in the journal, in order."""
        lines = [line for line in self.journal_lines() if line.startswith(b'{"type"')]
        return [json.loads(line)["attributes"]["resource"] for line in lines]

    def of(self, level: str) -> list[Resource]:
        return [each for each in self.resources if each["level"] == level]

    @property
    def pipeline(self) -> Resource:
        (only,) = self.of("pipeline")
        return only

    @property
    def jobs(self) -> list[Resource]:
        return self.of("job")

    @property
    def stages(self) -> dict[str, Resource]:
        return {stage["name"]: stage for stage in self.of("stage")}

    def job(self, ending: str) -> Resource:
        """The one job whose name ends so."""
        found = [job for job in self.jobs if job["name"].endswith(ending)]
        assert len(found) == 1, (ending, [job["name"] for job in self.jobs])
        return found[0]

    def attempts(self, ending: str) -> list[Resource]:
        """The jobs whose name ends so, first attempt first."""
        found = [job for job in self.jobs if job["name"].endswith(ending)]
        return sorted(found, key=lambda job: int(tags(job)["test.attempt"]))

    def steps_of(self, job: Resource) -> list[Resource]:
        return [step for step in self.of("step") if step["job_id"] == job["id"]]

    def step(self, job: Resource, name: str) -> Resource:
        (found,) = [step for step in self.steps_of(job) if step["name"] == name]
        return found

    def statuses(self) -> Counter[tuple[str, str]]:
        """What must not depend on how the tests are distributed."""
        return Counter((job["name"], job["status"]) for job in self.jobs)

    @property
    def summary(self) -> list[str]:
        """Our own lines on the terminal, without their prefix."""
        return [
            line.removeprefix("ddci: ")
            for line in self.stdout.splitlines()
            if line.startswith("ddci: ")
        ]

    def said(self, beginning: str) -> str:
        """The one line of the summary that begins so."""
        (found,) = [line for line in self.summary if line.startswith(beginning)]
        return found

    def check(self, *, junit: bool = True, counts: bool = True) -> None:
        """Everything that must hold of any run."""
        resources = self.resources
        _check_contract(self.journal_lines())
        check_ids(resources)
        check_tree(resources)
        if counts:
            self._check_counts()
        self._check_accounting(len(resources))
        if junit:
            assert junit_results(self.junit) == self.as_junit()

    def _check_counts(self) -> None:
        """The pipeline counts what its jobs are, and so does every stage."""
        final = [job for job in self.jobs if tags(job)["test.final"] == "true"]
        for whole in (self.pipeline, *self.of("stage")):
            own = [
                job
                for job in final
                if whole["level"] == "pipeline" or job["stage_id"] == whole["id"]
            ]
            counts = metrics(whole)
            results = Counter(tags(job).get("test.result", job["status"]) for job in own)
            assert counts["tests.passed"] == results["pass"]
            assert counts["tests.skipped"] == results["skip"]
            assert counts["tests.xfailed"] == results["xfail"]
            assert counts["tests.xpassed"] == results["xpass"]
            assert counts["tests.canceled"] == results["canceled"]
            assert counts["tests.failed"] + counts["tests.errors"] >= results["fail"]
            assert counts["tests.collected"] == len(own) + counts["tests.not_run"]

    def _check_accounting(self, written: int) -> None:
        """The books balance: emitted == delivered + rejected + kept, as the summary tells it."""
        if not self.summary:
            return
        words = "\n".join(self.summary)
        delivered = _number(r"^delivered: (\d+) of \d+", words)
        assert delivered + _number(r"^rejected: (\d+)", words) + _number(
            r"^kept: (\d+)", words
        ) == sum(
            int(each) for each in re.findall(r"(\d+) (?:pipe|sta|job|step)", self.said("events:"))
        )
        assert written == sum(
            int(each) for each in re.findall(r"(\d+) (?:pipe|sta|job|step)", self.said("events:"))
        )

    def as_junit(self) -> Counter[tuple[str, str]]:
        finals = [job for job in self.jobs if tags(job)["test.final"] == "true"]
        return Counter(
            (junit_name(job["name"]), _JUNIT_OF_STATUS.get(_shown(job), "failed")) for job in finals
        )


def tags(resource: Resource) -> dict[str, str]:
    return dict(tag.split(":", 1) for tag in resource.get("tags", ()))


def metrics(resource: Resource) -> dict[str, float]:
    pairs = (metric.rsplit(":", 1) for metric in resource.get("metrics", ()))
    return {key: float(value) for key, value in pairs}


def junit_name(nodeid: str) -> str:
    """A node id as junitxml writes it: class and name joined by a dot."""
    base, bracket, params = nodeid.partition("[")
    path, *names = base.split("::")
    return ".".join([path.removesuffix(".py").replace("/", "."), *names]) + bracket + params


def junit_results(path: Path) -> Counter[tuple[str, str]]:
    """Name and worst result of every test in a junitxml file; collectors are no tests."""
    worst: dict[tuple[str, int], str] = {}
    for case in ET.parse(path).iter("testcase"):  # noqa: S314 - written by pytest just now
        if not case.get("classname"):
            continue
        name = f"{case.get('classname')}.{case.get('name')}"
        kinds = {child.tag for child in case}
        result = "failed" if kinds & {"failure", "error"} else "passed"
        if "skipped" in kinds and result == "passed":
            skipped = case.find("skipped")
            xfailed = skipped is not None and skipped.get("type") == "pytest.xfail"
            result = "passed" if xfailed else "skipped"
        before = worst.get((name, 0))
        worst[name, 0] = "failed" if "failed" in (before, result) else result
    return Counter((name, result) for (name, _), result in worst.items())


def _shown(job: Resource) -> str:
    return str(job["status"])


def _number(pattern: str, words: str) -> int:
    found = re.search(pattern, words, re.MULTILINE)
    return int(found[1]) if found else 0


def _check_contract(lines: Iterable[bytes]) -> None:
    """Every line parses into our models and into those of the official client."""
    events = [line for line in lines if line.startswith(b'{"type"')]
    for line in events:
        Event.from_wire(line)
    for start in range(0, len(events), 1_000):
        official_client.parse(
            {"data": [json.loads(line) for line in events[start : start + 1_000]]}
        )


def check_ids(resources: list[Resource]) -> None:
    """No id is used twice within a level."""
    for level in LEVELS:
        ids = [each[_ID[level]] for each in resources if each["level"] == level]
        assert len(ids) == len(set(ids)), f"two {level}s share an id"


def check_tree(resources: list[Resource]) -> None:
    """Parents exist under the name their children give them, and enclose them in time."""
    by_id = {(each["level"], each[_ID[each["level"]]]): each for each in resources}
    for each in resources:
        assert each["start"] <= each["end"], each
        for level in LEVELS:
            key = f"{level}_unique_id" if level == "pipeline" else f"{level}_id"
            if key not in each:
                continue
            parent = by_id[level, each[key]]
            assert each[f"{level}_name"] == parent["name"], each
            assert parent["start"] <= each["start"], (each, parent)
            assert each["end"] <= parent["end"], (each, parent)
