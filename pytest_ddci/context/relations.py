"""How a run relates to other pipeline executions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.provider import MANUAL, Relation, Run
from pytest_ddci.context.urls import page_url
from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.context.provider import Provider
    from pytest_ddci.context.variables import Variables


@frozen
class Relations:
    """The pipelines around a run.

    Attributes:
        parent: the provider's pipeline, under the id that Datadog stores for it.
        previous_attempt: the attempt of the provider's pipeline before this one, where its id
            can be known.
        attempt: 1 for the first attempt; None if the provider does not count.
        partial_retry: True when only a part of the provider's pipeline was started again; None
            if that cannot be known.
        trigger: what started it: `manual`, `schedule`, `push`, `pull_request`, `tag`, `api`,
            `upstream`, `other`; None if unknown.
    """

    parent: Relation | None = None
    previous_attempt: Relation | None = None
    attempt: int | None = None
    partial_retry: bool | None = None
    trigger: str | None = None

    @property
    def is_manual(self) -> bool | None:
        """Whether a person started it; None if that is unknown."""
        return None if self.trigger is None else self.trigger == MANUAL


def relations(
    variables: Variables, provider: Provider | None, tags: Mapping[str, str]
) -> Relations:
    """The pipelines around a run, as an environment tells them.

    Args:
        variables: the environment; `DDCI_PARENT_PIPELINE_ID` and `DDCI_PARENT_PIPELINE_URL` win.
        provider: the CI provider; None outside CI.
        tags: everything found about the run.
    """
    run = provider.run(variables) if provider else Run()
    given_id = variables.get("DDCI_PARENT_PIPELINE_ID")
    given_url = variables.get("DDCI_PARENT_PIPELINE_URL")
    parent_id = given_id or run.pipeline_id or tags.get(t.PIPELINE_ID)
    # The provider's page belongs to the provider's id only.
    url = given_url or (None if given_id else tags.get(t.PIPELINE_URL))
    return Relations(
        parent=Relation(parent_id, page_url(url) if url else None) if parent_id else None,
        previous_attempt=_clean(run.previous),
        attempt=run.attempt,
        partial_retry=run.partial_retry,
        trigger=run.trigger,
    )


def _clean(relation: Relation | None) -> Relation | None:
    if relation is None or relation.url is None:
        return relation
    return Relation(relation.id, page_url(relation.url))
