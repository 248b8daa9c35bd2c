"""Fixtures of all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from hypothesis import settings

from tests.intake_server import IntakeServer
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_NOT_ABOUT_XDIST = "not_about_xdist"
# One of so many projects has its processes measured by coverage.
_COVERED = 6

# How long an example takes depends on what else the machine has to do.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a test says of a project with xdist is long where xdist is not its subject."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if (
            callspec
            and callspec.params.get("project")
            and item.get_closest_marker(_NOT_ABOUT_XDIST)
        ):
            item.add_marker(pytest.mark.long)


@pytest.fixture(params=[(), ("-n2",)], ids=["plain", "xdist"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project that is run both in one process and on two workers."""
    return _project(tmp_path, request, request.param)


@pytest.fixture
def plain(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project that is run in one process."""
    return _project(tmp_path, request)


@pytest.fixture
def server() -> Iterator[IntakeServer]:
    """A real intake on a loopback port; what it was sent must please the official client."""
    with IntakeServer() as intake:
        yield intake
        assert intake.contract_errors == []


def _project(
    place: Path, request: pytest.FixtureRequest, distribution: tuple[str, ...] = ()
) -> Project:
    node = request.node
    return Project(
        place,
        distribution,
        autoload=node.get_closest_marker("autoload") is not None,
        # Coverage makes a run half as long again, and all runs go the same ways: some will do.
        covered=not distribution and crc32(node.nodeid.encode()) % _COVERED == 0,
    )
