"""Environment and git in, the context of a run out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.clock import SystemClock
from pytest_ddci.context import tags as t
from pytest_ddci.context.commits import commit_tags, git_info
from pytest_ddci.context.git import Checkout, read_git
from pytest_ddci.context.git_process import SubprocessGit
from pytest_ddci.context.host import HostInfo, this_machine
from pytest_ddci.context.overrides import read_overrides
from pytest_ddci.context.providers import detect
from pytest_ddci.context.refs import branch_and_tag, contract_home, expand_home, short_ref
from pytest_ddci.context.relations import relations
from pytest_ddci.context.run_context import RunContext
from pytest_ddci.context.source_pages import source_pages
from pytest_ddci.context.urls import page_url, repository_url
from pytest_ddci.context.variables import Variables, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.clock import Clock
    from pytest_ddci.context.git import GitRunner
    from pytest_ddci.context.host import Machine
    from pytest_ddci.context.provider import Provider, ReadText

GIT = "git"
"""The source of a tag that git knew."""

_COMMIT = "git.commit."
_LARGEST_PAYLOAD = 8 * 1024 * 1024
"""Bytes of a provider's file; a larger one is not read."""


def read_text_file(path: str) -> str | None:
    """A provider's file as text; None if it is missing, unreadable or larger than 8 MiB."""
    try:
        file = Path(path)
        if file.stat().st_size > _LARGEST_PAYLOAD or not file.is_file():
            return None
        return file.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None


class _Gathered:
    """Tags with their sources; the first to say something about a tag is right."""

    __slots__ = ("sources", "tags")

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.sources: dict[str, str] = {}

    def add(self, tags: Mapping[str, str | None], source: str) -> None:
        for name, value in tags.items():
            text = _normal(name, value) if value else ""
            if text and name not in self.tags:
                self.tags[name] = text
                self.sources[name] = source

    def replace(self, name: str, value: str | None, source: str | None = None) -> None:
        if value:
            self.tags[name] = value
            self.sources[name] = source or self.sources[name]
        else:
            self.tags.pop(name, None)
            self.sources.pop(name, None)


def _normal(name: str, value: str) -> str:
    text = clean(value)
    if name == t.REPOSITORY_URL:
        return repository_url(text)
    if name in t.PAGE_URLS:
        return page_url(text)
    if name in {t.DEFAULT_BRANCH, t.BASE_BRANCH}:
        return short_ref(text)
    return text


def ci_tags(environ: Mapping[str, str], cwd: str) -> dict[str, str]:
    """Where a run happens, as tags under the names of Datadog's tracers.

    Args:
        environ: the environment of the run.
        cwd: the directory of the run, where git is asked for what the environment does not say.

    Returns:
        `ci.*`, `git.*` and `pr.number`; lists as JSON text; nothing about what is unknown.
    """
    gathered, _ = _environment_tags(environ, read_text_file)
    _add_git(gathered, read_git(cwd, SubprocessGit(environ), SystemClock()), environ)
    return gathered.tags


def gather(  # noqa: PLR0913 - each is a door to the outside world, and has a default
    environ: Mapping[str, str],
    cwd: str,
    *,
    run_git: GitRunner | None = None,
    clock: Clock | None = None,
    read_text: ReadText = read_text_file,
    machine: Machine | None = None,
) -> RunContext:
    """Find out where a run happens. Takes at most two seconds, and raises nothing.

    Args:
        environ: the environment of the run.
        cwd: the directory of the run; relative paths of source files start there.
        run_git: runs git; the real one when None.
        clock: measures git's limit; the real one when None.
        read_text: reads a file that the provider leaves for its jobs.
        machine: the machine; the one this process runs on when None.
    """
    gathered, provider = _environment_tags(environ, read_text)
    variables = Variables(environ)
    checkout = read_git(cwd, run_git or SubprocessGit(environ), clock or SystemClock())
    _add_git(gathered, checkout, environ)
    tags, sources = gathered.tags, gathered.sources

    git, missing = git_info(tags, sources, checkout)
    warnings = list(read_overrides(variables).warnings)
    if checkout.problem and (git is None or checkout.toplevel):
        warnings.append(checkout.problem)
    if missing and provider:
        warnings.append(f"the events say nothing about git: {missing}")

    related = relations(variables, provider, tags)
    root = os.path.abspath(cwd)  # noqa: PTH100 - lexical, as the caller writes it
    pages = None
    if git:
        said = provider is not None and sources.get(t.REPOSITORY_URL) == provider.name
        forge = provider.run(variables).forge if provider and said else None
        toplevel = checkout.toplevel or tags.get(t.WORKSPACE) or root
        pages = source_pages(git.repository_url, git.sha, root, toplevel, forge)
    return RunContext(
        provider=provider.name if provider else None,
        tags=tags,
        sources=sources,
        git=git,
        node=_node(tags, machine or this_machine(), contract_home(root, environ)),
        relations=related,
        git_missing=missing,
        warnings=tuple(warnings),
        pages=pages,
    )


