"""Run it with `pytest --ddci -n 2 test_parallel.py`: one pipeline, jobs labelled by worker."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("number", range(8))
def test_square(number: int) -> None:
    """The tag `xdist.worker` and the node's name tell which worker ran it."""
    assert number**2 == number * number
