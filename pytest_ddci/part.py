"""A part: what one process contributes to a pipeline that several processes share."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import uuid4

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_ddci.shard import Shard

PART = "ddci.part"
"""The tag of a stage that tells the part's key."""

_BYTES = 6


@frozen(kw_only=True)
class Part:
    """What tells a process from the others of its pipeline.

    Attributes:
        role: the same for a CI job and for its retry, different for everything else.
        attempt: the same for all processes of one attempt at the role.
        salt: of this process alone. It is in every id below the pipeline, so that the same test
            on two machines, or in two processes of one machine, is never one job.
    """

    role: str
    attempt: str
    salt: str

    @property
    def key(self) -> str:
        """Role and attempt in one word, for a tag."""
        return f"{self.role}.{self.attempt}"


def make_part(shard: Shard | None, role: Iterable[str | None], attempt: Iterable[object]) -> Part:
    """This process's part.

    Without a shard nothing tells a retry from another process of the same kind, so every process
    has a role of its own.

    Args:
        shard: which shard it is.
        role: what else makes the role: the CI job's name, the machine's labels.
        attempt: what tells the CI job from its retry: its id, its number.
    """
    salt = uuid4().hex
    named = [str(shard), *(each or "" for each in role)] if shard else [salt]
    return Part(
        role=_digest(named), attempt=_digest(str(each or "") for each in attempt), salt=salt
    )


def _digest(texts: Iterable[str]) -> str:
    data = "\0".join(texts).encode("utf-8", "backslashreplace")
    return blake2b(data, digest_size=_BYTES).hexdigest()
