"""`ddci doctor`: what a run here would report and why, and whether the API answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci import __version__
from pytest_ddci.case import Case
from pytest_ddci.clock import Deadline
from pytest_ddci.config import settings
from pytest_ddci.context import gather
from pytest_ddci.context.origins import find_origins
from pytest_ddci.diagnosis import diagnose, warnings
from pytest_ddci.findings import SHOWN_OF_WARNING, as_json, as_text, one_line
from pytest_ddci.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config, Source
    from pytest_ddci.inifile import IniFile
    from pytest_ddci.intake import Intake

    Redact = Callable[[str], str]


def examine(
    config: Config, source: Source, ini: IniFile, environ: Mapping[str, str], clock: Clock
) -> Case:
    """Find out what a run in the root directory would find out."""
    context = gather(environ, str(ini.rootdir), clock=clock)
    return Case(
        config=config,
        said=settings(source, environ),
        ini=ini,
        context=context,
        origins=find_origins(context, environ),
        environ=environ,
    )


def report_text(case: Case, redact: Redact) -> Iterator[str]:
    """The diagnosis for people, a line for each value; warnings come last."""
    yield f"pytest-ddci {__version__}, {_python(case)}"
    yield from as_text(diagnose(case), redact)
    said = warnings(case)
    if said:
        yield ""
    for warning in said:
        yield f"warning: {one_line(redact(warning), SHOWN_OF_WARNING)}"


def report_json(case: Case, redact: Redact) -> dict[str, object]:
    """The diagnosis for machines."""
    return {
        "version": __version__,
        "python": _python(case),
        **as_json(diagnose(case), redact),
        "warnings": [redact(warning) for warning in warnings(case)],
    }


def check(intake: Intake, clock: Clock, timeout: float) -> tuple[bool, list[str]]:
    """Ask the API with an empty batch, plain and compressed.

    Returns:
        Whether it accepts events from here, and what to tell the user.
    """
    plain = intake.probe(Deadline.after(timeout, clock))
    # An empty batch may be refused for being empty: then the key was good enough to look at it.
    accepted = plain.verdict in {Verdict.DELIVERED, Verdict.REJECTED}
    if not accepted:
        return False, [f"API: {plain.words}"]
    said = "" if plain.verdict is Verdict.DELIVERED else f" (it says: {plain.words})"
    lines = [f"API: answers and takes the key{said}"]
    packed = intake.probe(Deadline.after(timeout, clock), gzip=True)
    # The same refusal, word by word: then the API looked into the compressed body.
    if (packed.verdict, packed.words) == (plain.verdict, plain.words):
        lines.append("gzip: understood, --ddci-gzip can be turned on")
    else:
        lines.append(f"gzip: leave --ddci-gzip off ({packed.words})")
    return True, lines


def _python(case: Case) -> str:
    machine = case.context.node.machine
    return f"{machine.python} {machine.python_version}"
