"""Addresses without user information, passwords and tokens, whatever form they come in."""

from __future__ import annotations

import re

LONGEST = 4096
"""Characters of an address; what is longer is none."""

_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//")
_LOCAL_PATH = re.compile(r"(?:/(?!/)|\.{1,2}[/\\]|~|[A-Za-z]:[/\\]|\\\\)")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/?#@\[\]]+)(?::\d*)?\Z")
# No host ends in `.git` or, unless it is an address of four numbers, in a number: `a@v1.2`.
_LIKE_A_HOST = re.compile(
    r"(?:(?:[^\W_][\w\-]*\.)+(?!git\b)[^\W\d_][\w\-]*|\d+(?:\.\d+){3})(?::\d+)?(?=[/:?#]|\Z)"
    r"|[^\W_][\w\-]*:\d+(?=[/?#]|\Z)"
)
_BLANK = re.compile(r"[\x00-\x20\x7f\s]")
_EMBEDDED = re.compile(r"(//|%2[Ff]%2[Ff])[^/?#\s@]*@")
_SECRET_NAME = re.compile(
    r"tok(?:en)?\b|token|passw|passphrase|pwd|secret|api_?-?key|access_?-?key|private_?-?key"
    r"|credential|auth|signature|\bsig\b|session|jwt|bearer",
    re.IGNORECASE,
)
_SSH_SERVICE_USER = "git@"


def repository_url(url: str) -> str:
    """The address of a repository, without anything that could identify or let in its user.

    User information is dropped from every form, and so are query and fragment. Only the `git@`
    of a scp-like address stays: it is the name of the service, and Datadog's tracers keep it.
    """
    url = _first_word(url)
    scheme = _SCHEME.match(url)
    if scheme:
        rest = _without_user(url[scheme.end() :])
        return scheme[0] + re.split(r"[?#]", rest, maxsplit=1)[0]
    if _LOCAL_PATH.match(url):
        return url
    if url.startswith(_SSH_SERVICE_USER) and "@" not in url[len(_SSH_SERVICE_USER) :]:
        return url
    return re.split(r"[?#]", _without_user(url, bare=True), maxsplit=1)[0]


def page_url(url: str) -> str:
    """The address of a web page, without user information and without secrets in its query."""
    url = _first_word(url)
    scheme = _SCHEME.match(url)
    start = scheme.end() if scheme else 0
    if not scheme and _LOCAL_PATH.match(url):
        rest = url
    else:
        rest = _without_user(url[start:], bare=not scheme)
    rest = _EMBEDDED.sub(r"\1", rest)
    path, query, fragment = _split(rest)
    return "".join((url[:start], path, _without_secrets(query), _without_secrets(fragment)))


def _first_word(text: str) -> str:
    """The text up to the first blank; nothing if that is too long for an address."""
    word = _BLANK.split(text.strip(), maxsplit=1)[0]
    return word if len(word) <= LONGEST else ""


def has_host(url: str) -> bool:
    """Whether the address names a host and a path on it, as a remote repository's does."""
    scheme = _SCHEME.match(url)
    if scheme:
        authority, _, path = url[scheme.end() :].partition("/")
        return bool(_HOST.match(authority.rpartition("@")[2]) and path)
    if _LOCAL_PATH.match(url):
        return False
    host, colon, path = url.rpartition("@")[2].partition(":")
    return bool(colon and path and _HOST.match(host))


def is_local(url: str) -> bool:
    """Whether the address of a repository is a path on this machine."""
    return _LOCAL_PATH.match(url) is not None


def _without_user(rest: str, *, bare: bool = False) -> str:
    """What follows `scheme://`, beginning at the host.

    A password may hold `/`, `?`, `#` and `@` that nobody quoted. So when the part before the
    first slash cannot be a host, everything up to the last `@` goes, rather too much than too
    little.
    """
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in authority:
        rest = rest[authority.rindex("@") + 1 :]
        # What looks like a path may be the end of a password: `p@x/y@host/repository`.
        return rest[_last_host(rest) :]
    if "@" not in rest:
        return rest
    host = authority.partition(":")[0]
    if "." in host and (bare or _HOST.match(authority)):
        return rest  # an `@` in the path; bare: scp-like, `host.example:path/with@sign`
    if _HOST.match(authority):
        return rest[_last_host(rest) :]
    return rest[rest.rindex("@") + 1 :]


def _last_host(rest: str) -> int:
    """Where the last thing begins that follows an `@` and looks like a host; 0 if none does."""
    at = rest.rfind("@")
    while at >= 0:
        if _LIKE_A_HOST.match(rest, at + 1):
            return at + 1
        at = rest.rfind("@", 0, at)
    return 0


def _split(rest: str) -> tuple[str, str, str]:
    """Path, query with its `?`, fragment with its `#`."""
    before, hash_sign, fragment = rest.partition("#")
    path, question_mark, query = before.partition("?")
    return path, question_mark + query, hash_sign + fragment


def _without_secrets(part: str) -> str:
    """A query or fragment without the parameters whose name speaks of a secret."""
    if not part or not _SECRET_NAME.search(part):
        return part
    lead, pieces = part[0], re.split(r"([&;])", part[1:])
    kept = [
        pieces[i]
        for i in range(0, len(pieces), 2)
        if not ("=" in pieces[i] and _SECRET_NAME.search(pieces[i].partition("=")[0]))
    ]
    return lead + "&".join(kept) if any(kept) else ""
