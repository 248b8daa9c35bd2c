"""`ddci list`: the newest runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.commands.asking import add_events, describe, tell_events

if TYPE_CHECKING:
    import argparse

    from pytest_ddci.commands.call import Call

HELP = "the newest runs"
LIMIT = 20
"""How many are listed by default."""

PIPELINES = "ci_level:pipeline"

_EXAMPLES = """\
  ddci list
  ddci list '@git.branch:main @ci.status:error' --from now-1d
  ddci list --json --limit 100 | jq -r '.attributes.attributes.ci.pipeline.id'
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    describe(parser, "The newest runs, one a line. `ddci show RUN` shows one of them.", _EXAMPLES)
    parser.add_argument(
        "query",
        nargs="?",
        metavar="QUERY",
        help="only those that match, in the syntax of the CI Visibility explorer",
    )
    add_events(parser, LIMIT)


def run(call: Call) -> int:
    """Tell pipelines.

    Raises:
        QuerySyntaxError: the query is none by itself.
    """
    query = (call.arguments.query or "").strip()
    if not query:
        return tell_events(call, PIPELINES)
    from pytest_ddci.local.parser import parse  # noqa: PLC0415 - `ddci --help` needs none of it

    # Between parentheses `a) OR (b` would be understood, and an error be one column farther on.
    parse(query)
    return tell_events(call, f"({query}) {PIPELINES}")
