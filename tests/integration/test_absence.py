"""Off means absent; and on, only what is needed is there, however the plugin was loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.intake_server import IntakeServer
    from tests.project import Project

pytestmark = [pytest.mark.autoload, pytest.mark.not_about_xdist]

PROBE = """
    import json, os, sys
    from pathlib import Path

    def pytest_sessionfinish(session):
        manager = session.config.pluginmanager
        name = os.environ.get("PYTEST_XDIST_WORKER", "controller")
        Path(session.config.rootpath, f"{name}.json").write_text(json.dumps({
            "modules": sorted(sys.modules),
            "plugins": sorted(
                type(plugin).__module__ if name.isdigit() else name
                for name, plugin in manager.list_name_plugin()
                if plugin
            ),
        }))
"""
SUITE = "def test_a(ddci):\n    with ddci.step('s'): ddci.tag('a', 'b')"
HEAVY = {"httpx", "httpcore", "pydantic", "pydantic_core", "ssl", "anyio"}


def probe(directory: Path, name: str = "controller") -> dict[str, set[str]]:
    found = json.loads((directory / f"{name}.json").read_text())
    return {key: set(listed) for key, listed in found.items()}


def ours(names: set[str]) -> set[str]:
    return {name for name in names if "ddci" in name}


def test_off_registers_nothing_but_the_entry_point(project: Project) -> None:
    project.write(conftest=PROBE, test_a="def test_a(): pass")
    assert project.run(flag="").exit_status == 0
    off = probe(project.directory)
    assert project.run("-p", "no:ddci", flag="").exit_status == 0
    absent = probe(project.directory)
    assert off["plugins"] - absent["plugins"] == {"ddci"}
    assert not ours(absent["plugins"])


def test_off_imports_nothing_heavy(project: Project) -> None:
    project.write(conftest=PROBE, test_a="def test_a(): pass")
    assert project.run("-p", "no:ddci", flag="").exit_status == 0
    absent = probe(project.directory)["modules"]
    assert not {"httpx", "pydantic"} & absent
    assert project.run(flag="").exit_status == 0
    new = probe(project.directory)["modules"] - absent
    assert not HEAVY & new
    assert ours(new) == {
        f"pytest_ddci{name}"
        for name in (
            "", ".config", ".errors", ".frozen", ".guard", ".handle", ".hookspecs",
            ".limits", ".options", ".plugin", ".shard", ".values",
        )
    }  # fmt: skip


def test_off_writes_nothing(plain: Project) -> None:
    plain.write(test_a=SUITE)
    outcome = plain.run("-p", "no:cacheprovider", flag="")
    assert outcome.exit_status == 0
    assert not outcome.summary
    assert sorted(path.name for path in plain.directory.iterdir()) == [
        "junit.xml",
        "pytest.ini",
        "test_a.py",
    ]


def test_on_imports_nothing_heavy_without_a_key(plain: Project) -> None:
    plain.write(conftest=PROBE, test_a=SUITE)
    outcome = plain.run()
    outcome.check()
    assert not {"httpx", "httpcore", "pydantic"} & probe(plain.directory)["modules"]


def test_workers_import_nothing_heavy_even_where_the_controller_sends(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(conftest=PROBE, test_a=SUITE, test_b="def test_b(): assert 0")
    outcome = plain.run("-n2", server=server)
    outcome.check()
    for worker in ("gw0", "gw1"):
        found = probe(plain.directory, worker)
        assert not {"httpx", "httpcore", "pydantic"} & found["modules"]
        assert ours(found["plugins"]) == {"ddci", "ddci-worker", "ddci-worker-output"}
    assert "httpx" in probe(plain.directory)["modules"]


@pytest.mark.parametrize(
    "option",
    ["--collect-only", "--setup-plan", "--fixtures", "--fixtures-per-test", "--cache-show"],
)
def test_sessions_that_run_no_test_are_not_reported(option: str, plain: Project) -> None:
    plain.write(conftest=PROBE, test_a=SUITE)
    outcome = plain.run(option)
    assert outcome.exit_status == 0
    assert outcome.summary == []
    assert not (plain.directory / ".ddci").exists()


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("--help", "--ddci-pipeline-name=NAME"),
        ("--version", "pytest"),
        ("--markers", "@pytest.mark.ddci(tags={...}, metrics={...})"),
    ],
)
def test_information_is_printed_and_nothing_reported(
    option: str, shown: str, plain: Project
) -> None:
    outcome = plain.run(option)
    assert outcome.exit_status == 0
    assert shown in outcome.stdout + outcome.stderr
    assert not (plain.directory / ".ddci").exists()


def test_the_marker_is_known_to_strict_markers_with_and_without_the_plugin_on(
    project: Project,
) -> None:
    project.write(
        test_a="""
            import pytest
            @pytest.mark.ddci(tags={"team": "core"}, metrics={"n": 1})
            def test_a(): pass
        """
    )
    assert project.run("--strict-markers", flag="").exit_status == 0
    outcome = project.run("--strict-markers")
    outcome.check()
    assert outcome.exit_status == 0


def test_it_is_absent_with_autoload_disabled(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    disabled = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    outcome = plain.run(flag="", env=disabled)
    assert outcome.exit_status == 0
    refused = plain.run(env=disabled)
    assert refused.exit_status == 4
    assert "unrecognized arguments: --ddci" in refused.stderr


NO_AUTOLOAD = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
BY_VARIABLE = {"PYTEST_PLUGINS": "pytest_ddci.plugin"}


@pytest.mark.parametrize(
    ("env", "args"),
    [
        pytest.param(NO_AUTOLOAD, ("-p", "pytest_ddci.plugin"), id="module"),
        pytest.param(NO_AUTOLOAD, ("-p", "ddci"), id="entry point"),
        pytest.param({**NO_AUTOLOAD, **BY_VARIABLE}, (), id="variable"),
        pytest.param({}, ("-p", "pytest_ddci.plugin"), id="autoload and module"),
        pytest.param(BY_VARIABLE, (), id="autoload and variable"),
    ],
)
def test_it_is_there_once_however_it_was_loaded(
    env: dict[str, str], args: tuple[str, ...], plain: Project
) -> None:
    plain.write(conftest=PROBE, test_a=SUITE)
    outcome = plain.run(*args, env=env)
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.stderr == ""
    assert len(outcome.jobs) == 1
    assert ours(probe(plain.directory)["plugins"]) >= {"ddci-reporter", "ddci-worker"}


def test_a_conftest_may_name_it_too(project: Project) -> None:
    project.write(conftest="pytest_plugins = ['pytest_ddci.plugin']", test_a=SUITE)
    outcome = project.run()
    outcome.check()
    assert (outcome.exit_status, outcome.stderr) == (0, "")
    assert len(outcome.jobs) == 1


@pytest.mark.parametrize("missing", ["xdist", "cacheprovider", "logging", "doctest", "unittest"])
def test_it_needs_no_other_plugin(missing: str, plain: Project) -> None:
    plain.write(test_a=SUITE)
    outcome = plain.run("-p", f"no:{missing}")
    outcome.check()
    assert (outcome.exit_status, outcome.stderr) == (0, "")
    assert outcome.job("test_a")["status"] == "success"


def test_without_a_terminal_reporter_it_works_and_is_silent(
    project: Project, server: IntakeServer
) -> None:
    project.write(test_a=SUITE, test_b="def test_b(): assert 0")
    outcome = project.run("-p", "no:terminal", server=server)
    outcome.check()
    assert outcome.exit_status == 1
    assert "ddci" not in outcome.stdout + outcome.stderr
    assert len(server.of_level("pipeline")) == 1
    assert sorted(job["status"] for job in server.of_level("job")) == ["error", "success"]


def test_another_plugin_may_have_options_that_begin_like_ours(plain: Project) -> None:
    plain.write(
        conftest="def pytest_addoption(parser): parser.addoption('--ddcix', default='d')",
        test_a="def test_a(request): assert request.config.getoption('--ddcix') == 'v'",
    )
    outcome = plain.run("--ddcix=v")
    outcome.check()
    assert outcome.exit_status == 0
