"""Faults: what can be asked for, and to which requests it happens."""

from __future__ import annotations

import re

import pytest

from pytest_ddci.local.faults import Fault, Faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("500", Fault(500)),
        ("429x3", Fault(429, 3)),
        ("503x*", Fault(503, None)),
        ("ok,delay=2.5", Fault(None, delay=2.5)),
        ("okx2,X-Kind=odd", Fault(None, 2, headers={"X-Kind": "odd"})),
        ("307,Location=http://x/?a=b", Fault(307, headers={"Location": "http://x/?a=b"})),
        ("429, X-Kind = odd ,on=search", Fault(429, on="search", headers={"X-Kind": "odd"})),
    ],
)
def test_a_text_is_read(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no fault: expected STATUS or ok"),
        ("slow", "'slow' is no fault"),
        ("200", "'200' is no fault"),
        ("304", "'304' is no fault"),
        ("599", "'599' is no fault"),
        ("500x0", "'500x0' is no fault"),
        ("500x", "'500x' is no fault"),
        ("٥٠٠", "is no fault"),  # noqa: RUF001 - digits, but not those of HTTP
        ("500,delay", "'delay' in a fault: expected STATUS or ok"),
        ("500,a b=1", "'a b=1' in a fault"),
        ("500,delay=soon", "delay=soon in a fault: expected 0 to 3600 seconds"),
        ("500,delay=-1", "delay=-1 in a fault"),
        ("500,delay=nan", "delay=nan in a fault"),
        ("500,delay=3601", "delay=3601 in a fault"),
        ("500,on=delete", "on=delete in a fault: expected one of send, list, search, aggregate"),
        ("500,X-Name=é", "X-Name in a fault: expected printable ASCII"),
        ("500,X-Name=a\r\nb", "X-Name in a fault: expected printable ASCII"),
    ],
)
def test_any_other_text_is_refused_with_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Fault.parse(text)


def test_faults_happen_in_order_and_as_often_as_they_should() -> None:
    faults = Faults([Fault(429, 2), Fault(500)])
    assert [getattr(faults.next("send"), "status", None) for _ in range(4)] == [429, 429, 500, None]


def test_a_fault_may_never_end() -> None:
    faults = Faults([Fault(500, None), Fault(503)])
    assert {getattr(faults.next("list"), "status", None) for _ in range(50)} == {500}


def test_a_fault_on_one_operation_waits_for_it_and_lets_the_others_pass() -> None:
    faults = Faults([Fault(429, on="search"), Fault(500)])
    assert [
        getattr(faults.next(operation), "status", None)
        for operation in ("send", "send", "search", "search")
    ] == [500, None, 429, None]


def test_a_script_may_be_used_again() -> None:
    script = [Fault(500, 2)]
    for _ in range(2):
        faults = Faults(script)
        assert [faults.next("send") is None for _ in range(3)] == [False, False, True]


def test_a_429_tells_the_rate_limit_and_a_given_header_wins() -> None:
    refusal = Fault(429, headers={"x-ratelimit-reset": "9"}).refusal
    assert refusal is not None
    assert refusal.headers == {
        "X-RateLimit-Limit": "300",
        "X-RateLimit-Period": "3600",
        "X-RateLimit-Remaining": "0",
        "x-ratelimit-reset": "9",
    }


def test_where_the_right_thing_is_done_nothing_is_refused() -> None:
    assert Fault(None, delay=1).refusal is None
