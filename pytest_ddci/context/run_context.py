"""Where a run happens, in one object."""

from __future__ import annotations

from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.git import Checkout
from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.context.commits import GitInfo, Said
    from pytest_ddci.context.host import HostInfo
    from pytest_ddci.context.provider import Relation
    from pytest_ddci.context.relations import Relations
    from pytest_ddci.context.source_pages import SourcePages


@frozen
class RunContext:
    """What is known about the place of a run.

    Attributes:
        provider: the name of the CI provider; `generic` for an unknown one, None outside CI.
        tags: everything found, under the names of Datadog's tracers.
        sources: who said each tag: the provider's name, `git`, or the name of the variable with
            which the user has overridden it. `find_origins` names the provider's variables.
        git: the git block of the events; None unless it is complete enough for the API.
        node: the node of the events.
        relations: the pipelines around this one.
        git_missing: one line, why there is no git block; None if there is one.
        git_known: what is known of it, whole or not, by the names of its fields.
        checkout: what git itself says about the directory.
        root: the directory the context was gathered for, naming neither home nor user.
        warnings: one line about each thing the user should know.
        pages: makes addresses of source lines; None if the forge is unknown.
    """

    provider: str | None
    tags: Mapping[str, str]
    sources: Mapping[str, str]
    git: GitInfo | None
    node: HostInfo
    relations: Relations
    git_missing: str | None = None
    git_known: Mapping[str, Said] = field(default_factory=dict)
    checkout: Checkout = field(default_factory=Checkout, repr=False)
    root: str = ""
    warnings: tuple[str, ...] = ()
    pages: SourcePages | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))

    @property
    def job_url(self) -> str | None:
        """The page of the CI job."""
        return self.tags.get(t.JOB_URL)

    @property
    def job_name(self) -> str | None:
        """The name of the CI job."""
        return self.tags.get(t.JOB_NAME)

    @property
    def pipeline_url(self) -> str | None:
        """The page of the provider's pipeline."""
        return self.tags.get(t.PIPELINE_URL)

    @property
    def parent(self) -> Relation | None:
        """The provider's pipeline, which is the parent of ours."""
        return self.relations.parent

    @property
    def previous_attempt(self) -> Relation | None:
        """The attempt of the provider's pipeline before this one, where its id is known."""
        return self.relations.previous_attempt

    @property
    def is_manual(self) -> bool | None:
        """Whether a person started the provider's pipeline; None if that is unknown."""
        return self.relations.is_manual

    def source_url(self, path: str, line: int) -> str | None:
        """The forge's page of a source line at this commit.

        Args:
            path: a file, absolute or from the directory the context was gathered for.
            line: the line; the first is 1.

        Returns:
            The address; None without git, for a file outside the checkout, and for a forge
            whose addresses are not known.
        """
        return self.pages.page(path, line) if self.pages else None
