"""pytest-ddci: a pytest session as a CI pipeline execution in Datadog CI Visibility.

The names below are public. They are loaded when they are first asked for, because importing the
package must cost nothing where `--ddci` is off.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_ddci.accounting import Accounting
    from pytest_ddci.context import ci_tags
    from pytest_ddci.errors import ConfigError, DdciError, InvalidEventError, JournalError
    from pytest_ddci.events import (
        Attributes,
        CIError,
        Event,
        Git,
        Job,
        Node,
        ParentPipeline,
        Pipeline,
        PreviousAttempt,
        RunningJob,
        RunningPipeline,
        Stage,
        Step,
    )
    from pytest_ddci.handle import Handle
    from pytest_ddci.head import PipelineDraft

__version__ = "0.1.0"

__all__ = [
    "Accounting",
    "Attributes",
    "CIError",
    "ConfigError",
    "DdciError",
    "Event",
    "Git",
    "Handle",
    "InvalidEventError",
    "Job",
    "JournalError",
    "Node",
    "ParentPipeline",
    "Pipeline",
    "PipelineDraft",
    "PreviousAttempt",
    "RunningJob",
    "RunningPipeline",
    "Stage",
    "Step",
    "__version__",
    "ci_tags",
]

_HOME = {
    "Accounting": "accounting",
    "ConfigError": "errors",
    "DdciError": "errors",
    "Handle": "handle",
    "InvalidEventError": "errors",
    "JournalError": "errors",
    "PipelineDraft": "head",
    "ci_tags": "context",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module; those without another home are models of the API."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'events')}"), name)


def __dir__() -> list[str]:
    return __all__
