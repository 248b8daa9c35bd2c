"""A fake of the API for the tests of those who change what is reported: hooks, fixtures, options.

    pytest_plugins = ["pytester", "pytest_ddci.testing"]

    def test_the_team_is_a_tag(pytester, monkeypatch, ddci_intake):
        for name, value in ddci_intake.environ.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile("def test_it(): pass")
        pytester.runpytest_subprocess("--ddci", "--ddci-tag=team:checkout")
        [pipeline] = ddci_intake.pipelines
        assert "team:checkout" in pipeline.tags

It is what `ddci serve` is, on a free port of this machine, with a directory of its own: it refuses
what the API refuses, and what it has received can be asked for. It needs the extra `local`.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from pytest_ddci.clock import SystemClock
from pytest_ddci.config import Secret
from pytest_ddci.events import Event, Job, Pipeline, RunningJob, RunningPipeline, Stage, Step
from pytest_ddci.frozen import frozen
from pytest_ddci.json_text import from_json
from pytest_ddci.local.extra import without_extra
from pytest_ddci.local.faults import Fault
from pytest_ddci.local.setup import HOST, Setup

try:
    # Not where it is needed: `pytester` forgets what its tests import, and DuckDB does not bear
    # to be imported twice.
    from pytest_ddci.local.local_server import LocalServer
except ModuleNotFoundError as missing:
    raise ImportError(str(without_extra("pytest_ddci.testing", missing))) from None

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_ddci.local.exchange import Answer, Asked

__all__ = ["FakeIntake", "Fault", "Received", "ddci_intake", "fake_intake"]

KEY = "fake-api-key"
"""The API key in `FakeIntake.environ` where none is demanded."""

_APP_KEY = "fake-app-key"

Resource = TypeVar("Resource", Pipeline, Stage, Job, Step)


@frozen
class Received:
    """A request.

    Attributes:
        method: such as `POST`.
        path: without query.
        parameters: of the query.
        headers: by their names in lower case; they hold keys.
        body: without compression.
        status: the HTTP status of its answer.
    """

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int

    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The body as an object.

        Raises:
            ValueError: it is no JSON.
        """
        return from_json(self.body)


class FakeIntake:
    """What a fake of the API has received; made by `fake_intake`.

    Events are in the order in which they came, those of refused requests left out.

    Attributes:
        url: scheme, host and port.
        environ: variables with which a `pytest --ddci` reports to it, and with which
            `Client.from_environment` sends and asks.
    """

    def __init__(self, key: str) -> None:
        self.url = ""
        self.environ: dict[str, str] = {
            "DD_API_KEY": key,
            "DD_APP_KEY": _APP_KEY,
            "NO_PROXY": HOST,
        }
        self._requests: list[Received] = []
        self._lines: list[bytes] = []

    @property
    def requests(self) -> list[Received]:
        """All requests, refused ones too."""
        return [*self._requests]

    @property
    def events(self) -> list[Event]:
        """All events, as models."""
        return [Event.from_wire(line) for line in self._lines]

    @property
    def running(self) -> list[RunningPipeline | RunningJob]:
        """What was announced while it ran."""
        resources = (event.attributes.resource for event in self.events)
        return [each for each in resources if isinstance(each, (RunningPipeline, RunningJob))]

    @property
    def pipelines(self) -> list[Pipeline]:
        """The finished pipelines."""
        return self._of(Pipeline)

    @property
    def stages(self) -> list[Stage]:
        """The stages."""
        return self._of(Stage)

    @property
    def jobs(self) -> list[Job]:
        """The finished jobs."""
        return self._of(Job)

    @property
    def steps(self) -> list[Step]:
        """The steps."""
        return self._of(Step)

    def _of(self, kind: type[Resource]) -> list[Resource]:
        resources = (event.attributes.resource for event in self.events)
        return [each for each in resources if isinstance(each, kind)]

    def _opened(self, url: str) -> None:
        self.url = self.environ["DDCI_URL"] = url

    def _watch(self, asked: Asked, answer: Answer) -> None:
        self._lines += answer.events
        self._requests.append(
            Received(
                asked.method,
                asked.path,
                asked.parameters,
                asked.headers,
                asked.body,
                answer.status,
            )
        )


@contextmanager
def fake_intake(
    *, faults: Iterable[Fault | str] = (), api_key: str | None = None
) -> Iterator[FakeIntake]:
    """A fake of the API, for as long as the context is open.

    Args:
        faults: what goes wrong with the next requests, in order: `Fault`, or a text as `ddci serve
            --fault` takes it.
        api_key: the only good one; None: any is good, and none.

    Raises:
        ValueError: a text describes no fault.
    """
    intake = FakeIntake(KEY if api_key is None else api_key)
    setup = Setup(
        port=0,
        key=None if api_key is None else Secret(api_key),
        faults=[Fault.parse(each) if isinstance(each, str) else each for each in faults],
    )
    with tempfile.TemporaryDirectory(prefix="ddci-", ignore_cleanup_errors=True) as directory:
        path, clock = Path(directory, "journals"), SystemClock()
        with LocalServer(path, setup, clock, tell=_tell, watch=intake._watch) as server:  # noqa: SLF001 - made for it
            intake._opened(server.url)  # noqa: SLF001 - as above
            yield intake


@pytest.fixture
def ddci_intake() -> Iterator[FakeIntake]:
    """A fake of the API that a `pytest --ddci` under test can report to."""
    with fake_intake() as intake:
        yield intake


def _tell(words: str) -> None:
    """Say where it is shown with a failure what has gone wrong in the fake itself."""
    sys.stderr.write(f"ddci: {words}\n")
