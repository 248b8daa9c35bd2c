"""Secrets of every kind, to be planted in a run, and the search for what is left of them."""

from __future__ import annotations

import base64
import html
import json
import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SEED = 20260731
GRAM = 8
"""Characters of a secret that must not be seen together."""

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_BASE32 = string.ascii_uppercase + "234567"
_NAMES = (
    *("{}_TOKEN", "{}_API_KEY", "DB_PASSWORD_{}", "{}_SECRET", "AWS_{}_ACCESS_KEY_ID", "{}_PASS"),
    *("{}_PASSPHRASE", "MYSQL_{}_PWD", "{}_CREDENTIALS", "PRIVATE_{}", "{}_AUTH", "{}_COOKIE"),
    *("{}_WEBHOOK_URL", "SENTRY_{}_DSN", "{}_JWT", "GITLAB_{}_PAT"),
)
# What values are made of: each alphabet has its own way of being spelled by others.
_ALPHABETS = (
    _ALNUM,
    _HEX,
    _ALNUM + "-_.~",
    _ALNUM + "+/=",
    _ALNUM + "'\"\\",
    _ALNUM + "!#$%&()*,:;<>?@[]^`{|}",
    _ALNUM + " ",
    _ALNUM + "éßñ漢字",
    _ALNUM + "😀\u200b",
    string.punctuation,
)


@dataclass(frozen=True)
class Secret:
    """One secret.

    Attributes:
        control: what stands beside it wherever it is planted, and must be seen.
        text: it, with the words around it by which it is known.
        core: what of it must not be seen.
        variable: the environment variable that holds it; empty for one that is known otherwise.
    """

    control: str
    text: str
    core: str
    variable: str = ""

    @property
    def planted(self) -> str:
        return f"{self.control} {self.text} {self.control}"


def secrets(seed: int = SEED, *, values: int = 8) -> list[Secret]:
    """Hundreds of them, the same for the same seed.

    Args:
        seed: of their letters.
        values: how many values of variables there are of each alphabet.
    """
    draw = random.Random(seed)  # noqa: S311 - to be the same in every run
    made = [*_values(draw, values), *_known_by_shape(draw), *_known_by_words(draw)]
    return [
        Secret(f"c{number:03d}trl", text, core, variable)
        for number, (text, core, variable) in enumerate(made)
    ]


def spellings(core: str) -> set[str]:
    """A secret as it is and as others would spell it."""
    shown = {repr(core)[1:-1], ascii(core)[1:-1], json.dumps(core)[1:-1], html.escape(core)}
    shown |= {json.dumps(core, ensure_ascii=False)[1:-1], repr(core.encode())[2:-1]}
    return {core, *shown, quote(core, safe=""), quote(core), quote_plus(core)}


def leaks(places: Iterable[tuple[str, str]], planted: Iterable[Secret]) -> list[str]:
    """Which secrets are seen, if only in part, and where.

    Args:
        places: names of places and their texts.
        planted: the secrets.
    """
    owners: dict[str, Secret] = {}
    for secret in planted:
        for shown in spellings(secret.core):
            owners |= {shown[at : at + GRAM]: secret for at in range(len(shown) - GRAM + 1)}
    found: dict[str, None] = {}
    for place, text in places:
        for at in range(len(text) - GRAM + 1):
            owner = owners.get(text[at : at + GRAM])
            if owner is not None:
                found[f"{place}: {owner.core!r} in {text[max(at - 60, 0) : at + 80]!r}"] = None
    return list(found)


def _values(draw: random.Random, count: int) -> Iterator[tuple[str, str, str]]:
    number = 0
    for alphabet in _ALPHABETS:
        for _ in range(count):
            # Letters at both ends: an environment is stripped, and so are tags.
            middle = _word(draw, alphabet, draw.randint(14, 30))
            value = " ".join(f"{draw.choice(_ALNUM)}{middle}{draw.choice(_ALNUM)}".split())
            name = _NAMES[number % len(_NAMES)].format(f"V{number}")
            number += 1
            yield value, value, name
    for size in (2, 3):
        lines = "\n".join(_word(draw, _ALNUM, 24) for _ in range(size))
        yield lines, lines, f"LINES_{size}_SECRET"
    for scheme in ("postgres", "amqps"):
        password = _word(draw, _ALNUM + "%-_", 20)
        yield f"refused {password}", password, f"{scheme.upper()}_URL"


