"""Hypothesis strategies: trees of queries, and documents that such trees may find."""

from __future__ import annotations

import ipaddress
from typing import Any

from hypothesis import strategies as st

from pytest_ddci.local.tree import (
    And,
    Between,
    Compare,
    Equal,
    Everything,
    Field,
    Like,
    Match,
    Node,
    Not,
    Or,
    Order,
    Present,
    Test,
    Wild,
    Within,
)
from pytest_ddci.local.words import words

ANY = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
SYNTAX = st.sampled_from(list("@:*?\"\\()[]{}<>=-+!~^&|,#'%_;/“” \t\nabAB09.é"))
TEXT = st.text(SYNTAX | ANY, max_size=12) | st.sampled_from(
    ["AND", "OR", "NOT", "TO", "CIDR", "*", "-5", "2ms", "&&", "||", "@x", "_exists_", "*:*", "--"]
)
FEW = st.sampled_from(
    [
        *("a", "A", "a b", "B-a", "b_a", "ab", "é", "É", "a\nb", "a%", "a*", "?", "\\", "", "İ"),
        *("5", "-5", "05", "5.0", "1e1", "10", "1.5", "true", "false", "1e999", "a.b"),
    ]
)
ADDRESSES = st.sampled_from(
    [
        *("13.1.2.3", "13.1.2.256", "013.1.2.3", "10.0.0.1", "::1", "::", "2001:DB8:0::1"),
        *("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4::5:6:7:8", "::ffff:13.1.2.3", ":::1"),
        *(":1::", "1::2::3", "::13.1.2", "12345::", "1:2:3:4:5:6:13.1.2.3", "::g", "1:2:3", "1:"),
    ]
)


def likes(literals: st.SearchStrategy[str]) -> st.SearchStrategy[Like]:
    """Patterns as the parser makes them."""
    wild = st.sampled_from([Wild.MANY, Wild.ONE])
    return st.lists(literals | wild, min_size=1, max_size=6).map(_neat).filter(_is_pattern)


def _neat(parts: list[str | Wild]) -> Like:
    neat: list[str | Wild] = []
    for part in parts:
        last = neat[-1] if neat else None
        if isinstance(part, str) and isinstance(last, str):
            neat[-1] = last + part
        elif part and (part is not Wild.MANY or last is not Wild.MANY):
            neat.append(part)
    return Like(tuple(neat))


def _is_pattern(like: Like) -> bool:
    return like.parts != (Wild.MANY,) and any(isinstance(part, Wild) for part in like.parts)


def comparisons(bounds: st.SearchStrategy[str]) -> st.SearchStrategy[Test]:
    ends = st.none() | bounds
    return st.builds(Compare, st.sampled_from(Order), bounds) | st.builds(
        Between, ends, ends, st.booleans()
    )


def networks() -> st.SearchStrategy[Within]:
    address = ADDRESSES.filter(_is_address) | st.ip_addresses().map(str)
    network = st.builds(
        lambda text, bits: str(
            ipaddress.ip_network(f"{text}/{bits if ':' in text else bits // 4}", strict=False)
        ),
        address,
        st.integers(0, 128),
    )
    return st.lists(network, min_size=1, max_size=3).map(lambda texts: Within(tuple(texts)))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def trees(matches: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Trees with these leaves."""
    return st.recursive(
        matches | st.just(Everything()),
        lambda nodes: (
            st.builds(Not, nodes)
            | st.builds(And, st.lists(nodes, min_size=2, max_size=4).map(tuple))
            | st.builds(Or, st.lists(nodes, min_size=2, max_size=4).map(tuple))
        ),
        max_leaves=12,
    )


def any_tree() -> st.SearchStrategy[Node]:
    """Everything that the language can say."""
    names = TEXT.filter(lambda name: name not in ("", "_exists_", "_missing_"))
    tests = (
        st.builds(Equal, TEXT) | likes(TEXT) | st.just(Present()) | comparisons(TEXT) | networks()
    )
    free = st.builds(Equal, TEXT.filter(words)) | likes(TEXT)
    fields = st.builds(Field, names, st.booleans())
    return trees(st.builds(Match, fields, tests) | st.builds(Match, st.none(), free))


def findable_tree() -> st.SearchStrategy[Node]:
    """What may find some of `documents`."""
    numbers = st.sampled_from(["5", "-5", "5.0", "1e1", "0", "1e999", "0.5", "2ms", "-2ms"])
    counts = numbers.filter(lambda text: not text.endswith("ms"))
    texts = st.builds(Equal, FEW) | likes(FEW) | st.just(Present()) | comparisons(FEW)

    def of(name: str, tests: st.SearchStrategy[Test]) -> st.SearchStrategy[Match]:
        field = Field(name.removeprefix("@"), name.startswith("@"))
        return st.builds(Match, st.just(field), tests)

    number_tests = st.builds(Equal, FEW) | likes(FEW) | st.just(Present())
    return trees(
        st.one_of(
            *(of(name, texts) for name in ("@ci.status", "@ci.parameters", "@ci.is_manual", "env")),
            *(of(name, texts) for name in ("@x", "@y.z", "ci_level", "team", "TEAM", "tags")),
            of("@client.ip", networks() | st.builds(Equal, ADDRESSES)),
            of("@duration", number_tests | comparisons(numbers) | st.builds(Equal, numbers)),
            of("@ci.pipeline.number", number_tests | comparisons(counts)),
            st.builds(Match, st.none(), st.builds(Equal, FEW.filter(words)) | likes(FEW)),
        )
    )


def documents() -> st.SearchStrategy[dict[str, dict[str, Any]]]:
    """Up to six documents, by ids."""
    few = st.lists(FEW, max_size=3)
    scalars = FEW | st.sampled_from([5, -5, 0.5, 10, 1e16, 1e-5, True, 1500.0]) | few
    tags = st.builds("{}:{}".format, st.sampled_from(["team", "Team", "a"]), FEW)
    attributes = st.fixed_dictionaries(
        {},
        optional={
            "ci": st.fixed_dictionaries(
                {},
                optional={
                    "status": FEW,
                    "is_manual": st.booleans(),
                    "parameters": few,
                    "pipeline": st.fixed_dictionaries(
                        {}, optional={"name": FEW, "number": st.sampled_from([5, -5, 0.5, 10])}
                    ),
                },
            ),
            "error": st.fixed_dictionaries({"message": FEW}),
            "duration": st.sampled_from([0, 5, -5, 2_000_000, 10]),
            "env": FEW,
            "x": scalars,
            "y": st.fixed_dictionaries({"z": scalars}),
            "client": st.fixed_dictionaries({"ip": ADDRESSES | st.lists(ADDRESSES, max_size=3)}),
        },
    )
    document = st.fixed_dictionaries(
        {"ci_level": FEW, "tags": st.lists(tags, max_size=3), "attributes": attributes}
    )
    return st.lists(document, max_size=6).map(
        lambda items: {f"d{place}": item for place, item in enumerate(items)}
    )
