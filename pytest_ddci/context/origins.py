"""Which variables a value comes from, found out by trying what would be without them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_ddci.context import tags as t
from pytest_ddci.context.environment import environment_tags, payload_tags, read_text_file
from pytest_ddci.context.gathering import GIT
from pytest_ddci.context.providers import detect
from pytest_ddci.context.relations import relations
from pytest_ddci.context.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_ddci.context.provider import Provider, ReadText
    from pytest_ddci.context.relations import Relations
    from pytest_ddci.context.run_context import RunContext

    Read = Callable[[Mapping[str, str]], Mapping[str, object]]

AND = " + "
"""Between the variables that a value comes from."""

NODE_WORKSPACE = "node.workspace"
PARENT_ID = "parent_pipeline.id"
PARENT_URL = "parent_pipeline.url"
PREVIOUS_ID = "provider.previous_attempt.id"
PREVIOUS_URL = "provider.previous_attempt.url"
TRIGGER = "provider.trigger"
ATTEMPT = "provider.attempt"
PARTIAL_RETRY = "provider.partial_retry"
IS_MANUAL = "is_manual"

# Words with which a variable only says yes or no: another word would say something else.
_YES_OR_NO = frozenset({"0", "true", "false", "yes", "no", "on", "off"})


class _Watched(Mapping[str, str]):
    """An environment that remembers which variables were read that are set to something."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.names: dict[str, None] = {}

    def __getitem__(self, name: str) -> str:
        value = self._environ[name]
        if value.strip():
            self.names[name] = None
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def variables_behind(read: Read, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that each of the things read from an environment comes from.

    A thing comes from a variable if it would be another without it, or with another value in it.

    Args:
        read: reads things, by name, from an environment and from nothing else.
        environ: the environment.

    Returns:
        For each thing that comes from any variable, their names in the order in which they are
        read, joined by ` + `.
    """
    watched = _Watched(environ)
    found = read(watched)
    names: dict[str, list[str]] = {thing: [] for thing in found}
    for name in watched.names:
        others = [read(changed) for changed in _changed(environ, name)]
        for thing, value in found.items():
            if any(other.get(thing) != value for other in others):
                names[thing].append(name)
    return {thing: AND.join(by) for thing, by in names.items() if by}


def find_origins(
    context: RunContext, environ: Mapping[str, str], read_text: ReadText = read_text_file
) -> dict[str, str]:
    """Where everything comes from that an environment and git say about a run.

    Args:
        context: what was gathered.
        environ: from this environment.
        read_text: reads a file that the provider leaves for its jobs.

    Returns:
        For each tag, for `node.workspace` and for what is known of the pipelines around this one
        (by the names in this module): the variables joined by ` + `, or `git`. What only the
        provider as such tells comes from the variables by which it was recognised.
    """
    provider = detect(Variables(environ))
    once = _Once(read_text)
    payload = payload_tags(environ, provider, once)

    def read(changed: Mapping[str, str]) -> dict[str, object]:
        gathered = environment_tags(changed, provider, payload)
        workspace = {NODE_WORKSPACE: gathered.tags.get(t.WORKSPACE)}
        gathered.expand_workspace(changed)
        return {
            **gathered.tags,
            **workspace,
            **told(relations(Variables(changed), provider, gathered.tags)),
        }

    once.closed = True
    of_file = variables_behind(lambda changed: payload_tags(changed, provider, once), environ)
    found = {**of_file, **variables_behind(read, environ)}
    fallback = AND.join(_marks(provider, environ)) if provider else ""
    for name in (*context.tags, *told(context.relations)):
        if context.sources.get(name) == GIT:
            found[name] = GIT
        elif name not in found and fallback:
            found[name] = fallback
    return found


def told(related: Relations) -> dict[str, object]:
    """What is known of the pipelines around a run, by the names in this module."""
    parent, previous = related.parent, related.previous_attempt
    known = {
        PARENT_ID: parent and parent.id,
        PARENT_URL: parent and parent.url,
        IS_MANUAL: related.is_manual,
        TRIGGER: related.trigger,
        ATTEMPT: related.attempt,
        PARTIAL_RETRY: related.partial_retry,
        PREVIOUS_ID: previous and previous.id,
        PREVIOUS_URL: previous and previous.url,
    }
    return {name: value for name, value in known.items() if value is not None}


class _Once:
    """Reads each file once, and after it was closed none that has not been read before."""

    __slots__ = ("_read_text", "_texts", "closed")

    def __init__(self, read_text: ReadText) -> None:
        self._read_text = read_text
        self._texts: dict[str, str | None] = {}
        self.closed = False

    def __call__(self, path: str, /) -> str | None:
        if path not in self._texts and not self.closed:
            self._texts[path] = self._read_text(path)
        return self._texts.get(path)


def _marks(provider: Provider, environ: Mapping[str, str]) -> list[str]:
    """The fewest of the variables looked at that suffice to recognise the provider."""
    watched = _Watched(environ)
    provider.marked(Variables(watched))
    needed = {name: environ[name] for name in watched.names}
    for name in watched.names:
        fewer = {other: value for other, value in needed.items() if other != name}
        if provider.marked(Variables(fewer)):
            needed = fewer
    return list(needed)


def _changed(environ: Mapping[str, str], name: str) -> Iterator[dict[str, str]]:
    """The environment without the variable, then with other values in it."""
    value = environ[name]
    yield {other: environ[other] for other in environ if other != name}
    if value.strip().lower() in _YES_OR_NO:
        return
    places = [i for i, char in enumerate(value) if char.isascii() and char.isalnum()]
    if not places:
        yield {**environ, name: f"{value}x"}
    for place in dict.fromkeys((*places[-1:], *places[:1])):
        yield {**environ, name: value[:place] + _next(value[place]) + value[place + 1 :]}


def _next(char: str) -> str:
    """Another letter or digit, which is a hexadecimal digit if the first is one."""
    return chr(ord(char) + (-1 if char in "9fFzZ" else 1))
