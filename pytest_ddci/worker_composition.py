"""Puts together what takes part in an xdist worker: little, for every worker imports it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.clock import Anchor, SystemClock
from pytest_ddci.guard import Guard
from pytest_ddci.place import describe_place
from pytest_ddci.worker import Worker
from pytest_ddci.worker_output import KEY, WorkerOutput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.notebook import Notebook


def register_worker(
    config: pytest.Config, told: Mapping[str, Any], notebook: pytest.StashKey[Notebook]
) -> None:
    """Take part as an xdist worker: stamp reports, send nothing.

    On the controller's own host both read one monotonic clock, and share its anchor.
    """
    place, guard = describe_place(pytest.__version__), Guard()
    anchor = Anchor(*told["anchor"]) if told["host"] == place.hostname else None
    worker = Worker(SystemClock(anchor), place, guard, crosses=True)
    output = WorkerOutput(config.workeroutput, KEY, guard)  # type: ignore[attr-defined] # xdist's
    config.stash[notebook] = worker.notebook
    config.pluginmanager.register(worker, "ddci-worker")
    config.pluginmanager.register(output, "ddci-worker-output")
