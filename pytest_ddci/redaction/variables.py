"""Which environment variables hold secrets, and the texts that are secret because of them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pytest_ddci.redaction.shapes import IN_URL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHORTEST = 6
"""Characters a value must have to be hidden: shorter ones occur by chance."""

SHORTEST_NAMED = 4
"""As `SHORTEST`, of a variable that the user has named."""

_OWN = frozenset({"DD_API_KEY", "DD_APP_KEY"})
_EXCEPT = "!"
_MOST_LINES = 64
_NAMES = re.compile(
    r"KEYS?(?:ID)?(?![A-Z])|TOKEN|SECRET|PASSW|PASSPHRASE|PASS$|(?<=.)PWD$|CREDENTIAL|PRIVATE"
    r"|AUTH(?!ORS?(?![A-Z]))|BEARER|COOKIE|WEBHOOK|SIGNATURE|CONN(?:ECTION)?_?STR"
    r"|(?:^|_)(?:PAT|DSN|JWT|SAS)(?:_|$)",
)
# What is said about a secret: where it is, what it is called. Never the secret.
ABOUT = re.compile(
    r"(?:^|[_.-])(?:file|path|dir|sock|home|name|type|mode|host|port|size|count|limit|ttl)$",
    re.IGNORECASE,
)
PATH = re.compile(
    r"(?:~|/(?:home|users|root|tmp|var|etc|opt|usr|run|mnt|srv|data|private|app|work|workspace"
    r"|builds?|github|secrets)|[a-z]:)[/\\]",
    re.IGNORECASE,
)
_ORDINARY = re.compile(
    "always|bearer|changeme|default|development|disabled|enabled|example|github|gitlab|localhost"
    "|optional|password|postgres|private|production|public|pytest|redacted|required|runner"
    "|secrets?|staging|testing|undefined|username|[0-9]+",
    re.IGNORECASE,
)


def secret_texts(environ: Mapping[str, str], names: Sequence[str] = ()) -> Iterator[str]:
    """The texts to hide: values, each line of one that has several, passwords in URLs.

    A private key is one text: its lines alone are found by their shape.

    Args:
        environ: the environment.
        names: more variables, with `*` and `?`; behind a `!` those that are none. The last one
            that fits a name is right; our own keys are always secret.
    """
    for name, value in environ.items():
        text = value.strip()
        said = name in _OWN or _said(name, names)
        if said and len(text) >= SHORTEST_NAMED:
            yield text
            yield from _lines(text, SHORTEST_NAMED)
        elif said is None and _NAMES.search(name.upper()) and _is_secret(name, text):
            yield text
            yield from _lines(text, SHORTEST)
        if said is not False:
            yield from _in_url(text)


def _said(name: str, names: Sequence[str]) -> bool | None:
    """Whether the user says that a variable is secret; None when nothing is said."""
    for pattern in reversed(names):
        if fnmatchcase(name.upper(), pattern.removeprefix(_EXCEPT).upper()):
            return not pattern.startswith(_EXCEPT)
    return None


def _is_secret(name: str, text: str) -> bool:
    if len(text) < SHORTEST or _ORDINARY.fullmatch(text):
        return False
    return not ABOUT.search(name) and not PATH.match(text)


def _lines(text: str, shortest: int) -> Iterator[str]:
    lines = [line.strip() for line in text.splitlines()]
    if 1 < len(lines) <= _MOST_LINES and "-----BEGIN" not in text:
        yield from (line for line in lines if len(line) >= shortest and _is_secret("", line))


def _in_url(text: str) -> Iterator[str]:
    """Passwords and tokens in front of an `@`, as they are written and as they are meant."""
    if "://" not in text:
        return
    for match in IN_URL.finditer(text):
        written = match[match.lastindex or 0]
        for secret in dict.fromkeys((written, unquote(written))):
            if _is_secret("", secret):
                yield secret
