"""Fixtures of all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.intake_server import IntakeServer
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# How long an example takes depends on what else the machine has to do.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(params=[(), ("-n2",)], ids=["plain", "xdist"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project that is run both in one process and on two workers.

    What runs there twice is measured once: what only workers do is covered by tests of their own.
    """
    autoload = _loads_itself(request)
    return Project(tmp_path, request.param, autoload=autoload, covered=not request.param)


@pytest.fixture
def plain(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project that is run in one process."""
    return Project(tmp_path, autoload=_loads_itself(request))


@pytest.fixture
def server() -> Iterator[IntakeServer]:
    """A real intake on a loopback port; what it was sent must please the official client."""
    with IntakeServer() as intake:
        yield intake
        assert intake.contract_errors == []


def _loads_itself(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("autoload") is not None
