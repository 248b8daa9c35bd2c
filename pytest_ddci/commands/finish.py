"""`ddci finish`: the final event of a pipeline that several processes have shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.clock import Deadline
from pytest_ddci.commands.call import DONE, INCOMPLETE, SENDING, add_settings
from pytest_ddci.commands.send import resent
from pytest_ddci.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_ddci.commands.call import Call
    from pytest_ddci.encoder import Encoder
    from pytest_ddci.parts import Parts

HELP = "send the final event of a pipeline that several processes have shared"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="FILE|DIR",
        help="the journals of all processes, or directories of them (default: the project's own)",
    )
    add_settings(parser, *SENDING, "pipeline_id")


def run(call: Call) -> int:
    """Deliver what the processes could not, then the pipeline with the sum of them all."""
    from pytest_ddci.finish import finish  # noqa: PLC0415 - `ddci --help` needs none of it
    from pytest_ddci.parts import journals_of  # noqa: PLC0415 - as above

    config, paths = call.config, call.paths
    if config.pipeline_id is None:
        raise ConfigError("which pipeline? --pipeline-id ID, or DDCI_PIPELINE_ID")
    parts = _parts(call, config.pipeline_id, paths)
    deadline, all_well = Deadline.after(config.timeout, call.clock), True
    if config.sends:
        mine = [*journals_of(paths, config.pipeline_id)]
        all_well = all([*resent(call, mine, deadline)])
    finished = finish(
        _encoder(call),
        parts,
        call.directory,
        clock=call.clock,
        deadline=deadline,
        intake=call.open_intake if config.sends else None,
    )
    call.say(f"ddci: {finished.words}")
    call.say(f"ddci: {finished.fate}")
    if not config.sends:
        return DONE
    return DONE if all_well and finished.accounting.complete else INCOMPLETE


def _parts(call: Call, pipeline_id: str, paths: Sequence[Path]) -> Parts:
    """What is known of the pipeline: from journals, and from Datadog where some are missing."""
    from pytest_ddci.parts import kept_parts  # noqa: PLC0415 - as above
    from pytest_ddci.searched import completed  # noqa: PLC0415 - as above

    config = call.config
    parts = completed(kept_parts(paths, pipeline_id), config, call.clock, config.timeout)
    if parts.problem:
        call.say(f"ddci: warning: {parts.problem}")
    if not parts.known:
        where = ", ".join(map(str, paths or [call.directory]))
        search = "" if config.app_key else ", and no DD_APP_KEY to search with"
        raise ConfigError(
            f"nothing is known of pipeline {pipeline_id}: no journal of it in {where}{search}"
        )
    return parts


def _encoder(call: Call) -> Encoder:
    """What the final event says of the place, where no part says it better."""
    from pytest_ddci.context import gather  # noqa: PLC0415 - as above
    from pytest_ddci.encoder import Encoder  # noqa: PLC0415 - as above
    from pytest_ddci.heading import make_head  # noqa: PLC0415 - as above

    rootdir = str(call.ini.rootdir)
    head = make_head(
        call.config,
        gather(call.environ, rootdir, clock=call.clock),
        environ=call.environ,
        rootdir=rootdir,
        start_ns=call.clock.now_ns(),
    )
    return Encoder(head, call.say.redact, lambda _: head.url)
