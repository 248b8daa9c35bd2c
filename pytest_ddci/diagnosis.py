"""What a run would report, value by value: the sections of `ddci doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.case import BY_FIELD, DEFAULT, shown
from pytest_ddci.context import tags as t
from pytest_ddci.findings import Finding, Section
from pytest_ddci.head import repository_name
from pytest_ddci.heading import make_head
from pytest_ddci.options import API_KEY, APP_KEY
from pytest_ddci.shelf import entries
from pytest_ddci.whereabouts import (
    ci_findings,
    gap_findings,
    git_findings,
    node_findings,
    relations_findings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ddci.case import Case
    from pytest_ddci.config import Secret
    from pytest_ddci.head import Head
    from pytest_ddci.options import Option

_DELIVERY = (
    *("site", "url", "running", "dry_run", "timeout", "on_failure", "gzip"),
    *("dir", "keep_days", "keep_mb"),
)
_RELATIONS = ("pipeline_id", "shard", "finish", "previous_attempt")


def diagnose(case: Case) -> list[Section]:
    """What a run would report, in sections."""
    head = make_head(
        case.config,
        case.context,
        environ=case.environ,
        rootdir=str(case.ini.rootdir),
        start_ns=0,
    )
    return [
        Section("settings", "settings", tuple(_settings(case, head))),
        Section("ci", "CI", tuple(ci_findings(case))),
        Section("git", "git", tuple(git_findings(case))),
        Section("missing", "missing for a full git block", tuple(gap_findings(case.context))),
        Section("node", "node", tuple(node_findings(case))),
        Section("relations", "relations", tuple(relations_findings(case, head))),
        Section("delivery", "delivery", tuple(_delivery(case))),
    ]


def warnings(case: Case) -> list[str]:
    """What the user should know, a line each."""
    ini = case.ini
    unread = [
        (f"addopts in {ini.path.name if ini.path else ''}", ini.settings.get("addopts")),
        ("PYTEST_ADDOPTS", case.environ.get("PYTEST_ADDOPTS")),
    ]
    return [
        *case.config.warnings,
        *case.context.warnings,
        *(
            f"{place} has {', '.join(flags)}: pytest reads that, `ddci` does not"
            for place, value in unread
            if (flags := _flags(value))
        ),
    ]


def _flags(value: object) -> list[str]:
    """The flags of ours among the words of `addopts`."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    words = str(value or "").split()
    ours = [word.partition("=")[0] for word in words if word.startswith(("--ddci", "--no-ddci"))]
    return list(dict.fromkeys(ours))


def _settings(case: Case, head: Head) -> Iterator[Finding]:
    ini = case.ini
    yield Finding("configuration", str(ini.path or "no pytest configuration file"), "here or above")
    yield Finding("root directory", str(ini.rootdir), ini.path.name if ini.path else DEFAULT)
    for field, option in BY_FIELD.items():
        if field == "pipeline_name":
            yield Finding(field, head.name, _source_of_name(case))
        elif field not in (*_DELIVERY, *_RELATIONS):
            yield from _setting(case, option)


def _source_of_name(case: Case) -> str:
    config = case.config
    if config.pipeline_name:
        return case.source("pipeline_name")
    if config.service:
        return f"default: the service, {case.source('service')}"
    if repository_name(case.context):
        return f"default: the repository, {case.origin(t.REPOSITORY_URL)}"
    return "default: the root directory"


def _setting(case: Case, option: Option) -> Iterator[Finding]:
    """An option; each item of one that may be repeated."""
    said = case.said[option.field]
    if option.shape != "many":
        yield Finding(option.field, shown(said[0].value), case.place(option, said[0].origin))
        return
    # The last of equal keys is right.
    right = {_key(setting.value): setting for setting in said}
    for setting in right.values():
        place = case.place(option, setting.origin)
        yield Finding(option.field, shown(setting.value), place)
    if not right:
        yield Finding(option.field, "none", DEFAULT)


def _key(value: object) -> object:
    return value[0] if isinstance(value, tuple) else value


def _delivery(case: Case) -> Iterator[Finding]:
    config = case.config
    yield _key_finding(case, API_KEY, config.api_key, ": events stay here")
    yield _key_finding(case, APP_KEY, config.app_key)
    for field in _DELIVERY:
        [found] = _setting(case, BY_FIELD[field])
        if found.source == DEFAULT and field == "url":
            found = Finding(field, config.url, f"default: of the site, {case.source('site')}")
        if found.source == DEFAULT and field == "running":
            reason = "there is a key" if config.api_key else "there is no key"
            found = Finding(field, shown(config.running), f"default: {reason}")
        yield found
    directory = case.ini.rootdir / config.dir
    files = entries(directory)
    kept = sum(entry.state == "undelivered" for entry in files)
    yield Finding("journals", f"{len(files)} files, {kept} undelivered", str(directory))


def _key_finding(case: Case, name: str, key: Secret | None, without: str = "") -> Finding:
    """Whether a key is set; never what it is."""
    if key:
        return Finding(name, "set", name)
    if case.environ.get(name, "").strip():
        return Finding(name, f"set to what is no key{without}", name)
    return Finding(name, f"not set{without}", DEFAULT)
