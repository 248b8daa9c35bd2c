"""What crosses between a process and the one that delivers for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.accounting import Accounting
from pytest_ddci.clock import Anchor
from pytest_ddci.delivery import DeliveryReport
from pytest_ddci.order import Order, decode_report, encode_report
from pytest_ddci.receipt import Rejection

COUNTS = st.integers(0, 2**40)
RANGES = st.lists(st.tuples(COUNTS, COUNTS)).map(tuple)
REPORTS = st.builds(
    lambda delivered, refused, kept, spans, **more: DeliveryReport(
        Accounting(
            emitted=delivered + len(refused) + kept,
            delivered=delivered,
            rejected=len(refused),
            kept=kept,
            emitted_by_level={"job": delivered + len(refused) + kept},
            **more,
        ),
        spans,
        tuple(refused),
        spans[:1],
    ),
    COUNTS,
    st.lists(st.builds(Rejection, COUNTS, st.integers(400, 422), st.text())),
    COUNTS,
    RANGES,
    requests=COUNTS,
    sent_bytes=COUNTS,
    seconds=st.floats(0, 1e6),
    problem=st.none() | st.text(),
)


def test_an_order_arrives_as_it_was_given() -> None:
    order = Order(
        journal="/tmp/é/run.jsonl",  # noqa: S108 - a name only
        url="https://api.example",
        gzip=True,
        redact=["a(b)"],
        redact_env=["MINE"],
        anchor=Anchor(1, 2),
        until_ns=3,
    )
    assert Order.decode(order.encode()) == order


@given(REPORTS)
def test_a_report_arrives_as_it_was_given(report: DeliveryReport) -> None:
    data = encode_report(report)
    assert data.isascii()
    assert decode_report(data) == report


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"Traceback", b'{"accounting":{"emitted":-1}}']
)
def test_what_is_no_report_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_report(data)
