"""The last reported run of a project, kept in pytest's cache for `--lf` and `--ff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context.provider import Relation
from pytest_ddci.guard import described, guarded

if TYPE_CHECKING:
    import pytest

    from pytest_ddci.guard import Guard
    from pytest_ddci.session import ReportedSession

_KEY = "ddci/last_run"


def takes_up_last_run(config: pytest.Config) -> bool:
    """Whether this run takes up the last one: it runs what failed then, alone or first."""
    return any(config.getoption(name, default=False) for name in ("lf", "failedfirst"))


def read_last_run(config: pytest.Config) -> Relation | None:
    """The last run, if there was one, this one takes it up, and pytest has a cache."""
    cache = getattr(config, "cache", None)
    if cache is None or not takes_up_last_run(config):
        return None
    kept = cache.get(_KEY, None)
    if not isinstance(kept, dict) or not isinstance(kept.get("id"), str):
        return None
    url = kept.get("url")
    return Relation(kept["id"], url if isinstance(url, str) else None)


class LastRun:
    """Remembers this run for the next one.

    Args:
        config: has the cache.
        session: is remembered.
        guard: shared with everything of ours in this process.
    """

    def __init__(self, config: pytest.Config, session: ReportedSession, guard: Guard) -> None:
        self.guard = guard
        self._config = config
        self._session = session

    @guarded
    def pytest_sessionfinish(self) -> None:
        """Write this run into the cache, as pytest itself does with the tests that failed."""
        relation = self._session.relation
        if relation and self._config.cache is not None:
            try:
                self._config.cache.set(_KEY, {"id": relation.id, "url": relation.url})
            except Exception as error:  # noqa: BLE001 - pytest's cache, after whatever tests did
                self._session.note(f"warning: `--lf` will not know this run: {described(error)}")
