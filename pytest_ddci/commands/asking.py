"""What the commands that ask for events have in common: whom, since when, and how it is told."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from pytest_ddci import moments
from pytest_ddci.commands.call import DONE, INCOMPLETE, add_settings
from pytest_ddci.errors import ConfigError, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_ddci.answers import AggregateAnswer, CIEvent, ReadAnswer
    from pytest_ddci.asking.sources import Source
    from pytest_ddci.commands.call import Call
    from pytest_ddci.pages import Events
    from pytest_ddci.screen.canvas import Canvas
    from pytest_ddci.screen.tables import Table

FOUND, NOTHING = DONE, INCOMPLETE
"""Exit statuses: something was found, nothing was."""

NOTES = """\
With DD_API_KEY and DD_APP_KEY Datadog is asked, otherwise the journals of the project.
A table on a terminal, JSON lines elsewhere. A query that begins with - goes behind --.
Exit status: 0 found, 1 nothing found, 2 error.
"""

_DIGITS = 9
_EVER = moments.absolute("0", 0)
_SORTS = {
    "newest": "-timestamp",
    "-timestamp": "-timestamp",
    "oldest": "timestamp",
    "timestamp": "timestamp",
}


def describe(parser: argparse.ArgumentParser, description: str, examples: str) -> None:
    """Set what `--help` says, as it is written."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = description
    parser.epilog = f"examples:\n{examples}\n{NOTES}"


def add_asking(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say whom to ask, about which time, and how to tell it."""
    parser.add_argument(
        "--from",
        dest="from_",
        metavar="TIME",
        help="the earliest end of an execution: now-15m (units s, m, h, d, w, mo), ISO 8601 with "
        "a zone, or milliseconds since the epoch (default: now-7d at Datadog; all that there is "
        "in journals)",
    )
    parser.add_argument(
        "--to", metavar="TIME", default=moments.TO, help="the latest (default: now)"
    )
    parser.add_argument("--local", action="store_true", help="ask the journals, keys or not")
    parser.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        help="JSON lines, or a table (default: a table on a terminal)",
    )
    add_settings(
        parser,
        "site",
        "dir",
        "timeout",
        site="the Datadog site to ask",
        dir="where the journals are, relative to the root directory",
        timeout="how long an answer of Datadog may take",
    )


def add_events(parser: argparse.ArgumentParser, limit: int) -> None:
    """Add the arguments that say which of the events."""
    parser.add_argument(
        "--sort",
        choices=_SORTS,
        default="newest",
        metavar="newest|oldest",
        help="which end first (default: newest)",
    )
    parser.add_argument(
        "--limit",
        type=at_least(1),
        default=limit,
        metavar="N",
        help=f"events at most (default: {limit})",
    )
    add_asking(parser)


def at_least(low: int) -> Callable[[str], int]:
    """A parser of whole numbers that are not too small."""

    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) >= low:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number >= {low}")

    return parse


@contextmanager
def asked(call: Call) -> Iterator[Source | None]:
    """Whom to ask; None where there are no journals. What could not be read is told at the end."""
    from pytest_ddci.asking.sources import missing_keys, opened  # noqa: PLC0415 - `ddci --help` asks nobody
    from pytest_ddci.shelf import entries  # noqa: PLC0415 - as above

    config, local = call.config, call.arguments.local
    for warning in config.warnings:
        call.hint(f"ddci: warning: {warning}")
    remote = not local and call.arguments.site is not None
    missing = missing_keys(config)
    if not local and not remote and len(missing) == 1:
        call.hint(f"ddci: {missing[0]}: asking the journals")
    if not remote and (local or missing) and not entries(call.directory):
        call.hint(f"ddci: no journals in {call.directory}")
        yield None
        return
    with opened(config, call.directory, call.clock, local=local, remote=remote) as source:
        yield source
        for problem in source.problems():
            call.hint(f"ddci: warning: {problem}")


def window(call: Call, since: str) -> dict[str, object]:
    """The window as a request has it, with times that do not move.

    Raises:
        ConfigError: a time is none, or the window ends before it begins.
    """
    now_ns = call.clock.now_ns()
    given = {"from": call.arguments.from_ or since, "to": call.arguments.to}
    for name, text in given.items():
        try:
            moments.moment(text, now_ns)
        except QueryError as error:
            raise ConfigError(f"--{name}: {error}") from None
    try:
        moments.window(given["from"], given["to"], now_ns)
    except QueryError as error:
        raise ConfigError(str(error)) from None
    return {name: moments.absolute(text, now_ns) for name, text in given.items()}


def tell_events(call: Call, query: str) -> int:
    """Ask for events and tell them: the exit status."""
    from pytest_ddci.pages import Events  # noqa: PLC0415 - as above
    from pytest_ddci.queries import MAX_PAGE, SearchRequest  # noqa: PLC0415 - as above

    with asked(call) as source:
        if source is None:
            return NOTHING
        limit, times = call.arguments.limit, window(call, source.since)
        request = SearchRequest.of(
            {
                "filter": {"query": query, **times},
                "sort": _SORTS[call.arguments.sort],
                # One more tells whether there are more.
                "page": {"limit": min(limit + 1, MAX_PAGE)},
            }
        )
        events = Events(lambda cursor: source.questions.events(request.at(cursor)))
        count = _tell(call, islice(events, limit))
        if count == limit and next(events, None) is not None:
            call.hint(f"ddci: there are more than {limit}: --limit N")
        if not count:
            tell_nothing(call, source, times)
        tell_warnings(call, events)
    return FOUND if count else NOTHING


def tell_nothing(call: Call, source: Source, times: dict[str, object]) -> None:
    """Tell where and when there was nothing."""
    since = "" if times["from"] == _EVER else f" since {times['from']}"
    until = "" if call.arguments.to == moments.TO else f" until {times['to']}"
    call.hint(f"ddci: nothing found in {source.name}{since}{until}")


def tell_warnings(call: Call, answer: Events | AggregateAnswer) -> None:
    """Tell what makes an answer doubtful."""
    for warning in answer.warnings:
        call.hint(f"ddci: warning: {warning}")
    if answer.timed_out:
        call.hint("ddci: warning: Datadog ran out of time; there may be more")


def in_json(call: Call) -> bool:
    """Whether a machine reads the answer."""
    wanted: bool | None = call.arguments.json
    return not call.surface.terminal if wanted is None else wanted


def _tell(call: Call, events: Iterable[CIEvent]) -> int:
    """Tell events: how many there were."""
    if in_json(call):
        return tell_lines(call, events)
    from pytest_ddci.asking.event_tables import events_table  # noqa: PLC0415 - as above

    found = list(events)
    if found:
        tell_table(call, events_table(found, canvas_of(call)))
    return len(found)


def tell_lines(call: Call, answers: Iterable[ReadAnswer]) -> int:
    """Tell each on a line of its own, as soon as it is there: how many there were."""
    from pytest_ddci.asking.json_lines import json_line  # noqa: PLC0415 - as above

    count = 0
    for count, answer in enumerate(answers, start=1):  # noqa: B007 - what was told is counted
        call.say.verbatim(json_line(answer, call.say.redact))
    return count


def canvas_of(call: Call) -> Canvas:
    """What is drawn on."""
    from pytest_ddci.screen.canvas import Canvas  # noqa: PLC0415 - as above

    return Canvas(call.surface, call.say.redact, call.clock.now_ns())


def tell_table(call: Call, table: Table) -> None:
    """Draw a table."""
    from pytest_ddci.screen.tables import table_lines  # noqa: PLC0415 - as above

    for line in table_lines(table, call.surface):
        call.say.verbatim(line)
