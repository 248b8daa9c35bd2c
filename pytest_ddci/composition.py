"""The composition root of a session that is reported: makes the objects and registers them."""

from __future__ import annotations

import traceback
from dataclasses import astuple
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.censor import Censor
from pytest_ddci.clock import SystemClock
from pytest_ddci.config import resolve, with_safe_ids
from pytest_ddci.errors import ConfigError
from pytest_ddci.guard import Guard, described
from pytest_ddci.last_run import LastRun, read_last_run, takes_up_last_run
from pytest_ddci.nesting import NestingMark
from pytest_ddci.place import describe_place
from pytest_ddci.redact import Redactor
from pytest_ddci.reporter import Reporter
from pytest_ddci.session import Circumstances, ReportedSession
from pytest_ddci.terminal import Terminal
from pytest_ddci.termination import Termination, can_handle
from pytest_ddci.user_hooks import UserHooks
from pytest_ddci.worker import Worker
from pytest_ddci.xdist_reporter import XdistReporter, without_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from pytest_ddci.config import Config, Source
    from pytest_ddci.courier import Courier
    from pytest_ddci.facts import Place
    from pytest_ddci.intake import Intake
    from pytest_ddci.notebook import Notebook


def register_controller(
    config: pytest.Config,
    source: Source,
    environ: MutableMapping[str, str],
    notebook: pytest.StashKey[Notebook],
) -> None:
    """Take part as a plain process or as xdist's controller.

    Where xdist runs the tests elsewhere, the `Worker` of this process stays idle.

    Raises:
        pytest.UsageError: an option has a wrong value.
    """
    try:
        settings = resolve(source, environ)
        redact = Redactor(environ, settings.redact, settings.redact_env)
    except ConfigError as error:
        raise pytest.UsageError(Redactor(environ)(str(error))) from None
    settings = with_safe_ids(settings, redact)
    hooks = UserHooks(config, redact)
    clock, guard = SystemClock(), Guard()
    place = describe_place(pytest.__version__)
    open_intake, courier = _ways_out(settings, environ, clock, redact)
    session = ReportedSession(
        settings,
        clock,
        circumstances=_circumstances(config, environ, place),
        hooks=hooks,
        redact=Censor(redact, hooks),
        open_intake=open_intake,
        courier=courier,
    )
    terminal = Terminal(
        config,
        clock,
        redact,
        lambda error: session.keep_error(described(error, redact), _trace(error)),
    )
    worker = Worker(clock, place, guard)
    reporter = Reporter(session, clock, terminal, worker, must_deliver=_must_deliver(settings))
    # Who comes later is called earlier: the `PhaseWatch` of the worker before the reporter.
    plugins: dict[str, object] = {"ddci-reporter": reporter, "ddci-worker": worker}
    if settings.sigterm and can_handle():
        plugins["ddci-termination"] = Termination(reporter, guard)
    plugins["ddci-nesting"] = NestingMark(environ, guard)
    if config.pluginmanager.hasplugin("cacheprovider"):
        plugins["ddci-last-run"] = LastRun(config, session, guard)
    if config.pluginmanager.hasplugin("xdist"):
        told = {"host": place.hostname, "anchor": [*astuple(clock.anchor)]}
        plugins["ddci-xdist"] = XdistReporter(reporter, told)
    # All or nothing: none of them is of use without the others.
    for name, plugin in plugins.items():
        config.pluginmanager.register(plugin, name)
    config.stash[notebook] = worker.notebook


def _circumstances(
    config: pytest.Config, environ: MutableMapping[str, str], place: Place
) -> Circumstances:
    dist = config.getoption("dist", "no")
    return Circumstances(
        environ=dict(environ),
        rootdir=str(config.rootpath),
        cwd=str(config.invocation_params.dir),
        place=place,
        each=dist == "each",
        shown=without_group if dist == "loadgroup" else str,
        partial=takes_up_last_run(config),
        last=read_last_run(config),
    )


def _must_deliver(settings: Config) -> bool:
    return settings.on_failure == "fail" and not settings.dry_run


def _ways_out(
    settings: Config, environ: Mapping[str, str], clock: SystemClock, redact: Callable[[str], str]
) -> tuple[Callable[[], Intake], Courier | None]:
    """The way to the API from here, and the one through another process, if there is one.

    What they need is imported now, before a test can break it, or break imports. Its weight is only
    carried by a session that sends something.
    """
    if not settings.sends:
        return partial(_refuse, RuntimeError("a session without a key sends nothing")), None
    try:
        from pytest_ddci.courier import Courier, can_start  # noqa: PLC0415 - as said
        from pytest_ddci.lean_imports import deferred  # noqa: PLC0415 - as said
        from pytest_ddci.surroundings import Surroundings  # noqa: PLC0415 - as said

        with deferred("trio"):
            from pytest_ddci.intake import Intake, create_ssl_context  # noqa: PLC0415 - as said

        surroundings = Surroundings(environ)
    except ImportError as error:
        return partial(_refuse, error), None
    key = settings.api_key.reveal() if settings.api_key else ""
    tls = lru_cache(1)(create_ssl_context)
    return (
        lambda: Intake(settings.url, key, clock=clock, gzip=settings.gzip, tls=tls, redact=redact),
        Courier(settings, environ, clock.anchor, surroundings) if can_start() else None,
    )


def _refuse(error: Exception) -> Intake:
    raise error


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))
