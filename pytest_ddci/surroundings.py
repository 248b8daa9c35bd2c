"""Surroundings: what sending needs of this process, as it was before the first test.

Tests leave mocks behind. Most of them break a request; some answer it, and events would count as
delivered that nobody has received. So a process that is not what it was does not send by itself.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

MODULES = (
    "builtins", "gzip", "h11", "httpcore", "httpx", "json", "os", "queue", "random", "re", "select",
    "socket", "ssl", "threading", "time", "urllib.request", "zlib",
)  # fmt: skip
"""The modules that a request passes through; httpx itself loads some of them late."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
VARIABLES = (*_PROXIES, *map(str.upper, _PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What httpx reads from the environment."""

_WATCHED = frozenset({"__import__", "__init__", "__new__"})
# Changed by pytest itself, and of no matter to a request.
_FREE = frozenset({"excepthook"})


class _Thing(NamedTuple):
    """A function or class, and where it must be found; `place` is what people call the owner."""

    owner: ModuleType | type
    place: str
    name: str
    value: object


class Surroundings:
    """Remembers what sending needs, and tells whether all of it is still there.

    Args:
        environ: the environment, as it is at any time.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._variables = {name: environ.get(name) for name in VARIABLES}
        self._modules = {name: import_module(name) for name in MODULES}
        self._things = [thing for each in self._modules.values() for thing in _things(each)]
        self._tracers = _tracers()

    def change(self) -> str:
        """The first thing found that is not what it was; empty when all is well."""
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                return f"sys.modules[{name!r}]"
        for owner, place, name, value in self._things:
            if vars(owner).get(name) is not value:
                return f"{place}.{name}"
        for name, text in self._variables.items():
            if self._environ.get(name) != text:
                return f"the environment variable {name}"
        return "" if _tracers() == self._tracers else "the tracing of threads"


def _things(module: ModuleType) -> Iterator[_Thing]:
    place = module.__name__
    root = place.partition(".")[0]
    for name, value in list(vars(module).items()):
        if not _counts(name, value):
            continue
        yield _Thing(module, place, name, value)
        if isinstance(value, type) and str(value.__module__).partition(".")[0] == root:
            for inner, member in list(vars(value).items()):
                if _counts(inner, member):
                    yield _Thing(value, f"{place}.{name}", inner, member)


def _counts(name: str, value: object) -> bool:
    """Whether it may be called, and is meant to be."""
    if name.startswith("_") and name not in _WATCHED:
        return False
    return name not in _FREE and callable(value)


def _tracers() -> tuple[object, object]:
    return threading.gettrace(), threading.getprofile()
