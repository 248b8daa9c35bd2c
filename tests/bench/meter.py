"""A plugin that every measured process loads: what its test loop took, and when.

It is not part of what is measured: it does its work before and after the tests. Times are of the
system's monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

PLACE = "DDCI_BENCH_METER"
"""The variable that says in which directory the figures go."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop() -> Generator[None, Any, Any]:
    """Time the loop; under xdist each process has its own."""
    begun, cpu = time.monotonic(), time.process_time()
    answer = yield
    name = os.environ.get("PYTEST_XDIST_WORKER", "main")
    figures = {
        "begun": begun,
        "ended": time.monotonic(),
        "cpu": time.process_time() - cpu,
    }
    Path(os.environ[PLACE], f"{name}.json").write_text(json.dumps(figures), encoding="ascii")
    return answer
