"""`ddci doctor`: what a run here would report, and whether the API answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci import __version__
from pytest_ddci.clock import Deadline
from pytest_ddci.head import default_name
from pytest_ddci.shelf import entries
from pytest_ddci.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config
    from pytest_ddci.context import RunContext
    from pytest_ddci.inifile import IniFile
    from pytest_ddci.intake import Intake

_GIT = ("repository_url", "sha", "branch", "tag", "author_email")


def diagnose(config: Config, ini: IniFile, context: RunContext) -> Iterator[str]:
    """What a run here would report, a line each."""
    yield f"pytest-ddci {__version__}, {context.node.machine.python} {_python(context)}"
    yield f"configuration: {ini.path or 'no pytest configuration file'}"
    yield f"reported without --ddci: {'yes' if config.enabled else 'no'}"
    yield f"API key: {'set' if config.api_key else 'DD_API_KEY is not set: events stay here'}"
    yield f"site: {config.site}, requests go to {config.url}"
    yield f"pipeline name: {default_name(config, context, str(ini.rootdir))}"
    yield f"env: {config.env or 'none'}, service: {config.service or 'none'}"
    yield f"provider name: {config.provider}"
    yield f"CI provider: {context.provider or 'none'}"
    if context.pipeline_url or context.job_url:
        yield f"CI page: {context.job_url or context.pipeline_url}"
    yield from _git(context)
    yield _directory(ini.rootdir / config.dir)
    for warning in (*config.warnings, *context.warnings):
        yield f"warning: {warning}"


def check(intake: Intake, clock: Clock, timeout: float) -> tuple[bool, list[str]]:
    """Ask the API with an empty batch, plain and compressed.

    Returns:
        Whether it accepts events from here, and what to tell the user.
    """
    plain = intake.probe(Deadline.after(timeout, clock))
    # An empty batch may be refused for being empty: then the key was good enough to look at it.
    accepted = plain.verdict in {Verdict.DELIVERED, Verdict.REJECTED}
    if not accepted:
        return False, [f"API: {plain.words}"]
    said = "" if plain.verdict is Verdict.DELIVERED else f" (it says: {plain.words})"
    lines = [f"API: answers and takes the key{said}"]
    packed = intake.probe(Deadline.after(timeout, clock), gzip=True)
    # The same refusal, word by word: then the API looked into the compressed body.
    if (packed.verdict, packed.words) == (plain.verdict, plain.words):
        lines.append("gzip: understood, --ddci-gzip can be turned on")
    else:
        lines.append(f"gzip: leave --ddci-gzip off ({packed.words})")
    return True, lines


def _python(context: RunContext) -> str:
    return context.node.machine.python_version


def _git(context: RunContext) -> Iterator[str]:
    if context.git is None:
        yield f"git: not reported: {context.git_missing or 'nothing is known of it'}"
        return
    for name in _GIT:
        value = getattr(context.git, name)
        if value:
            yield f"git {name}: {value}"


def _directory(path: Path) -> str:
    found = entries(path)
    kept = sum(entry.state == "undelivered" for entry in found)
    return f"journals: {path} ({len(found)} files, {kept} undelivered)"
