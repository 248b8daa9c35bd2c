"""`pytest_ddci.testing`: a user's tests of what their suite reports."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from pytest_ddci import Client
from pytest_ddci.clock import SECOND, SystemClock
from pytest_ddci.endpoints import LIST, SEND
from pytest_ddci.events import Job, Pipeline, RunningPipeline, Stage, Step
from pytest_ddci.testing import Fault, fake_intake
from tests.wire import PIPELINE, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.testing import FakeIntake
    from tests.project import Project

pytestmark = pytest.mark.autoload

README = Path(__file__).parents[2] / "README.md"
NOW_NS = SystemClock().now_ns() - 60 * SECOND
RUNNING = {
    "attributes": {
        "resource": {
            "level": "pipeline",
            **PIPELINE,
            "status": "running",
            "start": "2026-01-01T00:00:00Z",
        }
    }
}


@pytest.fixture
def intake() -> Iterator[FakeIntake]:
    with fake_intake() as made:
        yield made


def send(intake: FakeIntake, *events: object) -> int:
    body = {"data": [json.loads(each) if isinstance(each, bytes) else each for each in events]}
    return httpx.post(intake.url + SEND, json=body, trust_env=False).status_code


def test_events_are_seen_as_models_by_their_levels(intake: FakeIntake) -> None:
    levels = ("step", "job", "stage", "pipeline")
    assert send(intake, RUNNING, *(event(level, level, NOW_NS) for level in levels)) == 202
    assert [type(each) for each in intake.running] == [RunningPipeline]
    assert [type(each) for each in intake.steps] == [Step]
    assert [type(each) for each in intake.jobs] == [Job]
    assert [type(each) for each in intake.stages] == [Stage]
    assert [type(each) for each in intake.pipelines] == [Pipeline]
    assert [each.attributes.resource.level for each in intake.events] == ["pipeline", *levels]
    assert intake.events[0].attributes.provider_name == "custom"


def test_refused_requests_are_seen_and_their_events_are_not(intake: FakeIntake) -> None:
    assert send(intake, event("job", "a", NOW_NS), event("job", "b", NOW_NS, status="odd")) == 400
    assert intake.events == []
    (request,) = intake.requests
    assert (request.method, request.path, request.status) == ("POST", SEND, 400)
    assert [each["attributes"]["resource"]["id"] for each in request.json()["data"]] == ["a", "b"]


def test_parameters_and_headers_are_seen_and_keys_are_in_no_repr(intake: FakeIntake) -> None:
    headers = {"DD-API-KEY": "a-secret-key"}
    parameters = {"page[limit]": "5"}
    httpx.get(intake.url + LIST, params=parameters, headers=headers, trust_env=False)
    (request,) = intake.requests
    assert request.parameters == parameters
    assert request.headers["dd-api-key"] == "a-secret-key"
    assert "a-secret-key" not in repr(request)


def test_its_environment_leads_to_it(intake: FakeIntake) -> None:
    with Client.from_environment(intake.environ) as client:
        assert client.send(json.loads(event("job", "a", SystemClock().now_ns() - SECOND))).complete
        assert len(client.search_events().data) == 1


def test_a_key_can_be_demanded() -> None:
    with fake_intake(api_key="right") as intake:
        assert intake.environ["DD_API_KEY"] == "right"
        assert send(intake, event("job", "a", NOW_NS)) == 401
        with Client.from_environment(intake.environ) as client:
            assert client.send(json.loads(event("job", "a", NOW_NS))).complete


def test_faults_are_objects_or_texts() -> None:
    with fake_intake(faults=[Fault(503), "429", "ok,delay=0.01"]) as intake:
        line = event("job", "a", NOW_NS)
        assert [send(intake, line) for _ in range(4)] == [503, 429, 202, 202]


def test_a_text_that_is_no_fault_is_told() -> None:
    with pytest.raises(ValueError, match="'slow' is no fault"), fake_intake(faults=["slow"]):
        pass


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with fake_intake() as intake:
        send(intake, event("job", "a", NOW_NS))
        assert len(list(tmp_path.rglob("run-*.jsonl"))) == 1
    assert list(tmp_path.iterdir()) == []


def test_two_do_not_know_of_each_other() -> None:
    with fake_intake() as one, fake_intake() as other:
        send(one, event("job", "a", NOW_NS))
        assert (len(one.jobs), len(other.jobs)) == (1, 0)


def test_without_the_extra_it_says_what_to_install(plain: Project) -> None:
    plain.file(
        "conftest.py",
        """
        import sys

        sys.modules["uvicorn"] = None
        pytest_plugins = ["pytest_ddci.testing"]
        """,
    )
    outcome = plain.run(flag="")
    words = "pytest_ddci.testing needs uvicorn: pip install 'pytest-ddci[local]'"
    assert outcome.exit_status != 0
    assert words in outcome.stdout + outcome.stderr


def test_tests_that_run_pytest_in_their_own_process_may_use_it_one_after_the_other(
    plain: Project,
) -> None:
    plain.file("conftest.py", 'pytest_plugins = ["pytester", "pytest_ddci.testing"]')
    plain.write(
        test_a="""
            import pytest

            @pytest.mark.parametrize("number", [1, 2])
            def test_a_run(pytester, monkeypatch, ddci_intake, number):
                for name, value in ddci_intake.environ.items():
                    monkeypatch.setenv(name, value)
                pytester.makepyfile("def test_it(): pass")
                pytester.runpytest_inprocess("--ddci", "-pno:randomly")
                assert len(ddci_intake.jobs) == 1
        """
    )
    outcome = plain.run("-q", flag="")
    assert "2 passed" in outcome.stdout
    assert outcome.exit_status == 0


def test_the_example_of_the_readme_works(plain: Project) -> None:
    found = re.search(
        r"```python\n(pytest_plugins = .*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    plugins, _, test = found[1].partition("\n")
    plain.file("conftest.py", f"{plugins}\n")
    plain.file("test_ours.py", test)
    outcome = plain.run("-q", flag="")
    assert "1 passed" in outcome.stdout
    assert not (plain.directory / ".ddci").exists()


def test_who_does_not_ask_for_it_has_no_such_fixture(plain: Project) -> None:
    plain.write(test_a="def test_it(ddci_intake): pass")
    assert "fixture 'ddci_intake' not found" in plain.run(flag="").stdout
