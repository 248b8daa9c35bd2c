"""What queries are made of: numbers, words, addresses."""

from __future__ import annotations

import ipaddress

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.local.networks import within
from pytest_ddci.local.numbers import number, quantity
from pytest_ddci.local.sql import bound
from pytest_ddci.local.words import WORDS, lowered, words

ADDRESSES = [
    *(
        "0.0.0.1",
        "255.255.255.255",
        "1.2.3.4",
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1..2.3",
    ),
    *("1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "1.2.3.x", "-1.2.3.4", "", ".", "1"),
    *(
        "::",
        "::1",
        "1::",
        "1::8",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        ":",
        ":::",
    ),
    *(
        "1:2:3:4::5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
    ),
    *(
        "1::2::3",
        ":1",
        "1:",
        ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "12345::",
        "g::",
        "ABCD:EF01::",
        "::0000",
    ),
    *(
        "::1.2.3.4",
        "::ffff:1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
    ),
    *(
        "::1.2.3",
        "::1.2.3.256",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "::1.2.3.4.5",
        "1::2::1.2.3.4",
        "::\n1",
    ),
]


@pytest.mark.parametrize("text", ADDRESSES, ids=ascii)
def test_what_is_an_address_is_in_the_network_of_all(text: str) -> None:
    sql = within(bound([text]), ["0.0.0.0/0", "::/0"])
    found = duckdb.execute(f"SELECT {sql.text}", sql.parameters).fetchone()
    assert found == (_is_address(text),)


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
def test_an_address_is_in_the_networks_it_is_in(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    other: ipaddress.IPv4Address | ipaddress.IPv6Address,
    bits: int,
) -> None:
    networks = [
        ipaddress.ip_network(f"{each}/{bits * each.max_prefixlen // 128}", strict=False)
        for each in (address, other)
    ]
    for network in networks:
        sql = within(bound([address.exploded.upper(), None, "no address"]), [str(network)])
        found = duckdb.execute(f"SELECT {sql.text}", sql.parameters).fetchone()
        assert found == (address in network,)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", 42),
        ("-9007199254740993", -9007199254740993),
        ("0042", 42),
        ("1.50", 1.5),
        ("-2.5e-3", -0.0025),
        ("1E3", 1000.0),
        ("9" * 19, 1e19),
        ("9" * 5_000, float("inf")),
        *((text, None) for text in ("", "-", "+5", " 5", "5 ", "5.", ".5", "1_000", "0x1f", "e5")),
        *((text, None) for text in ("inf", "nan", "Infinity", "٤٢", "5\n", "2ms", "1e")),
    ],
    ids=ascii,
)
def test_a_number_is_what_json_calls_one(text: str, expected: float | None) -> None:
    assert number(text) == expected
    assert type(number(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("2ms", "ns", 2_000_000),
        ("2", "ns", 2),
        ("7days", "ns", 7 * 86_400 * 10**9),
        ("2ms", None, None),
        ("2", None, 2),
        ("2mo", "ns", None),
        ("ms", "ns", None),
    ],
)
def test_a_duration_is_a_quantity_only_where_there_is_a_unit(
    text: str, unit: str | None, expected: int | None
) -> None:
    assert quantity(text, unit) == expected


# Letters that all versions of Unicode in use know: Python and DuckDB have each their own.
BLOCKS = (
    *((1, 0x24F), (0x300, 0x481), (0x5D0, 0x5EA), (0x1E00, 0x1EFF), (0x2000, 0x2060)),
    *((0x3040, 0x3096), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1F600, 0x1F64F)),
)
LETTERS = st.sampled_from(BLOCKS).flatmap(lambda block: st.integers(*block)).map(chr)


@given(LETTERS)
def test_case_and_words_are_those_of_duckdb(character: str) -> None:
    text = f"a{character}B"
    found = duckdb.execute(f"SELECT lower($1), {WORDS.format('$1')}", [text]).fetchone()
    assert found == (lowered(text), f" {' '.join(words(text))} ")
