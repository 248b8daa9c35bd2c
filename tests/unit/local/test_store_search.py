"""Pages of events: which, in which order, from where on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.clock import SECOND
from pytest_ddci.errors import QueryError
from pytest_ddci.local.conditions import where
from pytest_ddci.local.sql import TRUE
from pytest_ddci.local.store import Store
from tests.stored import ALWAYS, ids, law, own_id, rewrite, sent, write
from tests.wire import START_NS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as made:
        yield made


def at(id_: str, seconds: float, **fields: Any) -> bytes:  # noqa: ANN401 - any field of the API
    """A job that ends so many seconds after the others begin."""
    return sent("job", id_, START_NS + int((seconds - 1) * SECOND), **fields)


def turned(store: Store, limit: int, **asked: Any) -> Iterator[list[str]]:  # noqa: ANN401 - as `search`
    """The ids of each page."""
    cursor = None
    while True:
        page = store.search(TRUE, ALWAYS, limit=limit, cursor=cursor, **asked)
        yield [own_id(each["attributes"]) for each in page.data]
        if not page.more:
            return
        cursor = page.after


def test_the_newest_come_first_and_the_oldest_when_asked(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at("b", 2), at("c", 3), at("a", 1)])
    assert ids(store) == ids(store, sort="-timestamp") == ["c", "b", "a"]
    assert ids(store, sort="timestamp") == ["a", "b", "c"]


def test_events_are_dated_by_their_end(store: Store, tmp_path: Path) -> None:
    late = sent("job", "late", START_NS - 3_600 * SECOND, end="2027-01-15T09:00:00Z")
    write(tmp_path, [late, at("soon", 1)])
    assert ids(store) == ["late", "soon"]


def test_a_window_includes_both_its_ends(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at(id_, seconds) for id_, seconds in zip("abcd", range(1, 5), strict=True)])
    window = (START_NS + 2 * SECOND, START_NS + 3 * SECOND)
    found = store.search(TRUE, window)
    assert [own_id(each["attributes"]) for each in found.data] == ["c", "b"]
    assert store.search(TRUE, (window[0] + 1, window[1] - 1)).data == []


def test_a_window_may_be_wider_than_time(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at("a", 1)])
    assert len(store.search(TRUE, (-(10**25), 10**25)).data) == 1


def test_a_page_has_ten_events_unless_it_is_asked_for_more(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at(str(each), each) for each in range(1_200)])
    assert len(store.search(TRUE, ALWAYS).data) == 10
    found = store.search(TRUE, ALWAYS, limit=1_000)
    assert (len(found.data), found.more) == (1_000, True)


def test_the_last_page_says_so_and_has_a_cursor_all_the_same(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at("a", 1), at("b", 2)])
    first = store.search(TRUE, ALWAYS, limit=1)
    assert first.more
    second = store.search(TRUE, ALWAYS, limit=1, cursor=first.after)
    assert not second.more
    third = store.search(TRUE, ALWAYS, limit=1, cursor=second.after)
    assert (third.data, third.more, third.after) == ([], False, None)


@law(6)
@given(
    times=st.lists(st.integers(0, 3), min_size=1, max_size=25),
    limit=st.integers(1, 7),
    sort=st.sampled_from([None, "timestamp", "-timestamp"]),
)
def test_pages_together_are_the_whole_in_order(
    tmp_path: Path, times: list[int], limit: int, sort: str | None
) -> None:
    rewrite(tmp_path, [at(str(place), time) for place, time in enumerate(times)])
    with Store(tmp_path) as store:
        pages = list(turned(store, limit, sort=sort))
        whole = ids(store, sort=sort)
    assert [id_ for page in pages for id_ in page] == whole
    assert sorted(whole, key=int) == [str(place) for place in range(len(times))]
    ordered = [times[int(id_)] for id_ in whole]
    assert ordered == sorted(times, reverse=sort != "timestamp")
    assert all(len(page) == limit for page in pages[:-1])


def test_equal_times_have_one_order_in_every_process(tmp_path: Path) -> None:
    lines = [at(str(each), 1) for each in range(20)]
    orders = []
    for number, part in enumerate((lines, lines[::-1])):
        directory = tmp_path / str(number)
        write(directory, part[:7], number=2)
        write(directory, part[7:])
        with Store(directory, pending=number * 10**9) as store:
            orders.append(ids(store))
            assert ids(store, sort="timestamp") == orders[-1][::-1]
    assert orders[0] == orders[1]


def test_events_that_arrive_between_pages_disturb_nothing(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at(str(each), 2 * each) for each in range(6)])
    pages = turned(store, 2)
    found = next(pages)
    write(tmp_path, [at("newer", 99), at("between", 5), at("older", -1)])
    for page in pages:
        found += page
    assert found == ["5", "4", "3", "between", "2", "1", "0", "older"]


def test_a_cursor_works_without_its_event(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at("a", 1)])
    path = write(tmp_path, [at("b", 2)], number=2)
    cursor = store.search(TRUE, ALWAYS, limit=1).after
    path.unlink()
    assert ids(store, cursor=cursor) == ["a"]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "=", "é", "\ud800", "e30", "eyJhZnRlciI6IngifQ", "bnVsbA", "W10", "A" * 10**6],
)
def test_a_cursor_of_nobody_is_refused(store: Store, tmp_path: Path, cursor: str) -> None:
    write(tmp_path, [at("a", 1)])
    with pytest.raises(QueryError, match=r"page\.cursor"):
        store.search(TRUE, ALWAYS, cursor=cursor)


def test_a_name_that_could_only_be_a_branch_matches_nothing(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at("a", 1, tags=["ci:x", "git.commit:y"])])
    assert ids(store, "@ci:x OR @git.commit:y OR @ci:* OR @git.commit:*") == []
    assert ids(store, "ci:x git.commit:y") == ["a"]


def test_a_time_is_asked_for_in_milliseconds(store: Store, tmp_path: Path) -> None:
    write(tmp_path, [at("a", 1), at("b", 2)])
    milliseconds = START_NS // 1_000_000 + 1_500
    assert ids(store, f"timestamp:>{milliseconds}") == ["b"]


def test_conditions_are_asked_of_the_catalogue_once_and_hold_later(
    store: Store, tmp_path: Path
) -> None:
    condition = where("@team:core", store.catalogue)
    assert store.search(condition, ALWAYS).data == []
    write(tmp_path, [at("a", 1, tags=["team:core"])])
    assert len(store.search(condition, ALWAYS).data) == 1
