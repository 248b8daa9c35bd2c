"""The gate: programs are let in, pages of other origins are not."""

from __future__ import annotations

import pytest

from pytest_ddci.local.gate import Gate, is_loopback
from pytest_ddci.local.refusal import RefusalError

OWN = "127.0.0.1:8321"


def status(gate: Gate, **headers: str) -> int:
    """The status of a refusal; 0: let in."""
    try:
        gate.check({name.replace("_", "-"): value for name, value in headers.items()})
    except RefusalError as refused:
        return refused.status
    return 0


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LocalHost:8321", "127.0.0.1", OWN, "127.0.0.1:80", "[::1]", "[::1]:8321",
        "192.168.1.5:8321", "ddci.example:8321",
    ],
)  # fmt: skip
def test_every_name_of_its_own_is_let_in_at_any_port(host: str) -> None:
    assert status(Gate("192.168.1.5", ["DDCI.example"]), host=host) == 0


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:8321", "localhost.evil.example", "localhost.", "::1",
        "127.0.0.1.evil.example", "127.0.0.2", "user@localhost", "localhost:x", "localhost:8321/x",
        "localhost localhost", "[::1", "[localhost]", "0.0.0.0",  # noqa: S104 - nothing is bound
    ],
)  # fmt: skip
def test_any_other_name_is_refused(host: str) -> None:
    assert status(Gate("127.0.0.1"), host=host) == 421


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])  # noqa: S104 - as above
def test_bound_to_every_address_it_may_be_asked_by_any_but_not_by_unknown_names(bound: str) -> None:
    gate = Gate(bound)
    assert status(gate, host="10.1.2.3:8321") == 0
    assert status(gate, host="[fe80::1]:8321") == 0
    assert status(gate, host="ddci:8321") == 421


def test_a_request_of_its_own_origin_is_let_in() -> None:
    assert status(Gate("127.0.0.1"), host=OWN, origin=f"http://{OWN}") == 0


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:9999",
        f"https://{OWN}", "http://localhost:8321", f"http://{OWN}.evil.example",
    ],
)  # fmt: skip
def test_any_other_origin_is_refused(origin: str) -> None:
    assert status(Gate("127.0.0.1"), host=OWN, origin=origin) == 403


@pytest.mark.parametrize(
    ("site", "expected"),
    [("none", 0), ("same-origin", 0), ("same-site", 403), ("cross-site", 403)],
)
def test_what_a_page_elsewhere_embeds_is_refused(site: str, expected: int) -> None:
    assert status(Gate("127.0.0.1"), host=OWN, sec_fetch_site=site) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("ddci.example", False),  # noqa: S104 - as above
    ],
)  # fmt: skip
def test_loopback_is_what_only_this_machine_can_reach(host: str, expected: bool) -> None:  # noqa: FBT001 - a case
    assert is_loopback(host) is expected
