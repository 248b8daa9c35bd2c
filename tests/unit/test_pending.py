"""Which collected tests have not finished yet."""

from __future__ import annotations

from pytest_ddci.pending import Pending


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
