"""The conclusion: the final event of a pipeline that several processes have shared.

Pure: contributions in, one resource out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ddci import limits
from pytest_ddci.contribution import latest_attempts
from pytest_ddci.shard import missing_shards

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_ddci.contribution import Contribution
    from pytest_ddci.shard import Shard

_COUNTED = "tests."
_ORDER = ("error", "canceled", "success", "skipped")
_LISTED = 20
_TESTS_FAILED = "TestsFailed"
_OWN_TAGS = ("pytest.exit_status:", "ddci.recovered:")


def conclude(
    base: Mapping[str, Any], contributions: Sequence[Contribution], *, unheard: Sequence[str] = ()
) -> dict[str, Any]:
    """The final event of a shared pipeline: the status, span and counts of all its processes.

    A shard that nobody has heard of makes it an error: what was in it may have failed.

    Args:
        base: what the event says apart from that: identity, relations, node, git, tags.
        contributions: of all processes; of a retried CI job only the last attempt counts. At
            least one.
        unheard: processes that are known of and have not ended, in words for the user.
    """
    counted = latest_attempts(contributions)
    missing = [f"shard {shard}" for shard in absent(counted)]
    missing += [each for each in unheard if each not in missing]
    return {
        **{key: value for key, value in base.items() if key not in {"error", "tags", "metrics"}},
        # A retried job's first attempt does not count, but its jobs lie within the pipeline.
        "start": min(each.start for each in contributions),
        "end": max(each.end for each in contributions),
        "status": "error" if missing else _status(counted),
        **_error(counted, missing),
        "tags": [*_tags(base.get("tags")), f"ddci.parts:{len(counted)}"],
        "metrics": _metrics(base.get("metrics"), counted),
    }


def absent(contributions: Iterable[Contribution]) -> list[Shard]:
    """The shards that are missing, by what the others say of how many there are."""
    return missing_shards([each.shard for each in contributions if each.shard])


def _status(contributions: Sequence[Contribution]) -> str:
    found = {str(each.resource["status"]) for each in contributions}
    return next((status for status in _ORDER if status in found), "error")


def _error(contributions: Sequence[Contribution], missing: Sequence[str]) -> dict[str, object]:
    """Which processes are missing or came to no good end, and why."""
    blocks = [(each, each.resource.get("error")) for each in contributions]
    failed = [(each, block) for each, block in blocks if isinstance(block, dict)]
    if not failed and not missing:
        return {}
    lines = []
    if missing:
        lines = [f"{len(missing)} parts of the run were never heard of: {_listed(missing)}"]
    for each, block in failed:
        shard = f"shard {each.shard}: " if each.shard else ""
        lines.append(f"{shard}{block.get('message') or each.resource['status']}")
    if missing:
        kind, domain = "IncompleteRun", "provider"
    else:
        # What broke a process says more than that tests failed in another.
        worst = [block for _, block in failed if block.get("type") != _TESTS_FAILED]
        block = (worst or [block for _, block in failed])[0]
        kind, domain = str(block.get("type") or "Error"), str(block.get("domain") or "unknown")
    return {
        "error": {"message": limits.message("\n".join(lines)), "type": kind, "domain": domain},
    }


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join([*names[:_LISTED], *([f"and {more} more"] if more > 0 else [])])


def _tags(tags: object) -> list[str]:
    """The tags that are true of all processes together."""
    texts = [str(tag) for tag in tags] if isinstance(tags, (list, tuple)) else []
    return [tag for tag in texts if not tag.startswith(_OWN_TAGS)]


def _metrics(base: object, contributions: Sequence[Contribution]) -> list[str]:
    """The counts of all, added up, after what else is measured of the pipeline."""
    others = {key: value for key, value in _numbers(base).items() if not key.startswith(_COUNTED)}
    sums: dict[str, float] = {}
    for each in contributions:
        for key, value in _numbers(each.resource.get("metrics")).items():
            if key.startswith(_COUNTED):
                sums[key] = sums.get(key, 0) + value
    kept, _ = limits.sanitise_metrics({**others, **sums})
    return kept


def _numbers(metrics: object) -> dict[str, float]:
    """Metrics as numbers, without those that are none."""
    found: dict[str, float] = {}
    for metric in metrics if isinstance(metrics, (list, tuple)) else ():
        key, _, text = str(metric).rpartition(":")
        try:
            found[key] = float(text)
        except ValueError:
            continue
    return found
