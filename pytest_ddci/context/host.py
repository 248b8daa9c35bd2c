"""The node that a run happens on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from pytest_ddci.machine import Machine


@frozen
class HostInfo:
    """The node of the events: a machine in a role.

    Attributes:
        hostname: the machine's name in its network.
        name: what the CI provider calls the node; None if it does not say.
        labels: the provider's labels of the node, then the machine's.
        workspace: the directory of the checkout; outside CI with the home directory as `~`.
        machine: what the labels were made of.
    """

    hostname: str
    name: str | None
    labels: tuple[str, ...]
    workspace: str | None
    machine: Machine
