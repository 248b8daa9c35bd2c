"""`ddci doctor`: what a run here would report, and whether the API answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_ddci.commands.call import DONE, INCOMPLETE, SENDING, add_settings

if TYPE_CHECKING:
    import argparse

    from pytest_ddci.commands.call import Call

HELP = "say what a run here would report"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--check", action="store_true", help="ask the API whether it answers")
    parser.add_argument("--json", action="store_true", help="say it to a machine")
    add_settings(parser, *SENDING)


def run(call: Call) -> int:
    """Say every value with its source."""
    from pytest_ddci import doctor  # noqa: PLC0415 - `ddci --help` asks no git

    say, redact, arguments = call.say, call.say.redact, call.arguments
    case = doctor.examine(call.config, call.command_line, call.ini, call.environ, call.clock)
    if not arguments.json:
        for line in doctor.report_text(case, redact):
            say(line)
    accepted, lines = True, list[str]()
    if arguments.check:
        with call.open_intake() as intake:
            accepted, lines = doctor.check(intake, call.clock, call.config.timeout)
    if arguments.json:
        report = doctor.report_json(case, redact)
        if arguments.check:
            report["check"] = {"accepted": accepted, "said": [redact(line) for line in lines]}
        say.verbatim(json.dumps(report, indent=2))
    else:
        for line in lines:
            say(line)
    return DONE if accepted else INCOMPLETE
