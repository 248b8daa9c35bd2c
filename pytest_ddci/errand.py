"""The program of a process that delivers a journal for another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ddci.clock import Deadline, SystemClock
from pytest_ddci.delivery import deliver
from pytest_ddci.disk import Disk
from pytest_ddci.intake import Intake
from pytest_ddci.journal import read_journal
from pytest_ddci.options import API_KEY
from pytest_ddci.order import VARIABLE, Order, encode_report
from pytest_ddci.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_STDOUT = 1


def main(environ: MutableMapping[str, str]) -> None:
    """Carry out the order in the environment and write the report to standard output."""
    order = Order.decode(environ.pop(VARIABLE))
    clock = SystemClock(order.anchor)
    redact = Redactor(environ, order.redact, order.redact_env)
    with Intake(order.url, environ[API_KEY], clock=clock, gzip=order.gzip, redact=redact) as intake:
        lines = read_journal(Path(order.journal))
        report = deliver(lines, intake, Deadline(clock, order.until_ns), clock)
    Disk.write(_STDOUT, encode_report(report))
