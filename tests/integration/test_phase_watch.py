"""Phases are seen to begin where somebody may repeat them; elsewhere their length says when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics

if TYPE_CHECKING:
    from tests.project import Project

SUITE = """
    import pytest
    def test_it(pytestconfig):
        assert pytestconfig.pluginmanager.has_plugin("ddci-phase-watch") is {watched}
"""
WRAPPER = "import pytest\n@pytest.hookimpl(wrapper=True)\n"
REPEATING = {
    "makereport": f"{WRAPPER}def pytest_runtest_makereport(): return (yield)",
    "protocol": "def pytest_runtest_protocol(item): pass",
    "another name": "import pytest\n@pytest.hookimpl(specname='pytest_runtest_protocol')\n"
    "def run(item): pass",
}
# Real time passes; what pytest measures by does not. What it really takes is written down.
SLOW = """
    import contextlib, functools, json, pathlib, time, pytest
    from freezegun import freeze_time

    now = functools.partial(time.clock_gettime_ns, time.CLOCK_MONOTONIC)
    took = {{}}

    @contextlib.contextmanager
    def phase(name, seconds, sleep=time.sleep):
        begun = now()
        sleep(seconds)
        yield
        took[name] = (now() - begun) / 1e9

    @pytest.fixture{options}
    def slow():
        with contextlib.ExitStack() as stack:
            with phase("setup", 0.2): stack.enter_context({clock})
            yield
            with phase("teardown", 0.1): stack.close()
            pathlib.Path("took.json").write_text(json.dumps(took))

    def test_it(slow):
        with phase("call", 0.3): pass
"""
CLOCKS = {
    "its own": "contextlib.nullcontext()",
    "frozen": "freeze_time('1985-10-26')",
    "travelling": "__import__('time_machine').travel('1985-10-26', tick=False)",
}
# Seconds that a busy machine may add.
LITTLE = 0.25


@pytest.mark.parametrize("conftest", REPEATING.values(), ids=REPEATING)
def test_phases_are_watched_where_a_conftest_may_repeat_them(
    project: Project, conftest: str
) -> None:
    project.write(test_it=SUITE.format(watched=True), conftest=conftest)
    project.run().check()


def test_phases_are_watched_where_a_conftest_further_down_may_repeat_them(project: Project) -> None:
    project.file("down/conftest.py", REPEATING["makereport"])
    project.file("down/test_it.py", SUITE.format(watched=True))
    project.run().check()


@pytest.mark.parametrize("plugin", ["rerunfailures", "pytest-retry", "flaky"])
def test_phases_are_watched_where_a_plugin_repeats_them(project: Project, plugin: str) -> None:
    project.write(test_it=SUITE.format(watched=True))
    project.run(plugins=(plugin,)).check()


@pytest.mark.parametrize("plugins", [(), ("hypothesispytest", "timeout")])
def test_phases_are_not_watched_where_nobody_repeats_them(
    project: Project, plugins: tuple[str, ...]
) -> None:
    project.write(
        test_it=SUITE.format(watched=False),
        conftest=f"{WRAPPER}def pytest_runtestloop(): return (yield)",
    )
    project.run(plugins=plugins).check()


@pytest.mark.parametrize("conftest", ["", REPEATING["protocol"]], ids=["", "watched"])
@pytest.mark.parametrize("options", ["", "(scope='session', autouse=True)"], ids=["", "session"])
@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
def test_phases_last_as_long_as_they_really_did(
    project: Project, clock: str, options: str, conftest: str
) -> None:
    project.write(test_it=SLOW.format(clock=clock, options=options), conftest=conftest)
    outcome = project.run(plugins=("time_machine",))
    outcome.check()
    job = outcome.job("test_it")
    took = json.loads((project.directory / "took.json").read_text())
    for phase in ("setup", "call", "teardown"):
        assert took[phase] <= metrics(job)[f"duration.{phase}"] < took[phase] + LITTLE, phase
