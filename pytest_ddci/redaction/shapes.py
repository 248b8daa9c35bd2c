r"""Tokens that are known by their shape, wherever they stand.

Rules come in groups: one look for what tells that any of a group may apply, then each of them. The
looks start from a letter that is rare in ordinary texts, found by `re`'s scan for a literal prefix
(the cheapest there is). Each rule consumes what it has read or is bounded, so that the time grows
with the text's length only. What a rule hides is its group, where it has one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

# Where somebody else has cut a text, less than a whole token is left of it.
_CUT = r"(?=\.{3}|…)"

# Without a slash; or with one, unless what follows the colon is a port.
_LOGIN = r"[^\s/:@'\"<>\[]{0,128}:([^\s/'\"<>]{1,256}|(?!\d{1,5}[/?#])[^\s'\"<>@]{1,256})@"
# In place of a user, whose name would be shorter, or without digits.
_LONG_USER = (
    r"((?=[A-Za-z_-]{0,64}[0-9])(?=[0-9_-]{0,64}[A-Za-z])[\w-]{20,256})(?::x-oauth-basic)?@"
)
IN_URL = re.compile(f"://(?:{_LOGIN}|{_LONG_USER})", re.ASCII)
"""A password in a URL, or a token in place of a user; the group that matches is the secret."""

# Line breaks may be spelled out; without an end it is all that looks like one.
_PRIVATE_KEY = (
    r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]*(?:-(?!----)[^-]*)*-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\\+[nr]|[\s\"',])+(?:[E>+|-][ \t]+){0,3}[A-Za-z0-9+/=]{16,})*)"
)


def _token(before: str, letters: str, least: int) -> str:
    """A token's pattern: what it begins with and what follows, at least so many or cut."""
    return f"{before}(?:{letters}{{{least},}}|{letters}{{4,{least}}}{_CUT})"


# Key ids.
_AWS = (
    r"A(?:[KS]IA|BIA|CCA)(?<![A-Z0-9]A...)"
    rf"(?:[0-9A-Z]{{16}}(?![0-9A-Za-z])|[0-9A-Z]{{4,15}}{_CUT})"
)
# JSON Web Tokens, a lost third part included; what is before may be spelled out.
_WEB_TOKEN = (
    r"eyJ(?:(?<![\w-]eyJ)|(?<=\\[nrt]eyJ)|(?<=%[0-9A-Fa-f][0-9A-Fa-f]eyJ))"
    rf"(?:[\w-]{{8,}}\.[\w-]{{8,}}(?:\.[\w-]*)?(?:\.[\w-]+){{0,2}}|[\w-]{{4,}}(?:\.[\w-]*)?{_CUT})"
)
# Last where Datadog takes logs.
_URL = (
    rf"://(?:{_LOGIN}|{_LONG_USER}"
    r"|hooks\.slack\.com/\w{1,32}/([\w/+-]{20,512})"
    r"|(?:\w{1,16}\.)?discord(?:app)?\.com/api/webhooks/[0-9]{1,32}/([\w-]{20,512})"
    r"|api\.telegram\.org/bot([0-9]{1,16}:[\w-]{20,256})"
    r"|[\w.-]{0,128}datadog[\w.-]{0,128}/(?:api/)?v\d/input/([0-9a-f]{32,40}))"
)
_GROUPS = {
    r"A(?:[KS]IA|BIA|CCA|BSK|KCp|Iza|T[AC]TT3|TBB|(?<=:A)A)": (
        _AWS,
        _token("ABSK", r"[\w+/=]", 100),  # AWS Bedrock
        _token("AKCp", "[A-Za-z0-9]", 60),  # Artifactory
        rf"AIza(?:[\w-]{{35}}|[\w-]{{4,34}}{_CUT})",  # Google
        _token("A(?:T[AC]TT3|TBB)", r"[\w=-]", 24),  # Atlassian
        r"(?<![0-9])[0-9]{6,12}:AA[\w-]{30,}",  # Telegram
    ),
    r"J(?<=eyJ)": (_WEB_TOKEN,),
    r"_(?=[A-Za-z0-9-]{8})(?:(?<=gh[pousr]_|npm_|pat_|sat_|app_|_v1_|lsa_|glc_|sec_|ive_|api_)"
    r"|(?<=[sr]k_test_)|(?<=gems_)|(?<=\bhf_))": (
        _token("gh[pousr]_", "[A-Za-z0-9]", 20),  # GitHub
        _token("github_pat_", r"\w", 20),
        _token("npm_", "[A-Za-z0-9]", 36),
        _token("[sr]k_(?:live|test)_", "[A-Za-z0-9]", 10),  # Stripe
        _token("whsec_", "[A-Za-z0-9+/=]", 24),
        _token("dd(?:pat|sat|app)_", r"[\w-]", 16),  # Datadog
        _token("do[opr]_v1_", "[a-f0-9]", 64),  # DigitalOcean
        _token("gl(?:sa|c)_", r"[\w=+/]", 32),  # Grafana
        _token("shp(?:at|ca|pa|ss)_", "[a-fA-F0-9]", 32),  # Shopify
        _token("dckr_[op]at_", r"[\w-]", 20),  # Docker
        _token("lin_api_", "[A-Za-z0-9]", 32),  # Linear
        _token("rubygems_", "[a-f0-9]", 48),
        _token(r"\bhf_", "[A-Za-z]", 30),  # Hugging Face
    ),
    r"-(?<=[abeikoprsXY-]-)"
    r"(?:(?<=pypi-|xapp-)|(?<=xox[abeoprs]-)|(?<=\bsk-)|(?<=GOCSPX-)|(?<=KEY-)|----BEGIN)": (
        _token("pypi-", r"[\w-]", 50),
        _token("xox[abeoprs]-", r"[\w.-]", 10),  # Slack
        _token("xapp-", r"[\w-]", 20),
        rf"\bsk-(?:(?=[\w-]{{0,64}}[0-9])(?=[\w-]{{0,64}}[A-Z])[\w-]{{32,}}|[\w-]{{8,64}}{_CUT})",
        _token("GOCSPX-", r"[\w-]", 24),  # Google
        _token("AGE-SECRET-KEY-1", "[A-Z0-9]", 50),
        _PRIVATE_KEY,
    ),
    r"gl[a-z]{2,6}-": (
        _token("gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|soat|oas|ffct|wt)-", r"[\w.-]", 16),  # GitLab
    ),
    r"~(?<=[0-9]Q~)": (r"[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}",),  # Azure
    r"=(?:(?<=[?&]sig=)|(?<=ignature=))": (
        r"[?&](?:sig|[\w-]{0,32}[Ss]ignature)=([^\s&'\"<>]{16,1024})",  # signed URLs
    ),
    "://": (_URL,),
}
_LOOKS = tuple((re.compile(near), shapes) for near, shapes in _GROUPS.items())


@lru_cache(len(_GROUPS))
def _rules(shapes: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Compiled when a text first needs them: that takes milliseconds, and most runs need few."""
    return tuple(re.compile(shape, re.ASCII) for shape in shapes)


def shaped(text: str) -> Iterator[Span]:
    """Where a text has tokens of a known shape."""
    for near, shapes in _LOOKS:
        if near.search(text):
            for match in chain.from_iterable(rule.finditer(text) for rule in _rules(shapes)):
                yield match.span(match.lastindex or 0)
