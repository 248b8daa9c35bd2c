"""The composition root of a session that is reported: makes the objects and registers them."""

from __future__ import annotations

import traceback
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.clock import Anchor, SystemClock
from pytest_ddci.config import resolve
from pytest_ddci.errors import ConfigError
from pytest_ddci.guard import Guard
from pytest_ddci.last_run import LastRun, read_last_run, takes_up_last_run
from pytest_ddci.nesting import NestingMark
from pytest_ddci.place import describe_place
from pytest_ddci.redact import Redactor
from pytest_ddci.reporter import Reporter
from pytest_ddci.session import Circumstances, ReportedSession
from pytest_ddci.terminal import Terminal
from pytest_ddci.user_hooks import UserHooks
from pytest_ddci.worker import Worker
from pytest_ddci.worker_output import WorkerOutput
from pytest_ddci.xdist_reporter import KEY, XdistReporter, without_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config, Source
    from pytest_ddci.facts import Place
    from pytest_ddci.handle import Notebook
    from pytest_ddci.intake import Intake


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
        redact = Redactor(environ, settings.redact)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    clock, guard = SystemClock(), Guard()
    place = describe_place(pytest.__version__)
    session = ReportedSession(
        settings,
        clock,
        circumstances=_circumstances(config, environ, place),
        hooks=UserHooks(config),
        redact=redact,
        open_intake=_intake_factory(settings, clock),
    )
    terminal = Terminal(config, clock, redact, lambda error: session.keep_error(_trace(error)))
    reporter = Reporter(session, clock, terminal, guard, must_deliver=_must_deliver(settings))
    worker = Worker(clock, place, guard)
    config.stash[notebook] = worker.notebook
    config.pluginmanager.register(worker, "ddci-worker")
    config.pluginmanager.register(reporter, "ddci-reporter")
    config.pluginmanager.register(NestingMark(environ), "ddci-nesting")
    if config.pluginmanager.hasplugin("cacheprovider"):
        config.pluginmanager.register(LastRun(config, session, guard), "ddci-last-run")
    if config.pluginmanager.hasplugin("xdist"):
        told = {"host": place.hostname, "anchor": [*astuple(clock.anchor)]}
        config.pluginmanager.register(XdistReporter(reporter, told), "ddci-xdist")


def register_worker(
    config: pytest.Config, told: Mapping[str, Any], notebook: pytest.StashKey[Notebook]
) -> None:
    """Take part as an xdist worker: stamp reports, send nothing.

    On the controller's own host both read one monotonic clock, and share its anchor.
    """
    place, guard = describe_place(pytest.__version__), Guard()
    anchor = Anchor(*told["anchor"]) if told["host"] == place.hostname else None
    worker = Worker(SystemClock(anchor), place, guard)
    output = WorkerOutput(config.workeroutput, KEY, guard)  # type: ignore[attr-defined] # xdist's
    config.stash[notebook] = worker.notebook
    config.pluginmanager.register(worker, "ddci-worker")
    config.pluginmanager.register(output, "ddci-worker-output")


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


def _intake_factory(settings: Config, clock: Clock) -> Callable[[], Intake]:
    def open_intake() -> Intake:
        # The weight of httpx is only carried by a session that sends something.
        from pytest_ddci.intake import Intake  # noqa: PLC0415

        key = settings.api_key.reveal() if settings.api_key else ""
        return Intake(settings.url, key, clock=clock, gzip=settings.gzip)

    return open_intake


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))
