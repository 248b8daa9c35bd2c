"""pytest-ddci: a pytest session as a CI pipeline execution in Datadog CI Visibility.

The names below are public. They are loaded when they are first asked for, because importing the
package must cost nothing where `--ddci` is off.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_ddci.accounting import Accounting
    from pytest_ddci.answers import AggregateAnswer, Bucket, CIEvent, EventsAnswer, Point
    from pytest_ddci.client import Client
    from pytest_ddci.context import ci_tags
    from pytest_ddci.errors import (
        ClientError,
        ConfigError,
        DdciError,
        InvalidEventError,
        JournalError,
        QueryError,
    )
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
    from pytest_ddci.pages import Events
    from pytest_ddci.queries import (
        AggregateRequest,
        Compute,
        GroupBy,
        GroupSort,
        Histogram,
        QueryFilter,
        QueryOptions,
        SearchRequest,
    )
    from pytest_ddci.sending import Refused, Sent

__version__ = "0.1.0"

__all__ = [
    "Accounting",
    "AggregateAnswer",
    "AggregateRequest",
    "Attributes",
    "Bucket",
    "CIError",
    "CIEvent",
    "Client",
    "ClientError",
    "Compute",
    "ConfigError",
    "DdciError",
    "Event",
    "Events",
    "EventsAnswer",
    "Git",
    "GroupBy",
    "GroupSort",
    "Handle",
    "Histogram",
    "InvalidEventError",
    "Job",
    "JournalError",
    "Node",
    "ParentPipeline",
    "Pipeline",
    "PipelineDraft",
    "Point",
    "PreviousAttempt",
    "QueryError",
    "QueryFilter",
    "QueryOptions",
    "Refused",
    "RunningJob",
    "RunningPipeline",
    "SearchRequest",
    "Sent",
    "Stage",
    "Step",
    "__version__",
    "ci_tags",
]

_HOME = {
    "Accounting": "accounting",
    "AggregateAnswer": "answers",
    "AggregateRequest": "queries",
    "Bucket": "answers",
    "CIEvent": "answers",
    "Client": "client",
    "ClientError": "errors",
    "Compute": "queries",
    "ConfigError": "errors",
    "DdciError": "errors",
    "Events": "pages",
    "EventsAnswer": "answers",
    "GroupBy": "queries",
    "GroupSort": "queries",
    "Handle": "handle",
    "Histogram": "queries",
    "InvalidEventError": "errors",
    "JournalError": "errors",
    "PipelineDraft": "head",
    "Point": "answers",
    "QueryError": "errors",
    "QueryFilter": "queries",
    "QueryOptions": "queries",
    "Refused": "sending",
    "SearchRequest": "queries",
    "Sent": "sending",
    "ci_tags": "context",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module; those without another home are models of the API."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'events')}"), name)


def __dir__() -> list[str]:
    return __all__