def _environment_tags(
    environ: Mapping[str, str], read_text: ReadText
) -> tuple[_Gathered, Provider | None]:
    """What the environment alone says, the user's own variables first."""
    variables = Variables(environ)
    gathered = _Gathered()
    overrides = read_overrides(variables)
    for name, value in overrides.tags.items():
        gathered.add({name: value}, overrides.sources[name])
    provider = detect(variables)
    if provider:
        found = provider.tags(variables)
        if provider.payload:
            said = provider.payload(variables, read_text).items()
            found.update({name: value for name, value in said if value})
        found[t.BRANCH], found[t.TAG] = branch_and_tag(found.get(t.BRANCH), found.get(t.TAG))
        gathered.add({t.PROVIDER: provider.name, **found}, provider.name)
    _settle_refs(gathered)
    workspace = gathered.tags.get(t.WORKSPACE)
    if workspace:
        gathered.replace(t.WORKSPACE, clean(expand_home(workspace, environ)))
    return gathered, provider


def _settle_refs(gathered: _Gathered) -> None:
    """Branch and tag shortened, and no tag among the branches, whoever gave them."""
    branch, tag = branch_and_tag(gathered.tags.get(t.BRANCH), gathered.tags.get(t.TAG))
    source = gathered.sources.get(t.TAG) or gathered.sources.get(t.BRANCH)
    gathered.replace(t.BRANCH, branch)
    gathered.replace(t.TAG, tag, source)


def _add_git(gathered: _Gathered, checkout: Checkout, environ: Mapping[str, str]) -> None:
    """Fill what the environment does not say with what git says about the same commit."""
    if checkout.toplevel:
        gathered.add({t.WORKSPACE: contract_home(checkout.toplevel, environ)}, GIT)
    gathered.add(
        {t.REPOSITORY_URL: checkout.remote_url, t.DEFAULT_BRANCH: checkout.default_branch}, GIT
    )
    head = checkout.head
    if head is None:
        return
    gathered.add({t.SHA: head.sha}, GIT)
    sha = gathered.tags[t.SHA].lower()
    known = checkout.commit(sha)
    if known:
        gathered.add(commit_tags(known), GIT)
    merged = checkout.commit(gathered.tags.get(t.HEAD_SHA))
    if merged:
        details = commit_tags(merged).items()
        gathered.add({tag.replace(_COMMIT, t.HEAD_COMMIT): text for tag, text in details}, GIT)
    # A branch or tag says what is checked out, which may be another commit than CI speaks of.
    if sha == head.sha and not {t.BRANCH, t.TAG} & gathered.tags.keys():
        branch = checkout.branch
        gathered.add({t.BRANCH: branch, t.TAG: None if branch else checkout.tag}, GIT)


def _node(tags: Mapping[str, str], machine: Machine, root: str) -> HostInfo:
    labels = (*_labels(tags.get(t.NODE_LABELS)), *machine.labels())
    return HostInfo(
        hostname=clean(machine.hostname),
        name=tags.get(t.NODE_NAME),
        labels=tuple(dict.fromkeys(labels)),
        workspace=tags.get(t.WORKSPACE) or clean(root) or None,
        machine=machine,
    )


def _labels(text: str | None) -> tuple[str, ...]:
    """The labels of a JSON list; a text that is none is one label."""
    if not text:
        return ()
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return (text,)
    items = parsed if isinstance(parsed, list) else [parsed]
    return tuple(clean(str(item)) for item in items if str(item).strip())
