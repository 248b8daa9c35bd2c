"""A shard: one of several processes, often on several machines, that share a suite out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHARD = "ddci.shard"
"""The tag that tells the shard."""

MOST = 100_000
"""The most shards that a run may have."""

_ALLOWED = f"K/N, the shard and how many there are, with 0 <= K <= N and 1 <= N <= {MOST:,}"


@frozen(order=True)
class Shard:
    """Which of how many.

    Attributes:
        total: how many there are.
        index: which one this is, as the user or the provider counts.
    """

    total: int
    index: int

    def __str__(self) -> str:
        return f"{self.index}/{self.total}"


@frozen
class _Counter:
    """How a provider numbers parallel jobs.

    Attributes:
        provider: whose variables these are.
        index: the variable of the job's number.
        total: the variable of how many there are.
        first: the number of the first job.
    """

    provider: str
    index: str
    total: str
    first: int


# The providers' documentation of their variables. `CI_NODE_*` is GitLab's, and what others and
# test splitters have taken over.
_COUNTERS = (
    _Counter("circleci", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    _Counter("buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
    _Counter("gitlab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
)


def parse_shard(text: str) -> Shard:
    """`2/8`.

    Raises:
        ValueError: it is none; the message says what is allowed.
    """
    index, slash, total = text.partition("/")
    found = _shard(index.strip(), total.strip()) if slash else None
    if found is None:
        raise ValueError(_ALLOWED)
    return found


def provided_shard(environ: Mapping[str, str], provider: str | None) -> Shard | None:
    """The shard that a CI provider's variables tell; None where a job has no parallel ones.

    Args:
        environ: the environment.
        provider: the name of the provider of the run; its own variables are asked first.
    """
    for counter in sorted(_COUNTERS, key=lambda each: each.provider != provider):
        index = environ.get(counter.index, "").strip()
        found = _shard(index, environ.get(counter.total, "").strip())
        if found is None or found.total == 1:
            continue
        if counter.first == 1:
            return found
        if found.index < found.total:
            return Shard(found.total, found.index + 1)
    return None


def missing_shards(known: Sequence[Shard]) -> list[Shard]:
    """Those of the same totals that are not among the known ones.

    Where any of a total is counted as 0, the first is 0.
    """
    there = set(known)
    absent = []
    for total in sorted({shard.total for shard in there}):
        first = 0 if Shard(total, 0) in there else 1
        absent += [
            shard
            for shard in (Shard(total, index) for index in range(first, first + total))
            if shard not in there
        ]
    return absent


def _shard(index: str, total: str) -> Shard | None:
    if not (_is_number(index) and _is_number(total)):
        return None
    found = Shard(int(total), int(index))
    return found if 1 <= found.total <= MOST and found.index <= found.total else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(MOST))
