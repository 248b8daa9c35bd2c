"""The pipeline before its first test: its name and its page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.config import resolve
from pytest_ddci.context.host import HostInfo
from pytest_ddci.context.relations import Relations
from pytest_ddci.context.run_context import RunContext
from pytest_ddci.head import default_name, page
from pytest_ddci.machine import this_machine

if TYPE_CHECKING:
    from pytest_ddci.config import Config
    from pytest_ddci.options import Option


class Nothing:
    """Neither a command line nor an ini file."""

    def cli(self, option: Option) -> None: ...

    def ini(self, option: Option) -> None: ...


@pytest.fixture
def config() -> Config:
    return resolve(Nothing(), {})


def context(**tags: str) -> RunContext:
    node = HostInfo("h", None, (), None, this_machine())
    return RunContext(None, tags, {}, None, node, Relations())


def test_a_given_name_beats_the_service_and_the_service_beats_the_repository(
    config: Config,
) -> None:
    where = context(**{"git.repository_url": "https://github.com/acme/shop.git"})
    assert default_name(config, where, "/w/root") == "shop"
    served = replace(config, service="api")
    assert default_name(served, where, "/w/root") == "api"
    assert default_name(replace(served, pipeline_name="given"), where, "/w/root") == "given"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/shop.git",
        "git@github.com:acme/shop.git",
        "git@host:shop",
        "/r/shop/",
    ],
)
def test_the_repository_is_named_by_the_last_part_of_its_url(config: Config, url: str) -> None:
    assert default_name(config, context(**{"git.repository_url": url}), "/w/root") == "shop"


@pytest.mark.parametrize(("rootdir", "name"), [("/w/root", "root"), ("/", "pytest")])
def test_without_a_repository_the_root_directory_names_it(
    config: Config, rootdir: str, name: str
) -> None:
    assert default_name(config, context(), rootdir) == name


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("datadoghq.com", "app.datadoghq.com"),
        ("datadoghq.eu", "app.datadoghq.eu"),
        ("us3.datadoghq.com", "us3.datadoghq.com"),
    ],
)
def test_the_page_is_on_the_sites_own_host_and_asks_for_the_pipeline(site: str, host: str) -> None:
    found = page(site, "id 1")
    assert found.startswith(f"https://{host}/ci/pipeline-executions?")
    assert "%40ci.pipeline.id%3A%22id%201%22" in found
