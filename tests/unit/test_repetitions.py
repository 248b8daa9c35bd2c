"""Which events of a journal have been there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci import repetitions
from pytest_ddci.repetitions import Repetitions

if TYPE_CHECKING:
    import pytest


@given(st.lists(st.binary(max_size=3), max_size=60))
def test_the_first_line_with_the_same_event_is_named(events: list[bytes]) -> None:
    known = Repetitions()
    found = [known.first(event, number) for number, event in enumerate(events, start=1)]
    assert found == [events.index(event) + 1 for event in events]


def test_places_that_are_taken_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetitions, "_SLOTS", 512)
    known = Repetitions()
    events = [b"%d" % number for number in range(500)]
    assert [known.first(event, number) for number, event in enumerate(events)] == [*range(500)]
    assert [known.first(event, 1_000) for event in events] == [*range(500)]


def test_of_later_events_only_what_repeats_the_first_ones_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repetitions, "REMEMBERED", 2)
    known = Repetitions()
    found = [known.first(event, number) for number, event in enumerate([b"a", b"b", b"c"], 1)]
    assert found == [1, 2, 3]
    assert [known.first(event, 9) for event in (b"a", b"c")] == [1, 9]


def test_a_line_beyond_all_counting_is_still_a_line() -> None:
    known = Repetitions()
    assert known.first(b"a", 1 << 40) == 1 << 40
    assert known.first(b"a", (1 << 40) + 1) == (1 << 32) - 1