def _known_by_shape(draw: random.Random) -> Iterator[tuple[str, str, str]]:
    makers: list[tuple[str, Callable[[], str]]] = [
        *((f"gh{kind}_", lambda: _word(draw, _ALNUM, 36)) for kind in "pousr"),
        ("github_pat_", lambda: f"{_word(draw, _ALNUM, 22)}_{_word(draw, _ALNUM, 59)}"),
        *((f"gl{kind}-", lambda: _word(draw, _ALNUM + "-_", 20)) for kind in ("pat", "rt", "cbt")),
        *((f"A{kind}IA", lambda: _word(draw, _BASE32, 16)) for kind in "KS"),
        ("AIza", lambda: _word(draw, _ALNUM, 35)),
        *((f"xox{kind}-", lambda: f"12345678901-{_word(draw, _ALNUM, 24)}") for kind in "bp"),
        ("npm_", lambda: _word(draw, _ALNUM, 36)),
        ("pypi-", lambda: _word(draw, _ALNUM + "-_", 80)),
        ("sk_live_", lambda: _word(draw, _ALNUM, 24)),
        ("whsec_", lambda: _word(draw, _ALNUM, 32)),
        ("ddpat_", lambda: _word(draw, _ALNUM, 32)),
        ("ddapp_", lambda: _word(draw, _ALNUM, 34)),
        ("dop_v1_", lambda: _word(draw, _HEX, 64)),
        ("glsa_", lambda: _word(draw, _ALNUM, 32)),
        ("shpat_", lambda: _word(draw, _HEX, 32)),
        ("dckr_pat_", lambda: _word(draw, _ALNUM, 27)),
        ("ATATT3", lambda: _word(draw, _ALNUM, 60)),
        ("GOCSPX-", lambda: _word(draw, _ALNUM, 28)),
        ("https://hooks.slack.com/services/", lambda: f"T0/B0/{_word(draw, _ALNUM, 24)}"),
    ]  # fmt: skip
    for before, rest in makers:
        for _ in range(2):
            core = rest()
            yield before + core, core, ""
    for _ in range(4):
        parts = [_coded(_word(draw, _ALNUM, size)) for size in (24, 40, 32)]
        yield f"eyJ{'.'.join(parts)}", ".".join(parts), ""
        lines = [_word(draw, f"{_ALNUM}+/", 64) for _ in range(3)]
        for kind in ("RSA ", ""):
            name = f"{kind}PRIVATE KEY"
            body = "\n".join(lines)
            yield f"-----BEGIN {name}-----\n{body}\n-----END {name}-----", body, ""


def _known_by_words(draw: random.Random) -> Iterator[tuple[str, str, str]]:
    for before, letters, size, after in (
        ("password='", _ALNUM, 19, "'"),
        ('{"client_secret": "', _ALNUM, 19, '"}'),
        ("login(api_token='", _ALNUM, 19, "', user=1)"),
        ("curl --token ", _ALNUM, 19, " --fail"),
        ("Authorization: Bearer ", _ALNUM, 19, ""),
        ("authorization: token ", _ALNUM, 19, ""),
        ("sent Bearer 7", _ALNUM, 19, " along"),
        ("Authorization: Basic ", "", 18, ""),
        ("sent Basic ", "", 18, " along"),
        ("DD-API-KEY: ", _HEX, 32, ""),
        ("invalid API key ", _HEX, 32, ""),
        ("dd_application_key=", _HEX, 40, ""),
        ("https://user:", _ALNUM, 19, "@git.example/x.git"),
        ("https://7", _ALNUM, 40, "@git.example/x.git"),
        ("redis://:", _ALNUM, 19, "@cache:6379/0"),
        ("https://x.example/?access_token=", _ALNUM, 19, "&page=1"),
        ("https://x.blob.example/f?sv=1&sig=", _ALNUM, 43, ""),
        ("ACME-", _ALNUM, 19, ""),
        ("<<", _ALNUM, 19, ">>"),
    ):
        for _ in range(4):
            core = _word(draw, letters, size) if letters else _login(draw, size)
            yield f"{before}{core}{after}", core, ""


PATTERN = r"ACME-\w+"
"""What `ddci_redact` must say for the secrets that only the user knows."""

HOOK = """
import re
def pytest_ddci_redact(text):
    return re.sub(r"<<\\w+>>", "(gone)", text)
"""
"""And what a conftest must have for those that only code can tell."""


def _word(draw: random.Random, letters: str, size: int) -> str:
    return "".join(draw.choice(letters) for _ in range(size))


def _login(draw: random.Random, size: int) -> str:
    return _coded(f"user:{_word(draw, _ALNUM, size)}")


def _coded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
