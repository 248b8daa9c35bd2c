"""The environment and the command of a measured process: the same on every machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.contenders import Contender

_ROOT = Path(__file__).parents[2]
_KEY = "0123456789abcdef0123456789abcdef"
_KEPT = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")


def environ(place: Path, contender: Contender, url: str = "") -> dict[str, str]:
    """A clean environment: no CI, no plugin that is not asked for, one secret, no chance.

    Args:
        place: where compiled modules are kept, apart from those of the checkout.
        contender: who runs in it.
        url: of the intake.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    sent = {"DD_API_KEY": _KEY, "DDCI_URL": url, "NO_PROXY": "127.0.0.1"}
    return {
        **kept,
        "DEPLOY_TOKEN": "q8Zr2vXc51LmW0tYbN7d",
        "GIT_CEILING_DIRECTORIES": str(place),
        "LANG": "C.UTF-8",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(_ROOT),
        "PYTHONPYCACHEPREFIX": str(place / "compiled"),
        **(sent if contender.sends else {}),
    }


def arguments(contender: Contender, workers: int = 0) -> tuple[str, ...]:
    """What follows `python` on the command line."""
    distribution = ("-p", "xdist", f"-n{workers}") if workers else ()
    return ("-m", "pytest", *distribution, *contender.args)


def interpreter() -> str:
    """The Python that runs this, by its full path."""
    return sys.executable
