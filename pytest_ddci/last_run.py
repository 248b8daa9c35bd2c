"""The last reported run of a project, kept in pytest's cache for `--lf` and `--ff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context.provider import Relation

if TYPE_CHECKING:
    import pytest

    from pytest_ddci.session import ReportedSession

_KEY = "ddci/last_run"
# pytest's own, as `pytest --cache-show` lists it.
_LAST_FAILED = "cache/lastfailed"


def read_last_run(config: pytest.Config) -> Relation | None:
    """The last run, if there was one and this one takes it up: `--lf` or `--ff`."""
    takes_up = config.getoption("lf", default=False) or config.getoption(
        "failedfirst", default=False
    )
    kept = _cached(config, _KEY) if takes_up else None
    if not isinstance(kept, dict) or not isinstance(kept.get("id"), str):
        return None
    url = kept.get("url")
    return Relation(kept["id"], url if isinstance(url, str) else None)


def runs_failed_only(config: pytest.Config) -> bool:
    """Whether only tests that failed before are to run.

    `--ff` runs all in another order, and so does `--lf` when nothing had failed.
    """
    return bool(config.getoption("lf", default=False) and _cached(config, _LAST_FAILED))


def _cached(config: pytest.Config, key: str) -> object:
    cache = getattr(config, "cache", None)
    return None if cache is None else cache.get(key, None)


class LastRun:
    """Remembers this run for the next one."""

    def __init__(self, config: pytest.Config, session: ReportedSession) -> None:
        self._config = config
        self._session = session

    def pytest_sessionfinish(self) -> None:
        """Write this run into the cache, as pytest itself does with the tests that failed."""
        relation = self._session.relation
        if relation and self._config.cache is not None:
            self._config.cache.set(_KEY, {"id": relation.id, "url": relation.url})
