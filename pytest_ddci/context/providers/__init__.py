"""The CI providers, each in a file of its own, and the choice between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context.providers import (
    appveyor,
    aws,
    azure,
    bitbucket,
    bitrise,
    buddy,
    buildkite,
    circleci,
    codefresh,
    drone,
    generic,
    github,
    gitlab,
    jenkins,
    teamcity,
    travis,
    woodpecker,
)

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Provider
    from pytest_ddci.context.variables import Variables

PROVIDERS: tuple[Provider, ...] = (
    github.PROVIDER,
    gitlab.PROVIDER,
    circleci.PROVIDER,
    jenkins.PROVIDER,
    azure.PROVIDER,
    bitbucket.PROVIDER,
    buildkite.PROVIDER,
    appveyor.PROVIDER,
    aws.CODEPIPELINE,
    aws.CODEBUILD,
    bitrise.PROVIDER,
    buddy.PROVIDER,
    codefresh.PROVIDER,
    # Woodpecker began as a fork of Drone and long set Drone's variables too.
    woodpecker.PROVIDER,
    drone.PROVIDER,
    teamcity.PROVIDER,
    travis.PROVIDER,
)


def detect(variables: Variables) -> Provider | None:
    """The provider this environment belongs to; None outside CI.

    Several may be marked, because a variable leaks from one into a container of another: the
    one of whose usual variables the greatest part is set is the one that runs.
    """
    marked = [provider for provider in PROVIDERS if provider.marked(variables)]
    if marked:
        return max(marked, key=lambda provider: provider.evidence(variables))
    return generic.PROVIDER if generic.PROVIDER.marked(variables) else None
