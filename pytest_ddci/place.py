"""The process that runs tests, described: host, interpreter, pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.facts import Place
from pytest_ddci.machine import this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping


def describe_place(pytest_version: str) -> Place:
    """Where this process runs; asks nobody but the interpreter and the operating system."""
    machine = this_machine()
    tags: Mapping[str, str] = {
        "runtime.name": machine.python,
        "runtime.version": machine.python_version,
        "pytest.version": pytest_version,
    }
    return Place(hostname=machine.hostname, labels=machine.labels(), tags=tags)
