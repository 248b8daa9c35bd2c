"""Which collected tests have not finished yet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.pending import Pending

IDS = st.lists(st.sampled_from("abcdef"), max_size=8)


def test_what_is_collected_and_not_finished_is_pending() -> None:
    pending = Pending()
    pending.collected(["a", "b"], "gw0")
    pending.finished("a", "gw1")
    assert list(pending) == ["b"]


def test_a_later_list_of_the_same_tests_does_not_bring_finished_ones_back() -> None:
    pending = Pending()
    pending.collected(["a", "b"], "gw0")
    pending.finished("a", "gw0")
    pending.collected(["a", "b"], "gw2")
    assert list(pending) == ["b"]


def test_a_test_that_was_never_collected_is_not_known_to_be_finished() -> None:
    assert not Pending().knows_finished("a", "")


def test_where_each_worker_runs_all_every_worker_has_its_own_list() -> None:
    pending = Pending(each=True)
    for worker in ("gw0", "gw1"):
        pending.collected(["a"], worker)
    pending.finished("a", "gw0")
    assert pending.knows_finished("a", "gw0")
    assert not pending.knows_finished("a", "gw1")
    assert list(pending) == ["a"]


def test_a_replacement_runs_only_what_the_lost_worker_left_over() -> None:
    pending = Pending(each=True)
    pending.collected(["a", "b"], "gw0")
    pending.finished("a", "gw0")
    pending.worker_lost("gw0")
    pending.collected(["a", "b"], "gw1")
    assert list(pending) == ["b"]


def test_what_a_lost_worker_left_over_stays_pending_without_a_replacement() -> None:
    pending = Pending(each=True)
    pending.collected(["a"], "gw0")
    pending.worker_lost("gw0")
    assert list(pending) == ["a"]


@given(ids=IDS, over=IDS)
def test_in_whatever_order_tests_finish_the_others_are_left_in_theirs(
    ids: list[str], over: list[str]
) -> None:
    pending, left = Pending(), dict.fromkeys(ids)
    pending.collected(ids, "")
    for nodeid in over:
        assert pending.knows_finished(nodeid, "") == (nodeid not in left)
        pending.finished(nodeid, "")
        left.pop(nodeid, None)
    assert list(pending) == list(left)


@given(ids=st.lists(st.sampled_from("abcdef"), unique=True))
def test_in_the_order_of_the_list_too(ids: list[str]) -> None:
    pending = Pending()
    pending.collected(ids, "")
    for number, nodeid in enumerate(ids):
        assert not pending.knows_finished(nodeid, "")
        pending.finished(nodeid, "")
        if number % 3 == 2:
            assert pending.knows_finished(nodeid, "")
    assert list(pending) == []
