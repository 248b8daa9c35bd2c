"""What a process is told that delivers a journal for another, and what it tells in return."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_ddci.accounting import Accounting
from pytest_ddci.clock import Anchor
from pytest_ddci.delivery import DeliveryReport
from pytest_ddci.frozen import frozen
from pytest_ddci.json_text import from_json, to_json
from pytest_ddci.receipt import Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLE = "DDCI_ORDER"
"""The environment variable that carries an order; the API key has its usual one."""


@frozen(kw_only=True)
class Order:
    """To deliver a journal.

    Attributes:
        journal: the file, absolute.
        url: where to.
        gzip: whether bodies are compressed.
        redact: the user's patterns.
        redact_env: the variables that the user says are secrets, or none.
        anchor: of the other process's clock, on this host.
        until_ns: the deadline by that clock, in nanoseconds since the epoch.
    """

    journal: str
    url: str
    gzip: bool
    redact: Sequence[str]
    redact_env: Sequence[str]
    anchor: Anchor
    until_ns: int

    def encode(self) -> str:
        """The order as a text."""
        return to_json(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Order:
        """An order that was encoded."""
        parts: dict[str, Any] = from_json(text)
        return cls(**{**parts, "anchor": Anchor(**parts["anchor"])})


def encode_report(report: DeliveryReport) -> bytes:
    """What a delivery has achieved, as ASCII."""
    return to_json(asdict(report)).encode("ascii")


def decode_report(data: bytes) -> DeliveryReport:
    """A report that was encoded.

    Raises:
        ValueError: this is none.
    """
    if not data:
        raise ValueError("it has ended without a word")
    try:
        parts: dict[str, Any] = from_json(data)
        return DeliveryReport(
            Accounting(**parts["accounting"]),
            tuple((start, end) for start, end in parts["delivered"]),
            tuple(Rejection(**each) for each in parts["rejected"]),
            tuple((start, end) for start, end in parts["expired"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"it says {data[:80]!r}, which is no report") from error
