"""Every way to fail. Not collected by default: run `pytest --ddci fails_on_purpose.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci import Handle


@pytest.fixture
def database() -> None:
    """The environment is broken: the job's error is that of its setup."""
    raise ConnectionError("no database at localhost")


@pytest.fixture
def untidy() -> Iterator[None]:
    """Cleaning up is broken: the test itself passed."""
    yield
    raise OSError("the directory is not empty")


def test_assertion() -> None:
    """`error.type: AssertionError`, with pytest's explanation as the message."""
    assert {"apples": 3} == {"apples": 4}


def test_error_in_setup(database: None) -> None:
    """Status error, tag `test.result:fail`."""


def test_error_in_teardown(untidy: None) -> None:
    """Status error although the call succeeded: see the job's steps."""


def test_chained_causes() -> None:
    """The whole chain is in `error.stack`."""
    try:
        {"name": "apple"}["price"]
    except KeyError as error:
        raise ValueError("an item without a price") from error


def test_failing_step(ddci: Handle) -> None:
    """The step that failed carries the error, too."""
    with ddci.step("pay"):
        raise TimeoutError("the bank does not answer")


@pytest.mark.xfail(strict=True, reason="still broken")
def test_passes_against_expectation() -> None:
    """A strict xfail that passes is an error."""
