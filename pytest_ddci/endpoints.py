"""The four operations of the API and where they are.

Source: https://docs.datadoghq.com/api/latest/ci-visibility-pipelines/.
"""

from __future__ import annotations

SEND = "/api/v2/ci/pipeline"
"""POST: one event or many."""
LIST = "/api/v2/ci/pipelines/events"
"""GET: events, a page at a time."""
SEARCH = "/api/v2/ci/pipelines/events/search"
"""POST: the same, for queries of any length."""
AGGREGATE = "/api/v2/ci/pipelines/analytics/aggregate"
"""POST: values computed of events, in buckets."""
