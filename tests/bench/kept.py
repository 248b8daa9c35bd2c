"""What a test may cost: the figures that are kept beside this file, and the verdict on new ones.

A figure is what a test costs more with this plugin than without, in instructions. Bytecodes depend
on Python's minor version alone; machine instructions on the build too, so that a machine whose
build has no figure is judged by bytecodes.
"""

from __future__ import annotations

import json
import platform
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.contenders import DDCI, PLAIN
from tests.bench.instructions import BYTECODES, VALGRIND

if TYPE_CHECKING:
    from collections.abc import Mapping

    Kept = dict[str, dict[str, int]]

TOLERANCE = 0.05
FIGURES = Path(__file__).with_name("figures.json")
_OPTIMISED = ("--enable-optimizations", "--with-lto")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a new figure may pass, in words too."""

    passes: bool
    words: str


def build(how: str) -> str:
    """What the figures of that way of counting depend on."""
    version = "{}.{}".format(*sys.version_info)
    if how == BYTECODES:
        return version
    said = str(sysconfig.get_config_var("CONFIG_ARGS"))
    flags = [flag.rpartition("-")[2] for flag in _OPTIMISED if flag in said]
    compiler = platform.python_compiler().partition(".")[0].replace(" ", "")
    return " ".join([version, platform.machine(), compiler, *flags])


def mechanism(possible: str, kept: Kept) -> str:
    """The way to count for a verdict: machine instructions only where there is a figure."""
    known = build(VALGRIND) in kept.get(VALGRIND, {})
    return VALGRIND if possible == VALGRIND and known else BYTECODES


def read() -> Kept:
    """The kept figures: by way of counting, then by build."""
    found: Kept = json.loads(FIGURES.read_text(encoding="ascii"))
    return found


def keep(how: str, counted: Mapping[str, float]) -> None:
    """Keep what was counted."""
    kept = read()
    kept.setdefault(how, {})[build(how)] = cost(counted)
    FIGURES.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="ascii")


def cost(counted: Mapping[str, float]) -> int:
    """What a test costs more."""
    return round(counted[DDCI.name] - counted[PLAIN])


def judge(new: int, old: int | None) -> Verdict:
    """Compare with the kept figure; without one everything passes."""
    if old is None:
        return Verdict(passes=True, words=f"{new:,}; no figure is kept for this build")
    change = (new - old) / old
    words = f"{new:,}, kept {old:,}: {change:+.1%}"
    if change > TOLERANCE:
        return Verdict(passes=False, words=f"{words}, more than {TOLERANCE:.0%} is too much")
    if change < -TOLERANCE:
        words += "; keep it with --keep"
    return Verdict(passes=True, words=words)
