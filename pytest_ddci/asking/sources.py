"""Where questions go: to Datadog with both keys, else to the journals."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pytest_ddci.asking.questions import Datadog, Journals
from pytest_ddci.errors import ConfigError
from pytest_ddci.frozen import frozen
from pytest_ddci.local.extra import without_extra
from pytest_ddci.options import API_KEY, APP_KEY
from pytest_ddci.shelf import is_being_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_ddci.asking.questions import Questions
    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config
    from pytest_ddci.local.api import LocalApi

RECENT = "now-7d"
"""Since when Datadog is asked by default, and journals for a timeseries."""

EVER = "0"
"""Since when journals are asked by default: retention bounds how much there is."""


@frozen
class Source:
    """Who is asked.

    Attributes:
        name: in words for the user.
        questions: puts them.
        since: where a window begins by default.
        problems: gives what makes answers doubtful, a line each; asked after the questions.
    """

    name: str
    questions: Questions
    since: str
    problems: Callable[[], list[str]]


@contextmanager
def opened(
    config: Config, directory: Path, clock: Clock, *, local: bool = False, remote: bool = False
) -> Iterator[Source]:
    """Who is to be asked; closed afterwards.

    Args:
        config: has the keys, or has not.
        directory: where journals are.
        clock: the time.
        local: ask the journals in any case.
        remote: ask Datadog in any case.

    Raises:
        ConfigError: Datadog is to be asked without its keys, or the journals without DuckDB.
    """
    if local or (missing_keys(config) and not remote):
        with _local_api(directory, clock) as api:
            name = f"the journals in {directory}"
            yield Source(name, Journals(api), EVER, lambda: _problems(api, directory))
        return
    from pytest_ddci.client import Client  # noqa: PLC0415 - only where something is asked

    if config.api_key is None or config.app_key is None:
        raise ConfigError(f"{missing_keys(config)[0]}: Datadog cannot be asked")
    with Client(
        config.api_key, config.app_key, url=config.url, timeout=config.timeout, clock=clock
    ) as client:
        yield Source(f"Datadog ({config.url})", Datadog(client), RECENT, list)


def missing_keys(config: Config) -> list[str]:
    """Why Datadog cannot be asked, a key each; nothing when it can."""
    keys = {API_KEY: config.api_key, APP_KEY: config.app_key}
    return [
        f"{name} is {'malformed' if name in config.malformed else 'not set'}"
        for name, key in keys.items()
        if key is None
    ]


def _local_api(directory: Path, clock: Clock) -> LocalApi:
    try:
        from pytest_ddci.local.api import LocalApi  # noqa: PLC0415 - DuckDB may be missing
    except ModuleNotFoundError as error:
        raise without_extra("asking the journals", error) from None
    return LocalApi(directory, clock)


def _problems(api: LocalApi, directory: Path) -> list[str]:
    told = list(api.store.unreadable().values())
    for run, count in api.store.skipped().items():
        told.append(f"{run}: {count} {'line' if count == 1 else 'lines'} that cannot be read")
    killed = sum(_is_killed(directory / f"{run}.jsonl") for run in api.store.unfinished())
    if killed:
        runs = "a run that was killed counts" if killed == 1 else f"{killed} killed runs count"
        told.append(f"{runs} as running until `ddci send`")
    return told


def _is_killed(path: Path) -> bool:
    """Whether nobody writes a journal any more; False also where that cannot be found out."""
    with suppress(OSError):
        return not is_being_written(path)
    return False
