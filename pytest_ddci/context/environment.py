"""What the environment alone says about a run, as tags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.overrides import read_overrides
from pytest_ddci.context.refs import branch_and_tag, expand_home, short_ref
from pytest_ddci.context.urls import page_url, repository_url
from pytest_ddci.context.variables import Variables, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.context.provider import Provider, ReadText, Tags

_LARGEST_PAYLOAD = 8 * 1024 * 1024
"""Bytes of a provider's file; a larger one is not read."""


class Gathered:
    """Tags with their sources; the first to say something about a tag is right."""

    __slots__ = ("sources", "tags")

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.sources: dict[str, str] = {}

    def add(self, tags: Mapping[str, str | None], source: str) -> None:
        """Take what is not known yet; nothing is no value."""
        for name, value in tags.items():
            text = _normal(name, value) if value else ""
            if text and name not in self.tags:
                self.tags[name] = text
                self.sources[name] = source

    def replace(self, name: str, value: str | None, source: str | None = None) -> None:
        """Another value for a tag, or none; the source stays unless another is named."""
        if value:
            self.tags[name] = value
            self.sources[name] = source or self.sources[name]
        else:
            self.tags.pop(name, None)
            self.sources.pop(name, None)

    def expand_workspace(self, environ: Mapping[str, str]) -> None:
        """Write the workspace out, as the tracers do, where it begins with a tilde."""
        workspace = self.tags.get(t.WORKSPACE)
        if workspace:
            self.replace(t.WORKSPACE, clean(expand_home(workspace, environ)))


def read_text_file(path: str) -> str | None:
    """A provider's file as text; None if it is missing, unreadable or larger than 8 MiB."""
    try:
        file = Path(path)
        if file.stat().st_size > _LARGEST_PAYLOAD or not file.is_file():
            return None
        return file.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None


def payload_tags(
    environ: Mapping[str, str], provider: Provider | None, read_text: ReadText
) -> Tags:
    """What a file says that the provider has left for its jobs."""
    if provider is None or provider.payload is None:
        return {}
    found = provider.payload(Variables(environ), read_text)
    return {name: value for name, value in found.items() if value}


def environment_tags(
    environ: Mapping[str, str], provider: Provider | None, payload: Tags
) -> Gathered:
    """What the environment says, the user's own variables first; a tilde is not written out.

    Args:
        environ: the environment of the run.
        provider: the CI provider it belongs to; None outside CI.
        payload: what the provider's file says, which is preferred to its variables.
    """
    variables = Variables(environ)
    gathered = Gathered()
    overrides = read_overrides(variables)
    for name, value in overrides.tags.items():
        gathered.add({name: value}, overrides.sources[name])
    if provider:
        found = {**provider.tags(variables), **payload}
        found[t.BRANCH], found[t.TAG] = branch_and_tag(found.get(t.BRANCH), found.get(t.TAG))
        gathered.add({t.PROVIDER: provider.name, **found}, provider.name)
    _settle_refs(gathered)
    return gathered


def _settle_refs(gathered: Gathered) -> None:
    """Branch and tag shortened, and no tag among the branches, whoever gave them."""
    branch, tag = branch_and_tag(gathered.tags.get(t.BRANCH), gathered.tags.get(t.TAG))
    source = gathered.sources.get(t.TAG) or gathered.sources.get(t.BRANCH)
    gathered.replace(t.BRANCH, branch)
    gathered.replace(t.TAG, tag, source)


def _normal(name: str, value: str) -> str:
    text = clean(value)
    if name == t.REPOSITORY_URL:
        return repository_url(text)
    if name in t.PAGE_URLS:
        return page_url(text)
    if name in {t.DEFAULT_BRANCH, t.BASE_BRANCH}:
        return short_ref(text)
    return text
