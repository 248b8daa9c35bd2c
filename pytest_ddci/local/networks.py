"""Addresses in networks, in plain SQL: DuckDB's own type for them is an extension to download.

An address becomes a text of fixed length that sorts as addresses do, so a network is a range of
texts: three digits for each byte of version 4, two hexadecimal digits for each of version 6.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import TYPE_CHECKING

from pytest_ddci.local.sql import bound, filled, joined

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv6Address, IPv6Network

    from pytest_ddci.local.catalogue import Sql

_BYTE = r"(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4 = rf"{_BYTE}\.{_BYTE}\.{_BYTE}\.{_BYTE}"
_GROUP = "[0-9a-f][0-9a-f]?[0-9a-f]?[0-9a-f]?"
_GROUPS = f"{_GROUP}(:{_GROUP})*"

_V4_KEYS = (
    "[array_to_string([lpad(part, 3, '0') FOR part IN string_split(item, '.')], '')"
    f" FOR item IN {{0}} IF regexp_full_match(item, '{_V4}')]"
)

# The last two groups may be written as an address of version 4.
_V6_HEXADECIMAL = (
    "[CASE WHEN contains(item, '.') THEN regexp_extract(lower(item), '^(.*:)', 1)"
    " || ([format('{{:02x}}{{:02x}}:{{:02x}}{{:02x}}', octets[1], octets[2], octets[3], octets[4])"
    " FOR octets IN [[TRY_CAST(part AS INTEGER) FOR part IN"
    f" string_split(regexp_extract(item, ':({_V4})$', 1), '.')]]])[1]"
    " ELSE lower(item) END FOR item IN {0} IF contains(item, ':')]"
)
# `::` stands for as many groups of zeros as are missing, at least one.
_V6_KEYS = (
    "[array_to_string([lpad(part, 4, '0') FOR part IN string_split("
    "replace(address, '::', ':' || repeat('0:', greatest(0,"
    " 8 - len(address) + len(replace(address, ':', ''))))), ':')], '')"
    f" FOR address IN {_V6_HEXADECIMAL}"
    f" IF regexp_full_match(address, '({_GROUPS})?::({_GROUPS})?|{_GROUPS}')"
    " AND CASE WHEN contains(address, '::') THEN len(regexp_extract_all(address, '[^:]+')) < 8"
    " ELSE len(regexp_extract_all(address, '[^:]+')) = 8 END]"
)


def within(texts: Sql, networks: Iterable[str]) -> Sql:
    """Whether any of a list of texts is an address in any of the networks; NULL for no list."""
    parsed = [ip_network(network) for network in networks]
    four = [network for network in parsed if isinstance(network, IPv4Network)]
    six = [network for network in parsed if not isinstance(network, IPv4Network)]
    return joined(
        "OR",
        (
            filled(f"len([key FOR key IN {keys} IF {{1}}]) > 0", texts, _ranges(versions))
            for keys, versions in ((_V4_KEYS, four), (_V6_KEYS, six))
            if versions
        ),
    )


def _ranges(networks: Iterable[IPv4Network | IPv6Network]) -> Sql:
    return joined(
        "OR",
        (
            filled(
                "(key BETWEEN {0} AND {1})",
                bound(_key(network.network_address)),
                bound(_key(network.broadcast_address)),
            )
            for network in networks
        ),
    )


def _key(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return "".join(f"{byte:03}" for byte in address.packed)
    return address.packed.hex()
