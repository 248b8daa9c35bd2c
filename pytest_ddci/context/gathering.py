"""Environment and git in, the context of a run out."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from pytest_ddci.clock import SystemClock
from pytest_ddci.context import tags as t
from pytest_ddci.context.anonymous import anonymous
from pytest_ddci.context.commits import commit_tags, git_info
from pytest_ddci.context.environment import environment_tags, payload_tags, read_text_file
from pytest_ddci.context.git import Checkout, read_git
from pytest_ddci.context.git_process import SubprocessGit
from pytest_ddci.context.host import HostInfo
from pytest_ddci.context.overrides import read_overrides
from pytest_ddci.context.providers import detect
from pytest_ddci.context.relations import relations
from pytest_ddci.context.run_context import RunContext
from pytest_ddci.context.source_pages import source_pages
from pytest_ddci.context.urls import is_local
from pytest_ddci.context.variables import Variables, clean
from pytest_ddci.machine import this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.clock import Clock
    from pytest_ddci.context.environment import Gathered
    from pytest_ddci.context.git import GitRunner
    from pytest_ddci.context.provider import ReadText
    from pytest_ddci.machine import Machine

GIT = "git"
"""The source of a tag that git knew."""

_COMMIT = "git.commit."
_FILE = "file://"


def ci_tags(environ: Mapping[str, str], cwd: str) -> dict[str, str]:
    """Where a run happens, as tags under the names of Datadog's tracers.

    Args:
        environ: the environment of the run.
        cwd: the directory of the run, where git is asked for what the environment does not say.

    Returns:
        `ci.*`, `git.*` and `pr.number`; lists as JSON text; nothing about what is unknown.
    """
    # A table of recorded environments may hold numbers.
    environ = {name: str(value) for name, value in environ.items()}
    provider = detect(Variables(environ))
    payload = payload_tags(environ, provider, read_text_file)
    gathered = environment_tags(environ, provider, payload)
    gathered.expand_workspace(environ)
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
    variables = Variables(environ)
    provider = detect(variables)
    payload = payload_tags(environ, provider, read_text)
    gathered = environment_tags(environ, provider, payload)
    # The events' node has the workspace as it was given: written out it would name a home.
    given = gathered.tags.get(t.WORKSPACE)
    gathered.expand_workspace(environ)
    checkout = read_git(cwd, run_git or SubprocessGit(environ), clock or SystemClock())
    _add_git(gathered, checkout, environ)
    tags, sources = gathered.tags, gathered.sources

    git, missing, known = git_info(tags, sources, checkout)
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
    nameless = anonymous(root, environ)
    workspace = given or tags.get(t.WORKSPACE) or nameless
    return RunContext(
        provider=provider.name if provider else None,
        tags=tags,
        sources=sources,
        git=git,
        node=_node(tags, machine or this_machine(), clean(workspace)),
        relations=related,
        git_missing=missing,
        git_known=known,
        checkout=checkout,
        root=nameless,
        warnings=tuple(warnings),
        pages=pages,
    )


def _add_git(gathered: Gathered, checkout: Checkout, environ: Mapping[str, str]) -> None:
    """Fill what the environment does not say with what git says about the same commit."""
    if checkout.toplevel:
        gathered.add({t.WORKSPACE: anonymous(checkout.toplevel, environ)}, GIT)
    remote = _remote(checkout.remote_url or "", environ)
    gathered.add({t.REPOSITORY_URL: remote, t.DEFAULT_BRANCH: checkout.default_branch}, GIT)
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


def _remote(url: str, environ: Mapping[str, str]) -> str:
    """The address of a remote; one on this machine names nobody."""
    if url.startswith(_FILE):
        return _FILE + anonymous(url[len(_FILE) :], environ)
    return anonymous(url, environ) if is_local(url) else url


def _node(tags: Mapping[str, str], machine: Machine, workspace: str) -> HostInfo:
    labels = (*_labels(tags.get(t.NODE_LABELS)), *machine.labels())
    return HostInfo(
        hostname=clean(machine.hostname),
        name=tags.get(t.NODE_NAME),
        labels=tuple(dict.fromkeys(labels)),
        workspace=workspace or None,
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
