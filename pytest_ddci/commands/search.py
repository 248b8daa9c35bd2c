"""`ddci search`: the events that match a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.commands.asking import add_events, describe, tell_events

if TYPE_CHECKING:
    import argparse

    from pytest_ddci.commands.call import Call

HELP = "the events that match a query"
LIMIT = 50
"""How many are told by default."""

_EXAMPLES = """\
  ddci search 'ci_level:job @ci.status:error' --from now-1d
  ddci search '@ci.job.name:*test_order* @duration:>2s' --sort oldest
  ddci search '@test.flaky:true' --json --limit 5000 > flaky.jsonl
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    describe(
        parser,
        "The events that match a query: pipelines, stages, jobs (attempts of tests) and steps.",
        _EXAMPLES,
    )
    parser.add_argument(
        "query",
        metavar="QUERY",
        help="in the syntax of the CI Visibility explorer; '*' for everything",
    )
    add_events(parser, LIMIT)


def run(call: Call) -> int:
    """Tell events of any level."""
    return tell_events(call, call.arguments.query)
