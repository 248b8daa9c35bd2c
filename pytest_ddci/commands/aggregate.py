"""`ddci aggregate`: counts, percentiles and the like, by groups or over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.commands.asking import (
    FOUND,
    NOTHING,
    add_asking,
    asked,
    at_least,
    canvas_of,
    describe,
    in_json,
    tell_lines,
    tell_nothing,
    tell_table,
    tell_warnings,
    window,
)

if TYPE_CHECKING:
    import argparse

    from pytest_ddci.commands.call import Call
    from pytest_ddci.queries import AggregateRequest

HELP = "counts, percentiles and the like, by groups or over time"
LIMIT = 10
"""How many groups a facet has by default, as at the API."""

_EXAMPLES = """\
  ddci aggregate 'ci_level:pipeline' --group-by @ci.status,@git.branch
  ddci aggregate 'ci_level:job' --compute 'pc95(@duration),max(@duration)' \\
      --group-by @ci.job.name --limit 20
  ddci aggregate 'ci_level:job @ci.status:error' --interval 1d --from now-2w
  ddci aggregate 'ci_level:job' --compute 'cardinality(@ci.job.name)' --group-by @test.result \\
      --sort name
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    describe(parser, "Values computed of all events that match a query.", _EXAMPLES)
    parser.add_argument(
        "query", nargs="?", default="*", metavar="QUERY", help="which events (default: all)"
    )
    parser.add_argument(
        "--compute",
        action="append",
        metavar="FUNCTION",
        help="count, or with a metric, as in avg(@duration): avg, sum, min, max, median, pc75, "
        "pc90, pc95, pc98, pc99, cardinality, earliest, latest, most_frequent, delta; repeatable, "
        "or with commas (default: count)",
    )
    parser.add_argument(
        "--group-by",
        action="append",
        default=[],
        metavar="FACET",
        help="such as @ci.status; repeatable, or with commas",
    )
    parser.add_argument(
        "--sort",
        metavar="ORDER",
        help="which groups come first: name, or a function as above, with :asc or :desc behind it "
        "(default: the first --compute, the greatest first)",
    )
    parser.add_argument(
        "--limit",
        type=at_least(1),
        default=LIMIT,
        metavar="N",
        help=f"groups of a facet at most (default: {LIMIT})",
    )
    parser.add_argument(
        "--interval",
        metavar="TIME",
        help="a value for each 5m, 1h, 1d, ..., or auto, instead of one (the journals are then "
        "asked from now-7d on by default)",
    )
    add_asking(parser)


def run(call: Call) -> int:
    """Tell buckets."""
    from pytest_ddci.asking.bucket_tables import (  # noqa: PLC0415 - `ddci --help` asks nobody
        buckets_table,
        is_empty,
    )
    from pytest_ddci.asking.sources import RECENT  # noqa: PLC0415 - as above

    with asked(call) as source:
        if source is None:
            return NOTHING
        times = window(call, RECENT if call.arguments.interval else source.since)
        request = _request(call, times)
        answer = source.questions.aggregate(request)
        if in_json(call):
            tell_lines(call, answer.buckets)
        elif answer.buckets:
            tell_table(call, buckets_table(answer.buckets, request, canvas_of(call)))
        nothing = all(is_empty(bucket, request.compute) for bucket in answer.buckets)
        if nothing:
            tell_nothing(call, source, times)
        tell_warnings(call, answer)
    return NOTHING if nothing else FOUND


def _request(call: Call, times: dict[str, object]) -> AggregateRequest:
    from pytest_ddci.asking import clauses  # noqa: PLC0415 - as above
    from pytest_ddci.queries import AggregateRequest  # noqa: PLC0415 - as above

    arguments = call.arguments
    computes = [
        clauses.compute_of(each, arguments.interval)
        for each in clauses.listed(arguments.compute or ["count"])
    ]
    facets = clauses.listed(arguments.group_by)
    sort = clauses.sort_of(arguments.sort, computes)
    wanted: dict[str, object] = {"query": arguments.query, **times}
    return AggregateRequest.of(
        {
            "compute": computes,
            "filter": wanted,
            "group_by": clauses.groups_of(facets, arguments.limit, sort),
        }
    )
